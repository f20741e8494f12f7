"""The budget as a law: however requests come, no stretch of time holds more calls than the bucket lets through."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.mux import MuxEmulator
from mux_lifecycle import rates, runtime
from mux_lifecycle.errors import TooManyRequests
from mux_lifecycle.rates import Bucket, Rate
from mux_lifecycle.store import keys
from mux_lifecycle.store.budget import OWNERS_TOGETHER, Allowance, Budget, Charge
from mux_lifecycle.store.records import number
from tests.world import World

if TYPE_CHECKING:
    from mux_lifecycle.store.table import Item

NOW = 1_800_000_000.0
CALLERS = 50
ROUNDING_CALLS = 0.01
"""An interval is rounded up to whole milliseconds, so that a bucket is slower than Mux's by so much of a call."""

gaps = st.lists(st.one_of(st.just(0.0), st.floats(0, 0.5), st.floats(0, 30)), min_size=1, max_size=45)
shares = st.sampled_from([0.1, 0.25, 0.33, 1.0])
buckets: st.SearchStrategy[Bucket] = st.sampled_from(["post", "other"])


@pytest.fixture(scope="module")
def stack(emulator: MuxEmulator) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world


class Clock:
    """Moves when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def wait(budget: Budget, bucket: Bucket, calls: int = 1, owner: str = "ada") -> int:
    """0 when the budget allows it; else the seconds that it asks to wait."""
    try:
        budget.spend(owner, {bucket: calls})
    except TooManyRequests as refused:
        return refused.retry_after
    return 0


def within(rate: Rate, sent: list[float]) -> bool:
    """No stretch of time holds more calls than a bucket of this rate lets through."""
    return all(
        last - first + 1 <= rate.burst + rate.per_second * (sent[last] - sent[first]) + 1e-6
        for first in range(len(sent))
        for last in range(first, len(sent))
    )


@settings(max_examples=25)
@given(gaps, shares, buckets)
@example([0.0] * 60, 0.25, "post")
@example([0.0] * 60, 0.25, "other")
def test_no_stretch_of_time_exceeds_the_share_and_nothing_less_is_refused(
    stack: World, gaps: list[float], share: float, bucket: Bucket
) -> None:
    stack.replace_items([])
    clock, rate, sent = Clock(), rates.MUX[bucket].share(share), list[float]()
    budget = Budget(runtime._table(), share, clock)
    tokens, before = rate.burst, NOW
    for gap in gaps:
        clock.now += gap
        tokens, before = min(rate.burst, tokens + (clock.now - before) * rate.per_second), clock.now
        if wait(budget, bucket) == 0:
            sent.append(clock.now)
            tokens -= 1
        elif len(sent) < OWNERS_TOGETHER[bucket] * rates.MUX[bucket].burst:
            assert tokens < 1 + ROUNDING_CALLS * len(sent)
    assert within(rate, sent)


@settings(max_examples=15)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), buckets, st.integers(1, 3))
def test_a_call_after_the_announced_wait_is_let_through(
    stack: World, gaps: list[float], bucket: Bucket, calls: int
) -> None:
    stack.replace_items([])
    clock = Clock()
    budget = Budget(runtime._table(), 0.25, clock)
    for gap in gaps:
        clock.now += gap
        seconds = wait(budget, bucket, calls)
        if seconds:
            clock.now += seconds
            assert wait(budget, bucket, calls) == 0


def test_one_owner_uses_up_nobody_else_s_budget(stack: World) -> None:
    stack.replace_items([])
    budget = Budget(runtime._table(), 0.25, Clock())
    assert [wait(budget, "other") for _ in range(26)] == [0] * 25 + [1]
    assert [wait(budget, "post") for _ in range(6)] == [0] * 5 + [4]
    assert wait(budget, "other", owner="grace") == 0
    assert wait(budget, "post", owner="grace") == 0


@pytest.mark.parametrize(("bucket", "kept"), [("post", 5), ("other", 50)])
def test_all_owners_together_leave_a_reserve(stack: World, bucket: Bucket, kept: int) -> None:
    stack.replace_items([])
    clock = Clock()
    budget = Budget(runtime._table(), 0.25, clock)
    rate = rates.MUX[bucket]
    owners = [f"owner-{number}" for number in range(12)]
    sent = [clock.now for owner in owners for _ in range(30) if wait(budget, bucket, owner=owner) == 0]
    assert len(sent) == rate.burst - kept
    for _ in range(50):
        clock.now += 0.7
        sent += [clock.now for owner in owners if wait(budget, bucket, owner=owner) == 0]
    assert within(rate.share(OWNERS_TOGETHER[bucket]), sent)


def test_the_shares_of_owners_and_schedules_make_no_more_than_one() -> None:
    assert OWNERS_TOGETHER["other"] + runtime.CLEANUP_SHARE + runtime.RECONCILE_SHARE <= 1
    assert OWNERS_TOGETHER["post"] < 1


def test_50_callers_at_once_get_the_burst_and_no_more(stack: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each AWS call is atomic, as DynamoDB's writes to one item are; the clock of every fifth caller is ahead."""
    stack.replace_items([])
    call, one_at_a_time = BaseClient._make_api_call, threading.Lock()  # type: ignore[attr-defined]

    def atomic(*arguments: Any) -> Any:
        with one_at_a_time:
            return call(*arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", atomic)
    table = runtime._table()
    for bucket, burst in (("post", 5), ("other", 25)):
        budgets = [Budget(table, 0.25, lambda ahead=number: NOW + 0.01 * (ahead % 5 == 0)) for number in range(CALLERS)]  # type: ignore[misc]
        start = threading.Barrier(CALLERS)

        def ask(budget: Budget, bucket: Bucket = bucket, start: threading.Barrier = start) -> int:  # type: ignore[assignment]
            start.wait(30)
            return wait(budget, bucket, owner=f"of-{bucket}")

        with ThreadPoolExecutor(CALLERS) as pool:
            waits = list(pool.map(ask, budgets))
        assert waits.count(0) == burst
        assert all(seconds in (0, 1, 4) for seconds in waits)


def test_several_calls_are_reserved_together_or_not_at_all(stack: World) -> None:
    stack.replace_items([])
    clock = Clock()
    budget = Budget(runtime._table(), 0.25, clock)
    for _ in range(4):
        allowance = Allowance(budget, "ada")
        allowance.reserve(posts=1, others=2)
        for method in ("DELETE", "POST", "GET"):
            allowance(method)
    before = runtime._table().get(keys.quota("ada"))
    with pytest.raises(TooManyRequests):
        Allowance(budget, "ada").reserve(posts=2, others=1)
    assert runtime._table().get(keys.quota("ada")) == before
    allowance.reserve(posts=1)
    allowance("POST")
    with pytest.raises(TooManyRequests):
        allowance("POST")


def test_a_cost_above_the_size_of_a_bucket_waits_for_a_full_bucket(stack: World) -> None:
    stack.replace_items([])
    clock = Clock()
    budget = Budget(runtime._table(), 0.1, clock)
    assert wait(budget, "other", 60) == 0
    seconds = wait(budget, "other", 60)
    assert seconds == 20
    clock.now += seconds
    assert wait(budget, "other", 60) == 0


NEAR = st.integers(int(NOW * 1000) - 30_000, int(NOW * 1000) + 30_000)


@given(st.one_of(st.integers(0, 10**15), NEAR), st.one_of(st.integers(0, 10**15), NEAR))
def test_a_charge_supposes_what_it_is_shown(post: int, other: int) -> None:
    limits = {bucket: rate.share(0.25) for bucket, rate in rates.MUX.items()}
    charge = Charge(limits, {"post": 1, "other": 1}, NOW, {})
    times = {"mux_post": post, "mux_other": other}
    item: Item = {**times}
    used_up = post > NOW * 1000 + 16_000 or other > NOW * 1000 + 19_200
    with pytest.raises(TooManyRequests) if used_up else nullcontext():
        charge.refused(item)
        assert not charge.refused(item)
    if used_up:
        return
    assert set(charge.added) == {name for name, at in times.items() if at > NOW * 1000}
    assert charge.added.keys() | charge.put.keys() == {"mux_post", "mux_other"}
    assert not charge.added.keys() & charge.put.keys()


def test_a_budget_is_forgotten_after_a_day_but_never_shortens_the_life_of_a_quota(stack: World) -> None:
    stack.replace_items([])
    clock = Clock()
    table = runtime._table()
    budget = Budget(table, 0.25, clock)
    budget.spend("ada", {"other": 1})
    assert number(table.get(keys.quota("ada")) or {}, "ttl") == NOW + 86_400
    table.update(keys.quota("ada"), put={"ttl": int(NOW) + 500_000}, condition="attribute_exists(#pk)")
    clock.now += 1000
    for _ in itertools.repeat(None, 3):
        budget.spend("ada", {"other": 1})
    assert number(table.get(keys.quota("ada")) or {}, "ttl") == NOW + 500_000
