"""What a function says about itself: JSON log lines with a constant message, and CloudWatch metrics (EMF).

CloudWatch bills each metric name by the hour in which it is written: names are few, have no dimension but the stack,
and are written only when there is something to say. What else there is to count stands in the log.
"""

from typing import Final, Literal

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

type Count = Literal[
    # Webhooks, by what became of them
    "WebhookApplied",
    "WebhookStale",
    "WebhookIgnored",
    "WebhookRefused",
    "WebhookWrongEnvironment",
    "WebhookFailed",
    # What callers asked for
    "UploadCreated",
    "UploadCancelled",
    "AssetCreated",
    "AssetDeleted",
    "DeletionPostponed",
    "QuotaExceeded",
    # What others did not do for us
    "MuxRefused",
    "MuxRateLimited",
    "MuxFailed",
    "MuxOutcomeUnknown",
    "StoreUnavailable",
    "SecretUnavailable",
    "RecordUnreadable",
    # Schedules
    "CleanupHealed",
    "CleanupFailed",
    "CleanupHeldBack",
    "ReconcileFinished",
    "ReconcileFailed",
    "ReconcileDrift",
    "ReconcileAttention",
    "RetentionExpired",
    "RetentionCancelled",
    "SetupFailed",
]
type Gauge = Literal["OldestDueSeconds"]
type Percentage = Literal["UploadsPerDayUsed", "ExtrasPerDayUsed", "StoredMinutesUsed"]

logger: Final = Logger()
_metrics: Final = Metrics()


def count(name: Count, value: int = 1) -> None:
    """Add to the metric `name`, unless there is nothing to add; written out by `flush`."""
    if value:
        _metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def gauge(name: Gauge, seconds: float) -> None:
    """Say how much `name` is now; written out by `flush`."""
    _metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=max(0.0, seconds))


def percentage(name: Percentage, value: float) -> None:
    """Say which part of a limit is used now; written out by `flush`."""
    _metrics.add_metric(name=name, unit=MetricUnit.Percent, value=value)


def flush() -> None:
    """Write the metrics of this invocation, if there are any."""
    if _metrics.metric_set:
        _metrics.flush_metrics()
