"""Mux's request limits: one token bucket for POST, one for everything else, on the emulator's clock.

Mux gives each environment a second, smaller pair for low-priority requests; how a request gets low priority
is not documented, so every request counts as high.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.mux.clock import Clock


class TokenBucket:
    def __init__(self, clock: Clock, capacity: int, per_second: float) -> None:
        self._clock = clock
        self.capacity = capacity
        self._per_second = per_second
        self.refill()

    @property
    def remaining(self) -> int:
        return int(self._level())

    def take(self) -> bool:
        """Take a token if there is one."""
        self._tokens, self._at = self._level(), self._clock.now()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def refill(self) -> None:
        self._tokens = float(self.capacity)
        self._at = self._clock.now()

    def _level(self) -> float:
        gained = max(0.0, self._clock.now() - self._at) * self._per_second
        return min(float(self.capacity), self._tokens + gained)


@dataclass(frozen=True)
class Quota:
    """What the bucket said about one request, before anybody decides whether limits are enforced."""

    exhausted: bool
    limit: int
    remaining: int


class RateLimits:
    def __init__(self, clock: Clock) -> None:
        self._post = TokenBucket(clock, 20, 1.0)
        self._other = TokenBucket(clock, 100, 5.0)

    def count(self, method: str) -> Quota:
        bucket = self._post if method == "POST" else self._other
        return Quota(exhausted=not bucket.take(), limit=bucket.capacity, remaining=bucket.remaining)

    def refill(self) -> None:
        self._post.refill()
        self._other.refill()
