"""A share of Mux's rate limit: what runs on a schedule leaves the rest to the people who wait for an answer."""

from collections.abc import Callable
from typing import Final

# Mux's bucket for GET, PUT, PATCH and DELETE, per environment: https://www.mux.com/docs/core/make-api-requests
BUCKET: Final = 100
REFILL_PER_SECOND: Final = 5.0


class Pace:
    """A token bucket of `share` of Mux's. `clock` and `sleep` are in seconds."""

    def __init__(self, share: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._capacity = self._tokens = BUCKET * share
        self._refill = REFILL_PER_SECOND * share
        self._clock = clock
        self._sleep = sleep
        self._filled_at = clock()

    def __call__(self) -> None:
        """Take one token, waiting for it if there is none."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._refill)
        self._filled_at = now
        self._tokens -= 1
        if self._tokens < 0:
            self._sleep(-self._tokens / self._refill)
