"""Facts (links, owner, time of creation) are filled once, by whichever event knows them first, stale or not."""

import pytest

from tests import mux_events
from tests.laws.history import every_order, look, outcome, state, tell
from tests.mux_events import BASE
from tests.world import Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"


def asset_story(knows: str, field: str, value: str) -> list[Json]:
    """Created, ready, updated: of which only the event `knows` holds `field`."""
    return [
        mux_events.asset_event(kind, asset_id=ASSET, at=BASE + n, **{field: value if kind == knows else None})  # type: ignore[arg-type]
        for n, kind in enumerate(("created", "ready", "updated"))
    ]


@pytest.mark.parametrize("knows", ["created", "ready", "updated"])
def test_the_upload_of_an_asset_is_kept_whichever_event_names_it(world: World, knows: str) -> None:
    events = asset_story(knows, "upload_id", UPLOAD)
    every_order(world, events)
    assert world.call("get_asset", id=ASSET).data["upload_id"] == UPLOAD


@pytest.mark.parametrize("knows", ["created", "ready", "updated"])
@pytest.mark.parametrize("visibility", ["private", "public"])
def test_the_owner_of_an_asset_is_kept_whichever_event_names_it(world: World, knows: str, visibility: str) -> None:
    events = asset_story(knows, "passthrough", mux_events.tag("ada", visibility=visibility))
    for event in events:
        event["data"]["playback_ids"] = [{"id": "Quay3UyT5mWq7sJdL00vNnBhPxGf02aR", "policy": "public"}]
    every_order(world, events)
    seen = look(world, events)
    assert [asset["visibility"] for asset in seen.listed] == [visibility]
    assert seen.listed_by_status == {"preparing": [], "ready": [ASSET], "errored": []}
    assert ("gallery" in seen.records[f"ASSET#{ASSET}"]) == (visibility == "public")


def test_what_a_stale_event_filled_in_is_seen_at_once(world: World) -> None:
    """The list by status shows the record's status then, not the stale event's."""
    tell(world, [mux_events.asset_event("errored", asset_id=ASSET, passthrough=None, at=BASE + 9)])
    assert world.call("list_assets").data == []
    assert outcome(world, mux_events.asset_event("created", asset_id=ASSET, upload_id=UPLOAD, at=BASE)) == "stale"
    [shown] = world.call("list_assets", query="status=errored").data
    assert (shown["status"], shown["upload_id"]) == ("errored", UPLOAD)
    assert world.call("list_assets", query="status=preparing").data == []


def test_a_fact_is_not_overwritten(world: World) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, upload_id=UPLOAD, at=BASE)])
    contradictions = [
        mux_events.asset_event(kind, asset_id=ASSET, upload_id="Another", at=BASE + n, created_at=BASE - 999)
        for n, kind in ((-5, "created"), (5, "updated"))
    ]
    assert [outcome(world, event) for event in contradictions] == ["stale", "applied"]
    assert world.call("get_asset", id=ASSET).data["upload_id"] == UPLOAD


def test_a_stale_event_with_nothing_new_writes_nothing(world: World) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, upload_id=UPLOAD, at=BASE)])
    before = state(world)
    assert outcome(world, mux_events.asset_event("created", asset_id=ASSET, upload_id=UPLOAD, at=BASE)) == "stale"
    assert state(world) == before


@pytest.mark.parametrize("knows", ["created", "asset_created", "errored"])
def test_the_asset_of_an_upload_is_kept_whichever_event_names_it(world: World, knows: str) -> None:
    events = [
        mux_events.upload_event(kind, upload_id=UPLOAD, asset_id=ASSET if kind == knows else None, at=BASE + n)
        for n, kind in enumerate(("created", "asset_created", "errored"))
    ]
    every_order(world, events)
    shown = world.call("get_upload", id=UPLOAD).data
    assert (shown["status"], shown["asset_id"]) == ("errored", ASSET)


def test_a_stale_link_moves_nothing_else_of_the_upload(world: World) -> None:
    tell(world, [mux_events.upload_event("cancelled", upload_id=UPLOAD, at=BASE + 9)])
    [before] = state(world).values()
    late = mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE)
    assert outcome(world, late) == "stale"
    assert state(world) == {f"UPLOAD#{UPLOAD}": before | {"asset_id": {"S": ASSET}}}
    assert outcome(world, late | {"id": "again"} | {"data": late["data"] | {"asset_id": "Another"}}) == "stale"
    assert world.call("get_upload", id=UPLOAD).data["asset_id"] == ASSET


def test_an_error_of_an_upload_goes_when_a_later_state_has_none(world: World) -> None:
    error = {"type": "timeout", "message": "Too slow."}
    events = [
        mux_events.upload_event("errored", upload_id=UPLOAD, at=BASE, error=error),
        mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE + 1),
    ]
    tell(world, events[:1])
    assert world.call("get_upload", id=UPLOAD).data["error"] == {"type": "timeout", "messages": ["Too slow."]}
    every_order(world, events)
    assert "error" not in world.call("get_upload", id=UPLOAD).data


def test_the_time_of_creation_is_muxs_own(world: World) -> None:
    for created_at in (BASE - 60, str(BASE - 60)):
        tell(world, [mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 9, created_at=created_at)])
        assert world.call("get_asset", id=ASSET).data["created_at"] == "2023-11-14T22:12:20Z"
