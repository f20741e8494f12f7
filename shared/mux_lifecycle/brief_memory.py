"""A few answers kept for a few seconds, so that many equal questions cost one look."""

from collections.abc import Callable, Hashable
from typing import Final

ENTRIES: Final = 8


class BriefMemory[Key: Hashable, Value]:
    """Keeps at most ENTRIES values, each for `seconds`. `clock` gives seconds, monotonic."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._kept: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value kept for `key`, else a new one from `make`; what `make` raises is not kept."""
        kept = self._kept.get(key)
        if kept and self._clock() < kept[0]:
            return kept[1]
        value = make()
        self._kept.pop(key, None)
        if len(self._kept) >= ENTRIES:
            # Entries stand in the order in which they were made: the first is the oldest.
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._clock() + self._seconds, value)
        return value
