"""What happens when: one thing after the other on the world's clock, now and then one in the midst of another."""

import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.world import World

type Action = Callable[[], None]


@dataclass(order=True)
class _Entry:
    due: float
    number: int
    action: Action = field(compare=False)
    alone: bool = field(compare=False)


class Agenda:
    """Times are seconds. What is `alone` never happens while something else does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._entries: list[_Entry] = []
        self._numbers = itertools.count()

    def after(self, seconds: float, action: Action, *, alone: bool = False) -> None:
        heapq.heappush(self._entries, _Entry(time.time() + seconds, next(self._numbers), action, alone))

    def follow(self, steps: Iterator[float], *, then: Action, start: float = 0.0) -> None:
        """Take `steps` from `start` on, each so much later as the one before it said; `then` comes after the last."""

        def step() -> None:
            try:
                wait = next(steps)
            except StopIteration:
                then()
            else:
                self.after(wait, step)

        self.after(start, step)

    def every(self, seconds: float, action: Action, *, so_long_as: Callable[[], bool]) -> None:
        """Alone, again and again."""

        def again() -> None:
            if so_long_as():
                action()
                self.after(seconds, again, alone=True)

        self.after(seconds, again, alone=True)

    def next(self, *, until: float = float("inf")) -> bool:
        """Let time pass until the next thing happens; False when nothing does until that time."""
        if not self._entries or self._entries[0].due > until:
            return False
        entry = heapq.heappop(self._entries)
        # Somebody who waited in the midst of something may have moved the clock further than that.
        self._world.advance(max(0.0, entry.due - time.time()))
        entry.action()
        return True

    def next_already(self) -> bool:
        """Let the next thing that need not be alone happen now; False when there is none."""
        entry = min((entry for entry in self._entries if not entry.alone), default=None)
        if entry is None:
            return False
        self._entries.remove(entry)
        heapq.heapify(self._entries)
        entry.action()
        return True
