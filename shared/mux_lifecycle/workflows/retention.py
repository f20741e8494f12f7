"""Retention: what the operator does not want to keep. By default everything is kept.

Nothing is deleted or cancelled unless this stack alone claims its tag at Mux: with the same tag, another stack's videos
look like ours.
"""

from typing import Protocol

from mux_lifecycle.config import RetentionConfig
from mux_lifecycle.telemetry import logger
from mux_lifecycle.workflows.walk import Run

_DAY = 86_400
_HOUR = 3600


class Claim(Protocol):
    """See `claims.Claim`."""

    def doubt(self) -> str: ...


class Retention:
    """Ages are in seconds."""

    def __init__(self, config: RetentionConfig, claim: Claim) -> None:
        self._config = config
        self._claim = claim

    def is_over(self, status: str, age: float) -> bool:
        """Whether an asset of this status, created so long ago, is to be deleted."""
        days = [self._config.all_days] + [self._config.errored_days] * (status == "errored")
        return any(limit and age >= limit * _DAY for limit in days)

    def is_abandoned(self, age: float) -> bool:
        """Whether an upload that has waited so long is to be cancelled."""
        hours = self._config.abandoned_hours
        return bool(hours) and age >= hours * _HOUR

    def may_act(self, run: Run) -> bool:
        """Whether what is over may go. Mux is asked once in a run, before the first; what stays is counted."""
        if run.doubt is None:
            run.doubt = self._claim.doubt()
            if run.doubt:
                logger.error("retention deletes nothing", reason=run.doubt)
        if run.doubt:
            run.count("unclaimed")
        return not run.doubt
