"""The emulator's clock: wall-clock time plus what tests advanced, and everything that waits for it.

Advancing runs what falls due in order of its due time, each with `now()` at that time, so stamps are what
they would have been. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer:
    """One thing to do at `due` (Unix seconds on the emulator's clock); `cancel()` forgets it."""

    __slots__ = ("callback", "due", "number")

    def __init__(self, due: float, number: int, callback: Callable[[], None]) -> None:
        self.due = due
        self.number = number
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def __lt__(self, other: Timer) -> bool:
        return (self.due, self.number) < (other.due, other.number)


class Clock:
    def __init__(self) -> None:
        self._offset = 0.0
        self._timers: list[Timer] = []
        self._numbers = itertools.count()
        self._wake: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self._offset

    def stamp(self) -> str:
        """Now, as Mux stamps events: whole seconds, written with microseconds."""
        return datetime.fromtimestamp(int(self.now()), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        return self.at(self.now() + seconds, callback)

    def at(self, due: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(due, next(self._numbers), callback)
        heapq.heappush(self._timers, timer)
        if self._timers[0] is timer:
            self._arm()
        return timer

    async def sleep_until(self, due: float) -> None:
        if due <= self.now():
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.at(due, lambda: None if woken.done() else woken.set_result(None))
        try:
            await woken
        finally:
            timer.cancel()

    def advance(self, seconds: float) -> None:
        self._run_until(self.now() + seconds)

    def reset(self) -> None:
        """Back to wall-clock time, with nothing left to wait for."""
        self._offset = 0.0
        self._timers.clear()
        self._arm()

    def _run_until(self, target: float) -> None:
        try:
            while self._timers and self._timers[0].due <= target:
                timer = heapq.heappop(self._timers)
                if timer.callback is not None:
                    self._offset += max(0.0, timer.due - self.now())
                    timer.callback()
            self._offset += max(0.0, target - self.now())
        finally:
            self._arm()

    def _run_due(self) -> None:
        try:
            while self._timers and self._timers[0].due <= self.now():
                timer = heapq.heappop(self._timers)
                if timer.callback is not None:
                    timer.callback()
        finally:
            self._arm()

    def _arm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if self._timers:
            delay = max(0.0, self._timers[0].due - self.now())
            self._wake = asyncio.get_running_loop().call_later(delay, self._run_due)
