"""A thousand worlds in all kinds of trouble: nothing foreign is deleted, nothing is buried by the dozen."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Self

import pytest
from urllib3 import PoolManager

from mux_lifecycle import runtime
from mux_lifecycle.errors import LifecycleError
from mux_lifecycle.mux import client
from mux_lifecycle.mux.client import Credentials
from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.ledger import Ledger
from mux_lifecycle.telemetry import logger
from mux_lifecycle.workflows.options import BURIALS
from tests import mux_events
from tests.faults.sweep import mux_says
from tests.reconcile.memory import WEBHOOK_URL, MemoryMux, MemoryTable, said
from tests.world import ENVIRONMENT, STACK, Context, entry_point

if TYPE_CHECKING:
    from collections.abc import Callable

    from urllib3 import HTTPResponse

type Json = dict[str, Any]
type Mood = Callable[[str], HTTPResponse | None]

WORLDS: Final = 1000
NOW: Final = 1_750_000_000.0
FOREIGN: Final = (None, "", "somebody else's", "mxl1#another-stack#ada#request#private", "mxl1#videos#ada")
OPTIONS: Final[tuple[Json, ...]] = ({}, {"start": True}, {"rebuild": True}, {"dry_run": True}, {"adopt_owner": "imp"})


class World:
    """Assets that Mux and the table agree on, and many that only one of them knows."""

    def __init__(self, chance: random.Random, now: Callable[[], float]) -> None:
        self.chance = chance
        self.table = MemoryTable()
        self._now = now
        both, only_mux = self._assets(chance.randint(0, 12)), self._assets(chance.randint(0, 5))
        only_table = self._assets(chance.choice((0, 2, 9, 16)))
        self.mux = MemoryMux(ENVIRONMENT, both + only_mux)
        self.elsewhere = MemoryMux("zzzzzz", self._assets(12))
        for asset in both + only_table:
            self._record(asset)
        self.lost = {asset["id"] for asset in only_table}
        self.foreign = {asset["id"]: asset for asset in self.mux.assets.values() if not _ours(asset)}
        self.existed = set(self.mux.assets)
        for asset in chance.sample(both, len(both) // 4):
            self.mux.assets[asset["id"]] = asset | {"meta": {"title": "Changed since"}}

    def buried(self) -> set[str]:
        return {pk.partition("#")[2] for pk, item in self.table.items.items() if item.get("status") == "deleted"}

    def records(self) -> dict[str, Any]:
        return {pk: dict(item) for pk, item in self.table.items.items() if not pk.startswith("CHECKPOINT#")}

    def _assets(self, count: int) -> list[Json]:
        return [self._asset() for _ in range(count)]

    def _asset(self) -> Json:
        chance = self.chance
        ours = chance.random() < 0.7
        passthrough = mux_events.tag(chance.choice("abc")) if ours else chance.choice(FOREIGN)
        return {
            "id": mux_events.new_id("asset"),
            "status": chance.choice(("ready", "ready", "ready", "errored", "preparing")),
            # Few different times: many of them share one.
            "created_at": str(int(NOW) - chance.choice((100, 5000, 86_400 * 20, 86_400 * 40)) - chance.randint(0, 3)),
            "meta": {"title": "A film"},
        } | ({} if passthrough is None else {"passthrough": passthrough})

    def _record(self, asset: Json) -> None:
        change = projection.observed_asset(asset, sent_at=NOW - 50, stack=STACK)
        assert change
        owner = change.tag.owner if change.tag else None
        Assets(self.table, Ledger(self.table, {})).apply(change, owner=owner)


def _ours(asset: Json) -> bool:
    return str(asset.get("passthrough", "")).startswith(f"mxl1#{STACK}#") and asset["passthrough"].count("#") >= 4


# What Mux, or what stands in front of it, may answer. A mood that is no liar tells the truth whenever it answers a
# question about one asset.


def _in_good_health(_: World) -> Mood:
    return lambda _: None


def _down_now_and_then(world: World) -> Mood:
    share = world.chance.choice((0.1, 0.5, 1))
    statuses = (500, 502, 503)
    return lambda _: mux_says(world.chance.choice(statuses), b"<html>") if world.chance.random() < share else None


def _busy(world: World) -> Mood:
    return lambda _: mux_says(429, b"{}") if world.chance.random() < 0.2 else None


def _talks_nonsense(world: World) -> Mood:
    bodies = (b"<html>It works!</html>", b"", b"[]", b'{"data": null}', b'{"data": [null]}')
    return lambda _: mux_says(200, world.chance.choice(bodies)) if world.chance.random() < 0.3 else None


def _lists_nothing(_: World) -> Mood:
    return lambda asked: said({"data": []}) if asked == "GET /video/v1/assets" else None


def _leaves_out(world: World) -> Mood:
    kept = [asset for asset in world.mux.assets.values() if world.chance.random() < 0.3]
    return lambda asked: said({"data": kept}) if asked == "GET /video/v1/assets" else None


def _refuses_the_token(_: World) -> Mood:
    return lambda _: mux_says(401, b"{}")


def _hides_everything(_: World) -> Mood:
    """A token without the permission to read videos."""
    return lambda asked: None if asked.startswith("GET /system/") else mux_says(404, b"{}")


def _is_of_another_environment(world: World) -> Mood:
    return lambda asked: world.elsewhere.answer(*_parts(asked))


def _changes_the_environment(world: World) -> Mood:
    """The token is exchanged for another environment's, at any moment."""
    calls = world.chance.randint(1, 8)

    def mood(asked: str) -> HTTPResponse | None:
        if len(world.mux.asked) < calls:
            return None
        runtime._scheduled_mux(runtime.RECONCILE_SHARE)._environments.clear()
        return world.elsewhere.answer(*_parts(asked))

    return mood


def _parts(asked: str) -> tuple[str, str]:
    method, _, path = asked.partition(" ")
    return method, f"https://api.example.com{path}"


HONEST: Final = (_in_good_health, _down_now_and_then, _busy, _talks_nonsense, _lists_nothing, _leaves_out)
UNTRUSTED: Final = (_refuses_the_token, _hides_everything, _is_of_another_environment)
MOODS: Final = (*HONEST, *UNTRUSTED, _changes_the_environment)


class NoDeadline:
    """A deadline starts a thread per call, which costs more than all the rest of a world."""

    remaining: Final = 8.0

    def __init__(self, _: float) -> None:
        """It never ends."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to stop."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> list[float]:
    """What `now` answers, as its only element."""
    moment = [NOW]
    caplog.set_level("CRITICAL", logger.name)
    monkeypatch.setattr(client, "Deadline", NoDeadline)
    monkeypatch.setattr(runtime, "now", lambda: moment[0])
    monkeypatch.setattr("mux_lifecycle.runtime.time", SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: None))
    monkeypatch.setattr(runtime, "_credentials", lambda _: Credentials("id", "secret"))
    for name, value in {
        "STACK_TAG": STACK,
        "WEBHOOK_URL": WEBHOOK_URL,
        "MUX_TOKEN_SECRET_ARN": "arn:token",
        "MUX_ENVIRONMENT_ID": ENVIRONMENT,
        "RETAIN_DAYS": "30",
    }.items():
        monkeypatch.setenv(name, value)
    return moment


@pytest.mark.parametrize(
    "seeds",
    [
        range(100),
        *(pytest.param(range(first, first + 300), marks=pytest.mark.large) for first in range(100, WORLDS, 300)),
    ],
    ids=str,
)
def test_in_whatever_trouble_nothing_foreign_is_touched_and_few_are_buried(
    seeds: range, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in seeds:
        try:
            _lived_through(seed, clock, monkeypatch)
        except BaseException as error:
            error.add_note(f"world {seed}")
            raise


def _lived_through(seed: int, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    clock[0] = NOW
    _cold_start()
    world = World(random.Random(seed), lambda: clock[0])  # noqa: S311 - repeatable on purpose
    monkeypatch.setattr(runtime, "_table", lambda: world.table)
    monkeypatch.setattr(PoolManager, "request", _answered_by(world))
    for _ in range(world.chance.randint(1, 3)):
        _one_run(world, world.chance.choice(MOODS), world.chance.choice(OPTIONS))
        clock[0] += world.chance.choice((1, 900, 86_400))
        _cold_start()
    _calmed_down(world, clock)
    assert not [asked for asked in world.mux.asked + world.elsewhere.asked if not asked.startswith(("GET ", "PATCH "))]
    assert not world.buried() & world.existed
    for asset_id, asset in world.foreign.items():
        kept, record = world.mux.assets[asset_id], world.table.items[keys.asset(asset_id)]
        imported = not asset.get("passthrough") and record.get("owner") == "imp"
        assert imported or (kept == world.foreign[asset_id] | {"meta": kept["meta"]} and "owner" not in record)


def _answered_by(world: World) -> Callable[..., HTTPResponse]:
    def request(_: PoolManager, method: str, url: str, *, body: bytes | None, **__: Any) -> HTTPResponse:
        return world.mux.answer(method, url, body)

    return request


def _one_run(world: World, mood: Callable[[World], Mood], event: Json) -> None:
    world.mux.mood = mood(world)
    before, buried = world.records(), world.buried()
    wrong = mood in UNTRUSTED
    try:
        entry_point("reconcile")(event, Context(900))
    except LifecycleError:
        assert mood is not _in_good_health
    world.mux.mood = lambda _: None
    assert len(world.buried() - buried) <= BURIALS
    if wrong or "dry_run" in event:
        assert world.records() == before
    if mood is not _changes_the_environment:
        assert not world.buried() & world.existed


def _calmed_down(world: World, clock: list[float]) -> None:
    """When Mux is well again, a few walks make everything right, and each of them buries few."""
    for _ in range(10):
        clock[0] += 900
        buried = world.buried()
        report = entry_point("reconcile")({"restart": True}, Context(900))
        assert len(world.buried() - buried) <= BURIALS
        if not report["attention"]:
            break
    assert report["finished"] == 1
    assert report["attention"] == 0
    for asset_id, asset in world.mux.assets.items():
        record = world.table.items[keys.asset(asset_id)]
        assert record["status"] in (asset["status"], "deleting")
        old = int(asset["created_at"]) < NOW - 86_400 * 30
        assert "delete_requested_at" not in record or ("owner" in record and old)
        if _ours(asset):
            assert record["owner"] == asset["passthrough"].split("#")[2]
    assert not [
        asset_id
        for asset_id in world.lost
        if world.table.items.get(keys.asset(asset_id), {}).get("status", "deleted") != "deleted"
    ]


def _cold_start() -> None:
    for kept in vars(runtime).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
