"""What we see at Mux ourselves is versioned with the time our request was sent, and written only if it differs."""

import pytest

from mux_lifecycle import runtime
from mux_lifecycle.store import projection
from tests import mux_events
from tests.laws.history import NOW, outcome, state, tell
from tests.mux_events import BASE
from tests.world import STACK, Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"

created = mux_events.asset_event("created", asset_id=ASSET, at=BASE)
ready = mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 10)


def as_answer(event: Json, **fields: object) -> Json:
    """The object in `event` as Mux's API answers it: times are text there."""
    data: Json = event["data"] | fields
    return data | ({"created_at": str(data["created_at"])} if "created_at" in data else {})


def observe(answer: Json, *, sent_at: float) -> str:
    change = projection.observed_asset(answer, sent_at=sent_at, stack=STACK)
    assert change
    return runtime.projector().apply(change, now=NOW)


def observe_upload(answer: Json, *, sent_at: float) -> str:
    change = projection.observed_upload(answer, sent_at=sent_at, stack=STACK)
    assert change
    return runtime.projector().apply(change, now=NOW)


def title(world: World) -> str:
    return str(world.call("get_asset", id=ASSET).data["title"])


def test_what_we_see_first_makes_the_record(world: World) -> None:
    assert observe(as_answer(ready), sent_at=BASE + 20) == "applied"
    tell(world, [ready | {"created_at": mux_events.stamp(BASE + 30)}])
    assert world.call("get_asset", id=ASSET).data["status"] == "ready"


@pytest.mark.parametrize("sent_at", [BASE + 10.5, BASE + 11, NOW])
def test_what_is_on_record_already_is_not_written_again(world: World, sent_at: float) -> None:
    tell(world, [created, ready])
    before = state(world)
    observe(as_answer(ready), sent_at=sent_at)
    assert state(world) == before


def test_a_later_look_beats_an_earlier_event(world: World) -> None:
    tell(world, [ready])
    assert observe(as_answer(ready, meta={"title": "Dusk"}), sent_at=BASE + 20) == "applied"
    assert title(world) == "Dusk"
    assert outcome(world, mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 19)) == "stale"
    assert title(world) == "Dusk"


def test_a_later_event_beats_an_earlier_look(world: World) -> None:
    tell(world, [created])
    observe(as_answer(ready, meta={"title": "Dusk"}), sent_at=BASE + 20)
    updated = mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 21, meta={"title": "Night"})
    assert outcome(world, updated) == "applied"
    assert title(world) == "Night"
    assert observe(as_answer(ready, meta={"title": "Dusk"}), sent_at=BASE + 20) == "stale"
    assert title(world) == "Night"


def test_at_one_instant_the_event_wins(world: World) -> None:
    """Our request was sent before its answer was made, so the event may know more; in either order."""
    updated = mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 20, meta={"title": "Night"})
    tell(world, [updated])
    assert observe(as_answer(ready), sent_at=BASE + 20) == "stale"
    assert title(world) == "Night"
    world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": {"S": f"ASSET#{ASSET}"}})
    observe(as_answer(ready), sent_at=BASE + 20)
    tell(world, [updated])
    assert title(world) == "Night"


@pytest.mark.parametrize("sent_at", [BASE, BASE + 60, NOW])
def test_a_look_that_saw_less_does_not_move_the_status_back(world: World, sent_at: float) -> None:
    tell(world, [ready])
    assert observe(as_answer(created), sent_at=sent_at) == "stale"
    assert world.call("get_asset", id=ASSET).data["status"] == "ready"


def test_a_status_alone_is_a_difference(world: World) -> None:
    """An errored asset may look like a ready one in everything else that is shown."""
    bare = mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 10, tracks=None, errors=None)
    tell(world, [bare])
    assert observe(as_answer(bare, status="errored"), sent_at=BASE + 20) == "applied"
    assert world.call("get_asset", id=ASSET).data["status"] == "errored"
    assert [asset["id"] for asset in world.call("list_assets", query="status=errored").data] == [ASSET]


def test_a_look_fills_facts_also_when_nothing_else_differs(world: World) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, passthrough=None, at=BASE + 10)])
    assert world.call("get_asset", id=ASSET).status == 404
    observe(as_answer(ready, upload_id=UPLOAD), sent_at=BASE + 20)
    assert world.call("get_asset", id=ASSET).data["upload_id"] == UPLOAD


def test_a_look_at_another_tenants_tag_changes_no_owner(world: World) -> None:
    tell(world, [ready])
    observe(as_answer(ready, passthrough=mux_events.tag("bob"), meta={"title": "Dusk"}), sent_at=BASE + 20)
    assert title(world) == "Dusk"
    assert world.call("get_asset", owner="bob", id=ASSET).status == 404
    before = state(world)
    observe(as_answer(ready, passthrough=mux_events.tag("bob"), meta={"title": "Dusk"}), sent_at=BASE + 30)
    assert state(world) == before, "nothing differs, so nothing is written, whoever the tag names"


def test_an_asset_that_is_still_preparing_stays_due(world: World) -> None:
    observe(as_answer(created), sent_at=BASE + 20)
    record = world.records()[f"ASSET#{ASSET}"]
    assert (record["due"], int(record["due_at"])) == ("due", BASE + 1800)
    observe(as_answer(ready), sent_at=BASE + 30)
    assert not {"due", "due_at"} & world.records()[f"ASSET#{ASSET}"].keys()


def test_uploads_follow_the_same_clock(world: World) -> None:
    waiting = mux_events.upload_event("created", upload_id=UPLOAD, at=BASE)
    made = mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE + 30)
    tell(world, [waiting])
    assert observe_upload(waiting["data"] | {"status": "timed_out"}, sent_at=BASE + 20) == "applied"
    assert world.call("get_upload", id=UPLOAD).data["status"] == "timed_out"
    tell(world, [made])
    assert world.call("get_upload", id=UPLOAD).data["status"] == "asset_created"
    assert observe_upload(waiting["data"], sent_at=BASE + 40) == "stale"
    assert observe_upload({"id": UPLOAD, "status": "timed_out"}, sent_at=BASE + 29) == "stale"
    assert world.call("get_upload", id=UPLOAD).data["status"] == "asset_created"


def test_neither_answer_nor_event_leaves_the_url_of_an_upload(world: World) -> None:
    waiting = mux_events.upload_event("created", upload_id=UPLOAD, at=BASE)
    assert "url" in waiting["data"]
    tell(world, [waiting])
    observe_upload(waiting["data"], sent_at=BASE + 1)
    assert "http" not in str(state(world))
    assert "http" not in str(world.call("get_upload", id=UPLOAD).body)


def test_an_event_of_the_very_second_of_our_own_look_has_the_cleanup_look_again(world: World) -> None:
    """Mux stamps whole seconds: whether the event was before our look or after it, only another look can tell."""
    tell(world, [ready])
    observe(as_answer(ready, meta={"title": "Dusk"}), sent_at=BASE + 20.3)
    later = mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 20, meta={"title": "Night"})
    assert outcome(world, later) == "stale"
    assert title(world) == "Dusk"
    assert int(world.records()[f"ASSET#{ASSET}"]["due_at"]) == BASE + 20


@pytest.mark.parametrize(
    ("at", "shown"),
    [(BASE + 19, "Night"), (BASE + 20, "Dusk")],
    ids=["another second", "nothing else in it"],
)
def test_what_certainly_was_before_our_look_has_nobody_look(world: World, at: int, shown: str) -> None:
    tell(world, [ready])
    observe(as_answer(ready, meta={"title": "Dusk"}), sent_at=BASE + 20.3)
    assert outcome(world, mux_events.asset_event("updated", asset_id=ASSET, at=at, meta={"title": shown})) == "stale"
    assert "due_at" not in world.records()[f"ASSET#{ASSET}"]
