"""Retention: what the operator does not want to keep. By default everything is kept."""

from mux_lifecycle.config import RetentionConfig

_DAY = 86_400
_HOUR = 3600


class Retention:
    """Ages are in seconds."""

    def __init__(self, config: RetentionConfig) -> None:
        self._config = config

    def is_over(self, status: str, age: float) -> bool:
        """Whether an asset of this status, created so long ago, is to be deleted."""
        days = [self._config.all_days] + [self._config.errored_days] * (status == "errored")
        return any(limit and age >= limit * _DAY for limit in days)

    def is_abandoned(self, age: float) -> bool:
        """Whether an upload that has waited so long is to be cancelled."""
        hours = self._config.abandoned_hours
        return bool(hours) and age >= hours * _HOUR
