"""A wish to delete stands until Mux says gone: no snapshot overwrites it, and it stays due."""

import pytest

from mux_lifecycle import runtime
from mux_lifecycle.store import projection
from tests import mux_events
from tests.laws.history import NOW, every_order, outcome, state, tell
from tests.mux_events import BASE
from tests.world import STACK, Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"

created = mux_events.asset_event("created", asset_id=ASSET, at=BASE)
public = mux_events.asset_event("created", asset_id=ASSET, at=BASE, passthrough=mux_events.tag(visibility="public"))


@pytest.fixture
def wished(world: World) -> World:
    """An asset that ada has asked to delete while Mux did not answer."""
    tell(world, [created])
    world.mux.set_faults({"api": {"error_rate": 1}})
    answer = world.call("delete_asset", id=ASSET)
    assert (answer.status, answer.data["status"]) == (202, "deleting")
    return world


def assert_stands(world: World) -> None:
    assert world.call("get_asset", id=ASSET).data["status"] == "deleting"
    assert [asset["status"] for asset in world.call("list_assets").data] == ["deleting"]
    assert [asset["id"] for asset in world.call("list_assets", query="status=deleting").data] == [ASSET]
    for status in ("preparing", "ready", "errored"):
        assert world.call("list_assets", query=f"status={status}").data == []
    record = world.records()[f"ASSET#{ASSET}"]
    assert (record["due"], record["delete_requested_at"]) == ("due", str(NOW))


@pytest.mark.parametrize("kind", ["ready", "errored", "updated", "non_standard_input_detected", "master.ready"])
@pytest.mark.parametrize("passthrough", [mux_events.tag(), mux_events.tag("bob"), None], ids=["ada", "bob", "none"])
def test_no_snapshot_overwrites_it(wished: World, kind: str, passthrough: str | None) -> None:
    before = state(wished)
    later = mux_events.asset_event(kind, asset_id=ASSET, passthrough=passthrough, at=BASE + 30)
    assert outcome(wished, later) == "stale"
    assert state(wished) == before
    assert_stands(wished)


def test_nor_does_what_we_see_at_mux(wished: World) -> None:
    before = state(wished)
    seen = mux_events.asset_event("ready", asset_id=ASSET)["data"]
    change = projection.observed_asset(seen, sent_at=NOW + 1, stack=STACK)
    assert change
    assert runtime.projector().apply(change, now=NOW) == "stale"
    assert state(wished) == before


def test_a_stale_event_may_fill_in_the_upload(wished: World) -> None:
    with_upload = mux_events.asset_event("ready", asset_id=ASSET, upload_id="Shore", at=BASE + 30)
    tell(wished, [with_upload])
    assert wished.call("get_asset", id=ASSET).data["upload_id"] == "Shore"
    assert_stands(wished)


def test_tracks_go_on_but_do_not_touch_it(wished: World) -> None:
    assert (
        outcome(wished, mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 9)) == "applied"
    )
    assert_stands(wished)


def test_the_deletion_ends_it(wished: World) -> None:
    late: list[Json] = [
        mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 30),
        mux_events.asset_event("deleted", asset_id=ASSET, at=BASE + 40),
        mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 50),
    ]
    every_order(wished, late, after=state(wished))
    assert wished.call("get_asset", id=ASSET).status == 404
    assert wished.call("list_assets").data == []
    assert "due" not in wished.records()[f"ASSET#{ASSET}"]


def test_a_public_asset_leaves_the_gallery_at_once(world: World) -> None:
    ready = mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 1, passthrough=public["data"]["passthrough"])
    ready["data"]["playback_ids"] = [{"id": "Quay3UyT5mWq7sJdL00vNnBhPxGf02aR", "policy": "public"}]
    tell(world, [public, ready])
    assert world.records()[f"ASSET#{ASSET}"]["gallery"] == "public"
    runtime.assets().request_deletion(ASSET, owner="ada", now=NOW)
    tell(world, [ready | {"created_at": mux_events.stamp(BASE + 60)}])
    assert "gallery" not in world.records()[f"ASSET#{ASSET}"]


def test_a_second_wish_keeps_the_time_of_the_first(wished: World) -> None:
    runtime.assets().request_deletion(ASSET, owner="ada", now=NOW + 500)
    assert_stands(wished)


@pytest.mark.parametrize("owner", ["bob", "ADA", "ad", "ada "])
def test_only_the_owner_may_wish(world: World, owner: str) -> None:
    tell(world, [created])
    before = state(world)
    assert world.call("delete_asset", id=ASSET, owner=owner).status in (403, 404)
    assert state(world) == before


def test_a_wish_for_a_loose_track_is_none(world: World) -> None:
    tell(world, [mux_events.track_event("ready", asset_id=ASSET, track_id="English")])
    before = state(world)
    assert world.call("delete_asset", id=ASSET).status == 404
    assert state(world) == before
