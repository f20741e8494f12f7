"""Deleted stays deleted: nothing that arrives afterwards, however late, brings an asset back."""

import pytest
import time_machine

from mux_lifecycle import runtime
from mux_lifecycle.store import projection
from tests import mux_events
from tests.laws.history import NOW, outcome, state, tell
from tests.mux_events import BASE
from tests.world import STACK, Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"
HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY

deleted = mux_events.asset_event("deleted", asset_id=ASSET, upload_id=UPLOAD, at=BASE + 5)
late_events = [
    *(
        mux_events.asset_event(kind, asset_id=ASSET, upload_id=UPLOAD, at=BASE + 60)
        for kind in (
            *("created", "ready", "errored", "updated", "non_standard_input_detected", "live_stream_completed"),
            *("master.preparing", "master.ready", "master.errored", "master.deleted"),
            *("static_renditions.preparing", "static_renditions.ready"),
            *("static_renditions.errored", "static_renditions.deleted"),
        )
    ),
    mux_events.asset_event("updated", asset_id=ASSET, upload_id=UPLOAD, at=None),
    *(
        mux_events.track_event(kind, asset_id=ASSET, track_id="English", at=BASE + 60)
        for kind in ("created", "ready", "errored", "deleted")
    ),
    *(
        mux_events.rendition_event(kind, asset_id=ASSET, rendition_id="Highest", at=BASE + 60)
        for kind in ("created", "ready", "errored", "skipped", "deleted")
    ),
]


def assert_gone(world: World) -> None:
    assert world.call("get_asset", id=ASSET).status == 404
    assert world.call("list_assets").data == []
    for status in ("preparing", "ready", "errored", "deleting"):
        assert world.call("list_assets", query=f"status={status}").data == []
    assert world.call("get_asset", id=ASSET, owner="root", groups=["admin"]).status == 404


@pytest.mark.parametrize("late", late_events, ids=lambda event: event["type"].removeprefix("video.asset."))
def test_a_late_event_changes_nothing(world: World, late: Json) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, upload_id=UPLOAD, at=BASE), deleted])
    buried = state(world)
    assert outcome(world, late) == "stale"
    assert state(world) == buried
    assert_gone(world)


@pytest.mark.parametrize("late", late_events, ids=lambda event: event["type"].removeprefix("video.asset."))
def test_nor_does_it_for_an_asset_that_was_never_seen(world: World, late: Json) -> None:
    """Its deletion may be the first thing we hear of an asset."""
    assert outcome(world, deleted) == "applied"
    buried = state(world)
    assert outcome(world, late) == "stale"
    assert state(world) == buried
    assert_gone(world)


@pytest.mark.parametrize("hours", [1, 25, 6 * 24])
def test_nor_does_it_days_later(world: World, hours: int) -> None:
    """Mux repeats an event for a day; the tombstone is kept for a week."""
    tell(world, [deleted])
    with time_machine.travel(NOW + hours * HOUR, tick=False):
        for late in late_events[:2]:
            assert outcome(world, late | {"created_at": mux_events.stamp(NOW + hours * HOUR)}) == "stale"
        assert_gone(world)


def test_a_tombstone_is_bare_and_expires_after_a_week(world: World) -> None:
    tell(
        world,
        [
            mux_events.asset_event(
                "ready", asset_id=ASSET, upload_id=UPLOAD, passthrough=mux_events.tag(visibility="public")
            ),
            mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 1),
            deleted,
        ],
    )
    record = world.records()[f"ASSET#{ASSET}"]
    assert record.keys() == {"pk", "id", "seen", "status", "ttl"}
    assert (record["status"], record["ttl"]) == ("deleted", str(NOW + WEEK))


def test_a_deletion_that_is_told_twice_is_one(world: World) -> None:
    assert [outcome(world, deleted) for _ in range(2)] == ["applied", "applied"]
    again = deleted | {"id": "0-an-earlier-id"}
    assert outcome(world, again) == "stale"
    assert_gone(world)


def test_our_own_deletion_stays_too(world: World) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, at=BASE)])
    runtime.assets().bury(projection.observed_deletion(ASSET, sent_at=BASE + 30), now=NOW)
    assert outcome(world, mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 31)) == "stale"
    assert outcome(world, deleted) == "stale", "Mux's event about it is older than our request"
    assert outcome(world, deleted | {"created_at": mux_events.stamp(BASE + 31)}) == "applied"
    assert_gone(world)


def test_an_answer_of_mux_that_was_asked_for_before_the_deletion_does_not_revive(world: World) -> None:
    tell(world, [deleted])
    for sent_at in (BASE, BASE + 5, BASE + 600):
        observed = projection.observed_asset(late_events[1]["data"], sent_at=sent_at, stack=STACK)
        assert observed
        assert runtime.projector().apply(observed, now=NOW) == "stale"
    assert_gone(world)


def test_a_deleted_asset_cannot_be_deleted_again(world: World) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, at=BASE), deleted])
    buried = state(world)
    assert world.call("delete_asset", id=ASSET).status == 404
    assert state(world) == buried


def test_an_upload_outlives_its_deleted_asset(world: World) -> None:
    tell(world, [deleted, mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE + 1)])
    assert world.call("get_upload", id=UPLOAD).data == {"id": UPLOAD, "status": "asset_created", "asset_id": ASSET}
    tell(world, [late_events[1]])
    assert "asset" not in world.call("get_upload", id=UPLOAD).data
