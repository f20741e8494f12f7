"""Records of the previous and the next release: what is missing has a default, what is unknown stays."""

from typing import Any

import pytest

from mux_lifecycle import runtime
from tests import mux_events
from tests.laws.history import NOW, outcome, state, tell
from tests.mux_events import BASE
from tests.world import World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"
UNKNOWN: dict[str, Any] = {
    "text_of_tomorrow": {"S": "kept"},
    "number_of_tomorrow": {"N": "1.5"},
    "map_of_tomorrow": {"M": {"a": {"L": [{"BOOL": True}]}}},
    "set_of_tomorrow": {"SS": ["a", "b"]},
    "null_of_tomorrow": {"NULL": True},
    "bytes_of_tomorrow": {"B": b"\x00"},
}


def put(world: World, pk: str, **attributes: Any) -> None:
    item = {name: value if isinstance(value, dict) else {"S": value} for name, value in attributes.items()}
    world.dynamodb.put_item(TableName=world.table_name, Item={"pk": {"S": pk}} | item)


def put_asset(world: World, *, without: str = "", **more: Any) -> None:
    """The record of a ready asset, as its events write it, without one attribute and with others."""
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, upload_id=UPLOAD, at=BASE)])
    [item] = state(world).values()
    put(world, **({name: value for name, value in item.items() if name != without} | {"pk": f"ASSET#{ASSET}"} | more))


@pytest.mark.parametrize("missing", ["doc", "upload_id", "library", "request", "visibility", "owner_status"])
def test_an_asset_record_may_lack_what_is_only_shown_or_indexed(world: World, missing: str) -> None:
    put_asset(world, without=missing)
    shown = world.call("get_asset", id=ASSET).data
    assert (shown["id"], shown["status"], shown["visibility"]) == (ASSET, "ready", "private")
    assert world.call("list_assets").data == [shown]
    tell(world, [mux_events.asset_event("updated", asset_id=ASSET, upload_id=UPLOAD, at=BASE + 1)])
    assert missing in world.records()[f"ASSET#{ASSET}"]
    assert [asset["id"] for asset in world.call("list_assets", query="status=ready").data] == [ASSET]


def test_an_asset_record_may_lack_its_place_in_the_lists(world: World) -> None:
    put_asset(world, without="sort")
    assert world.call("get_asset", id=ASSET).data["id"] == ASSET
    tell(world, [mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 1)])
    assert [asset["id"] for asset in world.call("list_assets").data] == [ASSET]


def test_a_bare_asset_record_is_readable(world: World) -> None:
    put(world, f"ASSET#{ASSET}", seen=f"2|{BASE * 1_000_000:016d}|", status="ready", owner="ada")
    shown = world.call("get_asset", id=ASSET).data
    assert shown.items() >= {"id": ASSET, "status": "ready", "visibility": "private"}.items()
    assert not {"playback_ids", "tracks", "static_renditions", "title", "upload_id"} & shown.keys()


def test_what_the_next_release_writes_is_not_shown_and_not_lost(world: World) -> None:
    put_asset(world, **UNKNOWN)
    shown = world.call("get_asset", id=ASSET)
    assert "tomorrow" not in str(shown)
    assert "tomorrow" not in str(world.call("list_assets"))
    tell(
        world,
        [
            mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 1),
            mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 2),
            mux_events.asset_event("created", asset_id=ASSET, at=BASE),
        ],
    )
    runtime.assets().request_deletion(ASSET, owner="ada", now=NOW)
    [item] = state(world).values()
    assert {name: item[name] for name in UNKNOWN} == UNKNOWN
    assert outcome(world, mux_events.asset_event("deleted", asset_id=ASSET, at=BASE + 3)) == "applied"


def test_what_the_next_release_shows_of_an_asset_stays_hidden(world: World) -> None:
    """The answer is built field by field, also out of a text that another release wrote."""
    put_asset(world, doc='{"title":"Dawn","secret_of_tomorrow":"x","tracks":[]}')
    shown = world.call("get_asset", id=ASSET).data
    assert shown["title"] == "Dawn"
    assert "tomorrow" not in str(shown)


def test_a_later_version_by_another_release_stands(world: World) -> None:
    """Its rank may be one that we do not know; that it is greater is enough."""
    put_asset(world, seen=f"4|{BASE * 1_000_000:016d}|x")
    assert outcome(world, mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 1)) == "stale"
    assert world.call("get_asset", id=ASSET).status == 200


@pytest.mark.parametrize("missing", ["request", "ttl", "due", "error"])
def test_an_upload_record_may_lack_attributes(world: World, missing: str) -> None:
    tell(world, [mux_events.upload_event("created", upload_id=UPLOAD, at=BASE)])
    [item] = state(world).values()
    put(
        world,
        **({name: value for name, value in item.items() if name != missing} | {"pk": f"UPLOAD#{UPLOAD}"} | UNKNOWN),
    )
    shown = world.call("get_upload", id=UPLOAD)
    assert shown.data == {"id": UPLOAD, "status": "waiting"}
    tell(world, [mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE + 1)])
    [item] = state(world).values()
    assert {name: item[name] for name in UNKNOWN} == UNKNOWN
    assert world.call("get_upload", id=UPLOAD).data["asset_id"] == ASSET


def test_an_upload_record_without_a_version_takes_any(world: World) -> None:
    put(world, f"UPLOAD#{UPLOAD}", status="waiting", owner="ada")
    tell(world, [mux_events.upload_event("cancelled", upload_id=UPLOAD, at=BASE)])
    assert world.call("get_upload", id=UPLOAD).data["status"] == "cancelled"


def test_an_asset_record_without_a_version_takes_any(world: World) -> None:
    put(world, f"ASSET#{ASSET}", status="ready", owner="ada")
    tell(world, [mux_events.asset_event("created", asset_id=ASSET, at=BASE)])
    assert world.call("get_asset", id=ASSET).data["status"] == "preparing"
