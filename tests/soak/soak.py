"""One soak: many lives of videos under all faults at once, then calm, two cleanups, one reconcile and the judgement."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from local.mux import MuxEmulator
from tests.faults.audit import Output
from tests.promises.verdict import counted, judged, strangers
from tests.simulation import simulation
from tests.soak.customer import Customer
from tests.soak.stack import MUX_FAULTS, Stack
from tests.world import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import World

OWNERS: Final = ("ada", "grace", "edith", "joan", "mary")
SPAN_SECONDS: Final = 3 * 3600
"""Customers come at any time within this; it is longer than any record waits for its webhooks."""
CLEANUP_SECONDS: Final = 300
RECONCILE_SECONDS: Final = 900
CALM_SECONDS: Final = 3700
"""Longer than an upload waits, and than the cleanup leaves alone what has failed."""
_RUNS: Final = 50
_FOREIGN: Final[tuple[dict[str, str], ...]] = (
    {},
    {"passthrough": "film-17"},
    {"passthrough": "mxl1#another-stack#ada#kR7dQ2wXn0VbLs5TzYpHfA#public"},
    {"passthrough": "mxl1#videos#ada"},
)


@dataclass
class Stage:
    """How things stood `seconds` (simulated) and `wall_seconds` of work after the faults had stopped."""

    name: str
    seconds: float
    wall_seconds: float
    wrong: int


@dataclass
class Result:
    """Counts by name; `wrong` holds all that should not be, by kind."""

    lives: int = 0
    plans: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    simulated_seconds: float = 0.0
    wall_seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not any(self.wrong.values())


def soak(lives: int, seed: str, progress: Callable[[int], None] = lambda _: None) -> Result:
    """In a world of its own, with `lives` customers; `progress` is told how many of them are through."""
    with (
        MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=0.02, seed=chance(seed).getrandbits(32)) as mux,
        pytest.MonkeyPatch.context() as monkeypatch,
        stack_in(mux, monkeypatch, seed) as stack,
    ):
        return soaked(stack, lives, seed, progress)


def chance(seed: str) -> Random:
    """The same for the same seed."""
    return Random(seed)  # noqa: S311 - chances, not secrets


@contextmanager
def stack_in(mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch, seed: str) -> Iterator[Stack]:
    """A stack whose calls meet their chance, and of which every word is heard."""
    output = Output()
    with simulation(mux, monkeypatch) as world, output.heard(aloud=False):
        stack = Stack(world, chance(seed), output)
        stack.chaos.patch(monkeypatch)
        yield stack


def soaked(stack: Stack, lives: int, seed: str, progress: Callable[[int], None]) -> Result:
    result = Result(lives=lives)
    begun, wall_begun = time.time(), time.monotonic()
    foreign = _foreigners(stack.world)
    _live(stack, lives, seed, list(foreign), result, progress)
    result.injected = stack.chaos.injected + stack.post.injected + _mux_faults(stack.world)
    _calm(stack, foreign, result)
    result.tried, result.answered = stack.tried, stack.answered
    result.simulated_seconds, result.wall_seconds = time.time() - begun, time.monotonic() - wall_begun
    return result


def _foreigners(world: World) -> dict[str, Any]:
    """Assets in the same environment that this stack has nothing to do with."""
    for number, passthrough in zip(range(12), itertools.cycle(_FOREIGN)):
        body = {"inputs": [{"url": f"https://elsewhere.example.com/{number}.mp4"}], **passthrough}
        assert world.mux_post("/video/v1/assets", body).status_code == 201
    world.advance(60)
    return strangers(world)


def _live(
    stack: Stack, lives: int, seed: str, foreign: list[str], result: Result, progress: Callable[[int], None]
) -> None:
    left = lives

    def one_less() -> None:
        nonlocal left
        left -= 1
        progress(lives - left)

    plan = chance(f"{seed} customers")
    for _ in range(lives):
        wish = stack.wishes.add(plan.choice(OWNERS))
        customer = Customer(stack, wish, chance(f"{seed} {wish.number}"), foreign)
        result.plans[customer.plan] += 1
        stack.agenda.follow(customer.life(), start=plan.uniform(0, SPAN_SECONDS), then=one_less)
    stack.agenda.every(CLEANUP_SECONDS, stack.clean_up, so_long_as=lambda: left > 0)
    stack.agenda.every(RECONCILE_SECONDS, stack.walk, so_long_as=lambda: left > 0)
    stack.world.mux.set_faults(MUX_FAULTS)
    stack.run(so_long_as=lambda: left > 0)
    stack.calm_down()


def _calm(stack: Stack, foreign: dict[str, Any], result: Result) -> None:
    begun, wall_begun = time.time(), time.monotonic()

    def look(name: str) -> None:
        nonlocal wall_begun
        seconds, wall_seconds = time.time() - begun, time.monotonic() - wall_begun
        result.wrong = judged(stack.world, stack.wishes, foreign)
        result.stages.append(Stage(name, seconds, wall_seconds, counted(result.wrong).total()))
        # Judging is no part of the work.
        wall_begun = time.monotonic() - wall_seconds

    look("when the faults stop")
    for number in (1, 2):
        ends = time.time() + CALM_SECONDS
        stack.run(until=ends)
        stack.world.advance(max(0.0, ends - time.time()))
        stack.clean_up()
        look(f"after cleanup {number}")
    report = stack.world.reconcile({"restart": True})
    for _ in range(_RUNS):
        if report.get("phase") == "done":
            break
        stack.world.advance(RECONCILE_SECONDS)
        report = stack.world.reconcile()
    look("after one reconcile")


def _mux_faults(world: World) -> Counter[str]:
    """What Mux did wrong, by its own book."""
    injected: Counter[str] = Counter()
    for request in world.mux.requests():
        status = request["status"]
        injected["Mux: 429"] += status == 429
        injected["Mux: 5xx"] += status is not None and status >= 500
        injected["Mux: answer lost"] += status is None
    return injected
