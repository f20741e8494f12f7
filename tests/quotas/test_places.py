"""Places and totals as laws: whatever is taken, given back, counted and deployed, no limit is ever exceeded."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.mux import MuxEmulator
from mux_lifecycle import request_ids, runtime
from mux_lifecycle.errors import QuotaExceeded
from mux_lifecycle.store.places import DAY_SECONDS, NEW_VIDEO, Places
from mux_lifecycle.store.totals import Limits, Totals
from tests.world import World

NOW = 1_800_000_000
TIMEOUT = 3600

steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 8)),
        st.tuples(st.just("give_back"), st.integers(0, 30)),
        st.tuples(st.just("deploy"), st.tuples(st.sampled_from([20, 100, 800, 2000]), st.sampled_from([60, 300, 0]))),
        st.tuples(st.just("walk"), st.integers(0, 100)),
        st.tuples(st.just("wait"), st.integers(0, 20_000)),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def stack(emulator: MuxEmulator) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world


class Library:
    """Every upload becomes, within the time of its URL, a video as long as it may be."""

    def __init__(self) -> None:
        self.now = NOW
        self.limits = Limits(0, 0, 100, 300)
        self.videos: dict[str, tuple[int, int]] = {}

    @property
    def totals(self) -> Totals:
        return Totals(runtime._table(), self.limits, TIMEOUT, lambda: self.now)

    def minutes(self) -> int:
        return sum(minutes for _, minutes in self.videos.values())

    def ask(self, times: int) -> None:
        for _ in range(times):
            name = request_ids.new(self.now)
            try:
                self.totals.take(frozenset({name}), *NEW_VIDEO)
            except QuotaExceeded:
                return
            self.videos[name] = self.now, self.limits.minutes_each
            assert self.minutes() <= self.limits.stored_minutes

    def give_back(self, number: int) -> None:
        for name in list(self.videos)[number : number + 1]:
            del self.videos[name]
            self.totals.give_back(frozenset({name}), *NEW_VIDEO)

    def deploy(self, limits: tuple[int, int]) -> None:
        self.limits = Limits(0, 0, *limits)

    def walk(self, percent: int) -> None:
        """Some of those that are old enough to be videos have been deleted; the walk sees the others."""
        old = [name for name, (at, _) in self.videos.items() if at < self.now - TIMEOUT]
        for name in old[: len(old) * percent // 100]:
            del self.videos[name]
        seen = sum(minutes for at, minutes in self.videos.values() if at < self.now - TIMEOUT)
        self.totals.count(seen, since=self.now)

    def wait(self, seconds: int) -> None:
        self.now += seconds


@settings(max_examples=60)
@given(steps)
def test_stored_minutes_never_exceed_the_limit_whatever_is_deployed_meanwhile(
    stack: World, history: list[tuple[str, Any]]
) -> None:
    stack.replace_items([])
    library = Library()
    for step, value in history:
        library.now += 1
        getattr(library, step)(value)


@pytest.mark.parametrize("minutes", [0, 100])
def test_a_walk_makes_room_for_everything_that_is_not_stored(stack: World, minutes: int) -> None:
    stack.replace_items([])
    library = Library()
    library.limits = Limits(0, 0, 600, 300)
    taken = []
    for _ in range(3):
        library.videos = {}
        library.ask(1000)
        taken.append(len(library.videos))
        library.now += DAY_SECONDS
        library.totals.count(minutes, since=library.now)
    assert taken == [120, *([(600 - minutes) // 5] * 2)]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 6), st.integers(0, 50_000)), max_size=20))
def test_extras_within_any_day_never_exceed_the_limit(stack: World, history: list[tuple[bool, int, int]]) -> None:
    stack.replace_items([])
    now, limit = [NOW], 5
    places = Places.of_owner(runtime._table(), "ada", limit, lambda: now[0])
    made: dict[str, int] = {}
    for keeps, wanted, pause in history:
        now[0] += pause
        names = frozenset(request_ids.new(now[0]) for _ in range(wanted))
        young = sum(now[0] - at < DAY_SECONDS for at in made.values())
        try:
            places.take(names, "extras")
        except QuotaExceeded:
            assert young + wanted > limit
        else:
            assert young + wanted <= limit
            if keeps:
                made |= dict.fromkeys(names, now[0])
            else:
                places.give_back(names, "extras")


def test_a_repetition_holds_one_place(stack: World) -> None:
    stack.replace_items([])
    places = Places.of_owner(runtime._table(), "ada", 1, lambda: NOW)
    name = frozenset({request_ids.new(NOW)})
    for _ in range(3):
        places.take(name, "extras")
    with pytest.raises(QuotaExceeded):
        places.take(frozenset({request_ids.new(NOW)}), "extras")
    for _ in range(3):
        places.give_back(name, "extras")
    places.take(frozenset({request_ids.new(NOW)}), "extras")
