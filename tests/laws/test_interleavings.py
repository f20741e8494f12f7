"""Two things at once: whatever the order of their table calls, one result."""

import contextlib
from collections.abc import Callable

import pytest

from mux_lifecycle import runtime
from mux_lifecycle.errors import NotFound
from mux_lifecycle.store import projection
from tests import mux_events
from tests.laws.history import NOW, State, restore, state, tell
from tests.laws.steps import Run, every_interleaving
from tests.mux_events import BASE
from tests.world import STACK, Context, Json, World, delivery, entry_point

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"

created = mux_events.asset_event("created", asset_id=ASSET, upload_id=UPLOAD, at=BASE)
ready = mux_events.asset_event("ready", asset_id=ASSET, upload_id=UPLOAD, at=BASE + 10)
updated = mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 20, meta={"title": "Dusk"})
errored = mux_events.asset_event("errored", asset_id=ASSET, at=BASE + 10)
deleted = mux_events.asset_event("deleted", asset_id=ASSET, at=BASE + 5)
foreign_created = mux_events.asset_event("created", asset_id=ASSET, passthrough=None, at=BASE)
untagged_ready = mux_events.asset_event("ready", asset_id=ASSET, passthrough=None, at=BASE + 10)
track = mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 12)
track_gone = mux_events.track_event("deleted", asset_id=ASSET, track_id="English", at=BASE + 13)
waiting = mux_events.upload_event("created", upload_id=UPLOAD, at=BASE)
asset_made = mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE + 5)
upload_failed = mux_events.upload_event("errored", upload_id=UPLOAD, at=BASE + 9)


def receive(event: Json) -> int:
    """One delivery, in whichever thread this is: `world` takes them one after the other."""
    status: int = entry_point("webhook_receiver")(delivery(event), Context())["statusCode"]
    return status


def both_at_once(world: World, before: list[Json], one: Json, other: Json) -> tuple[State, list[list[str]]]:
    """The one table that all interleavings of two deliveries end in, and the interleavings."""
    tell(world, before)
    begin, ends = state(world), list[State]()

    def check(run: Run) -> None:
        assert all(status == 200 for status in run.results.values()), run
        ends.append(state(world))

    runs = every_interleaving(
        {"one": lambda: receive(one), "other": lambda: receive(other)}, lambda: restore(world, begin), check
    )
    assert all(end == ends[0] for end in ends), runs
    return ends[0], runs


@pytest.mark.parametrize(
    "before", [[], [created], [foreign_created], [track]], ids=["unknown", "known", "foreign", "a track came first"]
)
@pytest.mark.parametrize(
    "late", [created, ready, errored, updated, untagged_ready, track], ids=lambda e: e["type"][12:]
)
def test_a_deletion_beats_whatever_is_delivered_at_the_same_time(world: World, before: list[Json], late: Json) -> None:
    end, runs = both_at_once(world, before, late, deleted)
    assert end[f"ASSET#{ASSET}"]["status"] == {"S": "deleted"}
    assert "doc" not in end[f"ASSET#{ASSET}"]
    assert {run[0] for run in runs} == {"one", "other"}
    assert world.call("get_asset", id=ASSET).status == 404


@pytest.mark.parametrize(
    ("before", "one", "other"),
    [
        pytest.param([], created, ready, id="two snapshots"),
        pytest.param([], ready, ready, id="one event twice"),
        pytest.param([], ready, errored, id="two final states"),
        pytest.param([created], ready, updated, id="two later snapshots"),
        pytest.param([ready], created, updated, id="an old and a new one"),
        pytest.param([created], ready, track, id="a snapshot and a track"),
        pytest.param([], track, track_gone, id="a track that came and went"),
        pytest.param([], ready, track, id="a track of an unknown asset"),
        pytest.param([], waiting, asset_made, id="two of an upload"),
        pytest.param([waiting], asset_made, upload_failed, id="two ends of an upload"),
        pytest.param([waiting], asset_made, ready, id="an upload and its asset"),
        pytest.param([], foreign_created, ready, id="without and with a tag"),
        pytest.param([], untagged_ready, updated, id="without and with a tag, the later one with it"),
        pytest.param([], untagged_ready, created, id="without and with a tag, the earlier one with it"),
    ],
)
def test_two_deliveries_end_as_one_after_the_other(world: World, before: list[Json], one: Json, other: Json) -> None:
    end, runs = both_at_once(world, before, one, other)
    assert len(runs) >= 2
    restore(world, {})
    tell(world, [*before, one, other])
    assert state(world) == end


def observe(data: Json, *, sent_at: float) -> None:
    change = projection.observed_asset(data, sent_at=sent_at, stack=STACK)
    assert change
    runtime.projector().apply(change, now=NOW)


def bury(*, sent_at: float) -> None:
    runtime.assets().bury(projection.observed_deletion(ASSET, sent_at=sent_at), now=NOW)


@pytest.mark.parametrize(
    "ours",
    [
        pytest.param(lambda: observe(ready["data"], sent_at=BASE + 30), id="we looked at the asset"),
        pytest.param(lambda: bury(sent_at=BASE + 30), id="we deleted the asset"),
        pytest.param(
            lambda: runtime.assets().request_deletion(ASSET, owner="ada", now=NOW), id="we noted a wish to delete it"
        ),
    ],
)
def test_a_deletion_beats_what_we_do_at_the_same_time(world: World, ours: Callable[[], object]) -> None:
    tell(world, [created])
    begin = state(world)
    ended: list[bool] = []

    def act() -> None:
        # Whoever comes after the deletion finds no asset.
        with contextlib.suppress(NotFound):
            ours()

    def check(_: Run) -> None:
        ended.append(state(world)[f"ASSET#{ASSET}"]["status"] == {"S": "deleted"})
        assert world.call("get_asset", id=ASSET).status == 404

    every_interleaving({"ours": act, "event": lambda: receive(deleted)}, lambda: restore(world, begin), check)
    assert len(ended) > 1
    assert all(ended)


def test_a_wish_to_delete_survives_a_snapshot_at_the_same_time(world: World) -> None:
    tell(world, [created])
    begin = state(world)

    def check(_: Run) -> None:
        assert world.call("get_asset", id=ASSET).data["status"] == "deleting"
        record = world.records()[f"ASSET#{ASSET}"]
        assert (record["due"], record["owner_status"]) == ("due", "ada#deleting")

    wish = {"wish": lambda: runtime.assets().request_deletion(ASSET, owner="ada", now=NOW)}
    runs = every_interleaving(wish | {"ready": lambda: receive(ready)}, lambda: restore(world, begin), check)
    assert len(runs) > 1


def test_three_deliveries_at_once(world: World) -> None:
    ends: list[State] = []
    runs = every_interleaving(
        {
            "untagged": lambda: receive(untagged_ready),
            "tagged": lambda: receive(created),
            "deleted": lambda: receive(deleted),
        },
        lambda: restore(world, {}),
        lambda _: ends.append(state(world)),
    )
    assert len(runs) >= 6
    assert all(end == ends[0] for end in ends)
    assert ends[0][f"ASSET#{ASSET}"]["status"] == {"S": "deleted"}
