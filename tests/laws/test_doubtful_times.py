"""A time that is missing, unreadable or from the future orders nothing and keeps no later event out."""

from typing import Any

import pytest

from mux_lifecycle.times import rfc3339
from tests import mux_events
from tests.laws.history import NOW, every_order, outcome, tell
from tests.mux_events import BASE
from tests.world import Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"
MISSING = object()
DOUBTFUL: dict[str, object] = {
    "missing": MISSING,
    "null": None,
    "empty": "",
    "a word": "yesterday",
    "a number": BASE + 40,
    "a number as text": str(BASE + 40),
    "no zone": "2023-11-14T22:14:00.000000",
    "no such day": "2023-02-30T22:14:00.000000Z",
    "a list": [],
    "a map": {},
    "before 1970": "1969-12-31T23:59:59.000000Z",
    "endless": "2" * 5000,
    "301 seconds ahead": mux_events.stamp(NOW + 301),
    "a day ahead": mux_events.stamp(NOW + 86_400),
    "the end of time": "9999-12-31T23:59:59.999999Z",
    "past the end of time": "9999-12-31T23:59:59-23:59",
}

doubtful = pytest.mark.parametrize("created_at", DOUBTFUL.values(), ids=DOUBTFUL)


def stamped(event: Json, created_at: object) -> Json:
    rest = {name: value for name, value in event.items() if name != "created_at"}
    return rest if created_at is MISSING else rest | {"created_at": created_at}


@doubtful
def test_an_asset_event_of_doubtful_time_is_the_oldest_of_its_rank(world: World, created_at: object) -> None:
    strange = stamped(mux_events.asset_event("ready", asset_id=ASSET, meta={"title": "Strange"}), created_at)
    normal = mux_events.asset_event("updated", asset_id=ASSET, at=BASE, meta={"title": "Normal"})
    assert [outcome(world, event) for event in (strange, normal, strange)] == ["applied", "applied", "stale"]
    assert world.call("get_asset", id=ASSET).data["title"] == "Normal"


@doubtful
def test_but_not_older_than_a_lower_rank(world: World, created_at: object) -> None:
    tell(world, [mux_events.asset_event("created", asset_id=ASSET, at=NOW)])
    tell(world, [stamped(mux_events.asset_event("ready", asset_id=ASSET), created_at)])
    assert world.call("get_asset", id=ASSET).data["status"] == "ready"


@doubtful
def test_a_deletion_of_doubtful_time_still_deletes(world: World, created_at: object) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, at=NOW)])
    assert outcome(world, stamped(mux_events.asset_event("deleted", asset_id=ASSET), created_at)) == "applied"
    assert outcome(world, mux_events.asset_event("updated", asset_id=ASSET, at=NOW)) == "stale"
    assert world.call("get_asset", id=ASSET).status == 404


@doubtful
def test_an_upload_event_of_doubtful_time_is_the_oldest_of_its_rank(world: World, created_at: object) -> None:
    strange = stamped(mux_events.upload_event("cancelled", upload_id=UPLOAD), created_at)
    normal = mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE)
    assert [outcome(world, event) for event in (strange, normal, strange)] == ["applied", "applied", "stale"]
    assert world.call("get_upload", id=UPLOAD).data["status"] == "asset_created"


@doubtful
def test_a_waiting_upload_of_doubtful_time_is_looked_at_in_time(world: World, created_at: object) -> None:
    """Mux sends no event when an upload times out: only asking tells."""
    tell(world, [stamped(mux_events.upload_event("created", upload_id=UPLOAD), created_at)])
    record = world.records()[f"UPLOAD#{UPLOAD}"]
    assert record["due"] == "due"
    assert int(record["due_at"]) <= NOW + 3600 + 60


@doubtful
def test_a_track_event_of_doubtful_time_is_the_oldest_of_its_rank(world: World, created_at: object) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, at=BASE - 10, tracks=[])])
    strange = stamped(mux_events.track_event("ready", asset_id=ASSET, track_id="English", name="Strange"), created_at)
    normal = mux_events.track_event("ready", asset_id=ASSET, track_id="English", name="Normal", at=BASE)
    assert [outcome(world, event) for event in (strange, normal, strange)] == ["applied", "applied", "stale"]
    assert [track["name"] for track in world.call("get_asset", id=ASSET).data["tracks"]] == ["Normal"]


@doubtful
def test_an_asset_whose_creation_has_no_time_either_is_not_listed_in_the_future(
    world: World, created_at: object
) -> None:
    asset = mux_events.asset_event("ready", asset_id=ASSET)
    del asset["data"]["created_at"]
    assert outcome(world, stamped(asset, created_at)) == "applied"
    [shown] = world.call("list_assets").data
    assert max(shown["created_at"], shown["updated_at"]) <= rfc3339(NOW)


@pytest.mark.parametrize("seconds", [-1, 0, 299, 300])
def test_a_clock_that_is_up_to_five_minutes_ahead_is_trusted(world: World, seconds: int) -> None:
    """Mux's clock and ours may differ."""
    ahead = mux_events.asset_event("ready", asset_id=ASSET, at=NOW + seconds, meta={"title": "Later"})
    before = mux_events.asset_event("updated", asset_id=ASSET, at=NOW - 2, meta={"title": "Earlier"})
    tell(world, [ahead])
    assert outcome(world, before) == "stale"
    assert world.call("get_asset", id=ASSET).data["title"] == "Later"


@pytest.mark.parametrize(
    "created_at",
    ["2023-11-14T22:13:50Z", "2023-11-14T22:13:50.000Z", "2023-11-14T22:13:50+00:00", "2023-11-15T00:13:50+02:00"],
)
def test_one_instant_in_another_notation_is_the_same(world: World, created_at: str) -> None:
    at_50 = stamped(mux_events.asset_event("ready", asset_id=ASSET, meta={"title": "50"}), created_at)
    tell(world, [at_50])
    assert outcome(world, mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 29.999_999)) == "stale"
    assert outcome(world, mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 30.000_001)) == "applied"


@pytest.mark.parametrize("fields", [{}, {"at": None}, {"at": NOW + 9999}], ids=["normal", "missing", "future"])
def test_doubtful_events_converge_in_any_order(world: World, fields: dict[str, Any]) -> None:
    every_order(
        world,
        [
            mux_events.asset_event("created", asset_id=ASSET, at=None),
            mux_events.asset_event("ready", asset_id=ASSET, at=NOW + 9999, meta={"title": "A"}),
            mux_events.asset_event("updated", asset_id=ASSET, meta={"title": "B"}, **fields),
        ],
    )


def test_an_asset_whose_creation_has_no_time_ends_in_one_place_in_any_order(world: World) -> None:
    events = [
        mux_events.asset_event("created", asset_id=ASSET, at=BASE),
        mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 60),
    ]
    for event in events:
        del event["data"]["created_at"]
    every_order(world, events)
