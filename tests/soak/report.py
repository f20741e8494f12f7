"""What a soak says: one line while it runs, a table at its end."""

import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Final, TextIO

from tests.promises.verdict import KINDS
from tests.soak.soak import Result, Stage

_EVERY_SECONDS: Final = 5.0
_SHOWN: Final = 10


class Progress:
    """A line that changes on a terminal, a new one every few seconds elsewhere."""

    def __init__(self, lives: int, worlds: int, output: TextIO = sys.stderr) -> None:
        self._lives = lives
        self._worlds = worlds
        self._output = output
        self._begun = self._said = time.monotonic()
        self._through: dict[int, int] = {}

    def through(self, world: int, lives: int) -> None:
        """So many lives of a world are through."""
        self._through[world] = lives

    def show(self, *, judged: int, at_last: bool = False) -> None:
        """Say how far it is; `judged` worlds are done with."""
        now = time.monotonic()
        changing = self._output.isatty()
        if not (changing or at_last or now - self._said >= _EVERY_SECONDS):
            return
        self._said = now
        through = sum(self._through.values())
        worlds = f"{judged} of {self._worlds} worlds judged"
        line = f"{through} of {self._lives} lives, {worlds}, {clock(now - self._begun)}"
        self._output.write(f"\r{line}\033[K" + "\n" * at_last if changing else f"{line}\n")
        self._output.flush()


def table(results: Iterable[Result], *, wall_seconds: float) -> str:
    """Everything that was tried, done to it, and found in the end."""
    results = list(results)
    lives, hours = sum(result.lives for result in results), sum(result.simulated_seconds for result in results) / 3600
    lines = [
        *_counts("lives", _sum(result.plans for result in results)),
        *_counts("calls", _sum(result.tried for result in results)),
        *_counts("answers", _sum(result.answered for result in results)),
        *_counts("injected", _sum(result.injected for result in results)),
        *_convergence([result.stages for result in results]),
        *_verdict(results),
        f"{lives} lives in {len(results)} worlds, {hours:.0f} simulated hours in {clock(wall_seconds)}",
    ]
    return "\n".join(lines)


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    return sum(counters, Counter())


def _counts(title: str, counter: Counter[str]) -> list[str]:
    return [title, *(f"  {number:>8}  {name}" for name, number in sorted(counter.items())), ""]


def _convergence(worlds: list[list[Stage]]) -> list[str]:
    """How many differences there were between the table and Mux, and how long after the faults."""
    lines = ["not as it should be, once the faults have stopped"]
    for stages in zip(*worlds, strict=True):
        hours = max(stage.seconds for stage in stages) / 3600
        wall = sum(stage.wall_seconds for stage in stages) / len(stages)
        wrong, worlds_wrong = sum(stage.wrong for stage in stages), sum(stage.wrong > 0 for stage in stages)
        where = f"in {worlds_wrong} of {len(stages)} worlds"
        lines.append(f"  {wrong:>8}  {where}, {stages[0].name} ({hours:.1f} h simulated, {wall:.1f} s of work)")
    return [*lines, ""]


def _verdict(results: list[Result]) -> list[str]:
    lines = ["in the end"]
    for kind in KINDS:
        found = [what for result in results for what in result.wrong[kind]]
        lines.append(f"  {len(found):>8}  {kind}")
        lines += [f"            {what}" for what in found[:_SHOWN]]
    return [*lines, ""]
