"""Chance at every call that a function makes: it fails, its answer is lost, its caller dies or is overtaken."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, override

from tests.faults.sweep import FAULTS, ExternalCalls, Fault, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.faults.sweep import Do

_DEEPEST: Final = 2
"""So many calls may be under way at a time, each in the midst of the one before."""


@dataclass(frozen=True)
class Odds:
    """Shares of calls. What Mux itself does wrong is the emulator's part."""

    table_throttled: float = 0.05
    table_answer_lost: float = 0.05
    killed: float = 0.02
    overtaken: float = 0.05


class Chaos(ExternalCalls):
    """`meanwhile` happens in the midst of a call that is overtaken; `injected` counts what was done to calls."""

    def __init__(self, chance: Random, odds: Odds, meanwhile: Callable[[], bool]) -> None:
        super().__init__()
        self.injected: Counter[str] = Counter()
        self.calm = False
        self._chance = chance
        self._meanwhile = meanwhile
        self._depth = 0
        self._ambush: list[Callable[[], object]] = []
        overtaken = Fault(lambda _, do: self._overtaken(do), self._overtaken)
        killed = [("killed before a call", odds.killed / 2, Fault(_die, _die))]
        killed += [("killed after a call", odds.killed / 2, FAULTS["killed"])]
        self._at_mux = [*killed, ("overtaken", odds.overtaken, overtaken)]
        self._at_table = [
            ("table throttled", odds.table_throttled, FAULTS["throttled"]),
            ("table answer lost", odds.table_answer_lost / 2, FAULTS["answer lost"]),
            ("table answer lost, repeated by the SDK", odds.table_answer_lost / 2, FAULTS["applied and repeated"]),
            *self._at_mux,
        ]

    @contextmanager
    def invocation(self, ambush: Callable[[], object] | None = None) -> Iterator[None]:
        """A function runs inside; `ambush` happens in the midst of its first calls, if it makes any."""
        self._depth += 1
        outer, self._ambush = self._ambush, [ambush] if ambush else []
        try:
            yield
        finally:
            self._depth -= 1
            self._ambush = outer

    @override
    def _next(self, name: str) -> Fault | None:
        if self._depth == 0:
            return None
        if self._ambush and self._chance.random() < 0.5:
            both = self._ambush.pop()
            return Fault(lambda _, do: self._at_once(do, both), lambda do: self._at_once(do, both))
        if self.calm:
            return None
        drawn = self._chance.random()
        for fault, share, found in self._at_table if name.startswith("dynamodb:") else self._at_mux:
            drawn -= share
            if drawn < 0:
                self.injected[fault] += 1
                return found
        return None

    def _overtaken(self, do: Do) -> Any:
        return self._at_once(do, self._meanwhile) if self._depth < _DEEPEST else do()

    def _at_once(self, do: Do, other: Callable[[], object]) -> Any:
        if self._chance.random() < 0.5:
            _apart(other)
            return do()
        answer = do()
        _apart(other)
        return answer


class Broken(BaseException):
    """The soak itself has failed, in the midst of a function that might take it for a failure of its own."""


def _apart(other: Callable[[], object]) -> None:
    try:
        other()
    except Exception as error:
        raise Broken from error


def _die(*_: object) -> Any:
    raise Killed
