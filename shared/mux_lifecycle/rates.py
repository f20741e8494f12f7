"""Mux's rate limits, and shares of them. Pure; no clock.

Mux gives each environment two token buckets, one for POST and one for everything else:
https://www.mux.com/docs/core/make-api-requests
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, Self

type Bucket = Literal["post", "other"]
type Cost = Mapping[Bucket, int]
"""How many calls of each kind."""


class Rate(NamedTuple):
    """A token bucket: so many calls at once, and so many more each second."""

    burst: float
    per_second: float

    def share(self, part: float) -> Self:
        """A bucket of `part` of this one's size and speed."""
        return self._replace(burst=self.burst * part, per_second=self.per_second * part)


MUX: Final[Mapping[Bucket, Rate]] = {"post": Rate(20, 1), "other": Rate(100, 5)}


def bucket(method: str) -> Bucket:
    """Which of Mux's buckets a call takes from."""
    return "post" if method == "POST" else "other"
