"""What a function says about itself: JSON log lines with a constant message, and counts as CloudWatch metrics (EMF)."""

from typing import Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger: Final = Logger()
_metrics: Final = Metrics()


def count(name: str, value: int = 1) -> None:
    """Add to the metric `name`; written out by `flush`."""
    _metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def flush() -> None:
    """Write the counts of this invocation, if there are any."""
    if _metrics.metric_set:
        _metrics.flush_metrics()
