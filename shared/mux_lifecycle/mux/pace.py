"""A share of Mux's rate limit: what runs on a schedule leaves the rest to the people who wait for an answer."""

from collections.abc import Callable

from mux_lifecycle import rates


class Pace:
    """A token bucket of `share` of Mux's for everything but POST. `clock` and `sleep` are in seconds."""

    def __init__(self, share: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._rate = rates.MUX["other"].share(share)
        self._tokens = self._rate.burst
        self._clock = clock
        self._sleep = sleep
        self._filled_at = clock()

    def __call__(self, _method: str) -> None:
        """Take one token, waiting for it if there is none."""
        now = self._clock()
        gained = (now - self._filled_at) * self._rate.per_second
        self._tokens = min(self._rate.burst, self._tokens + gained) - 1
        self._filled_at = now
        if self._tokens < 0:
            self._sleep(-self._tokens / self._rate.per_second)

    def reserve(self, *, posts: int = 0, others: int = 0) -> None:
        """A schedule waits for each call when it comes."""
