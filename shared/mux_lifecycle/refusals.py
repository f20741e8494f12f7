"""Refusals that a stranger can cause without end: the first are told one by one, then a few lines tell of all.

Each log line is billed, and so is each line that holds a metric.
"""

from collections.abc import Callable
from typing import Final

from mux_lifecycle.telemetry import Count, count

BURST: Final = 5
"""How many are told one by one: enough for WebhookRefusedAlarm to ring as if all were."""
SECONDS: Final = 10.0
"""After them, the shortest time between two lines of one instance."""


class Refusals:
    """Those of one instance. `clock` gives seconds, monotonic; `metric`, if given, counts all of them."""

    def __init__(self, clock: Callable[[], float], metric: Count | None = None) -> None:
        self._clock = clock
        self._metric = metric
        self._lines = float(BURST)
        self._looked_at = clock()
        self._untold = 0

    def note(self) -> int:
        """One more: how many refusals the log shall tell of now, 0 for none."""
        now = self._clock()
        self._lines = min(BURST, self._lines + (now - self._looked_at) / SECONDS)
        self._looked_at = now
        self._untold += 1
        if self._lines < 1:
            return 0
        self._lines -= 1
        return self.settle()

    def settle(self) -> int:
        """Count those that nobody was told of. Costs nothing where a line with metrics is written anyway."""
        untold, self._untold = self._untold, 0
        if self._metric:
            count(self._metric, untold)
        return untold
