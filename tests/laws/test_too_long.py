"""An asset that breaks the limit it was made under is rejected, in whatever order and however often one hears of it."""

import json
from typing import Any

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from mux_lifecycle import runtime
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import projection
from tests import mux_events
from tests.laws.history import NOW, every_order, look, one_result, outcome, restore, state, tell
from tests.mux_events import BASE
from tests.world import STACK, Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"
LIMIT = 20
REASON = {"type": "too_long", "messages": ["The video is longer than 20 seconds, so it is removed."]}
LIMITED = Tag(STACK, "ada", "kR7dQ2wXn0VbLs5TzYpHfA", "public", LIMIT).encode()


def event(kind: str, at: float, **fields: Any) -> Json:
    """An event of the asset, whose video has 23.872 seconds."""
    fields = {"passthrough": LIMITED, "upload_id": UPLOAD} | fields
    public = [{"id": f"{ASSET}Play", "policy": "public"}]
    return mux_events.asset_event(kind, asset_id=ASSET, at=BASE + at, playback_ids=public, **fields)


created, ready, deleted = event("created", 0), event("ready", 10), event("deleted", 40)
renamed = event("updated", 20, meta={"title": "Dusk"})
part = mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 12)


def assert_rejected(world: World, title: str = "Harbour at dawn") -> None:
    shown = world.call("get_asset", id=ASSET).data
    assert (shown["status"], shown["errors"], shown["title"]) == ("errored", REASON, title)
    assert "playback_ids" not in shown
    assert "Play" not in json.dumps(world.records()[f"ASSET#{ASSET}"])
    assert [asset["id"] for asset in world.call("list_assets", query="status=errored").data] == [ASSET]
    assert world.call("list_assets", query="status=ready").data == []
    assert world.call("gallery", owner=None).data == []


def test_in_any_order_it_ends_as_errored_and_due(world: World) -> None:
    seen = one_result(world, [created, ready, renamed, part])
    assert_rejected(world, "Dusk")
    record = seen.records[f"ASSET#{ASSET}"]
    assert (record["due"], record["due_at"]) == ("due", str(BASE + 20))


@pytest.mark.parametrize("gone", [deleted, event("deleted", 5)], ids=["afterwards", "before it was ready"])
def test_a_deletion_that_its_owner_did_not_wish_does_not_hide_the_reason(world: World, gone: Json) -> None:
    one_result(world, [created, ready, renamed, gone])
    assert_rejected(world, "Dusk")
    tell(world, [gone])
    assert outcome(world, gone | {"id": "late"}) == "stale"


def test_any_subset_that_says_so_is_enough(world: World) -> None:
    events = [created, ready, renamed, deleted]
    for told, found in every_order(world, events).items():
        restore(world, found)
        if {1, 2} & told:
            assert_rejected(world, "Dusk" if 2 in told else "Harbour at dawn")
        else:
            assert world.call("get_asset", id=ASSET).status == (404 if not told or 3 in told else 200)


@pytest.mark.parametrize("first", [[created], [created, ready], []], ids=["preparing", "rejected", "ready, unheard"])
def test_what_its_owner_has_deleted_stays_deleted(world: World, first: list[Json]) -> None:
    tell(world, first or [event("ready", 10, duration=19.9)])
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.call("delete_asset", id=ASSET).status == 202
    reached = every_order(world, [ready, renamed, deleted], after=state(world))
    for told, found in reached.items():
        restore(world, found)
        shown = world.call("get_asset", id=ASSET)
        assert shown.status == 404 if 2 in told else shown.data["status"] == "deleting"


def test_nor_does_it_come_back_once_the_wish_was_carried_out(world: World) -> None:
    """Mux has never heard of it, so it is gone at once."""
    tell(world, [created])
    assert world.call("delete_asset", id=ASSET).status == 204
    every_order(world, [ready, renamed, deleted], after=state(world))
    assert world.call("get_asset", id=ASSET).status == 404
    assert world.call("list_assets", owner="root", groups=["admin"], query="scope=all").data == []


def test_what_is_heard_after_it_was_removed_changes_nothing_that_is_shown(world: World) -> None:
    tell(world, [created, ready])
    assert world.schedule()["removed"] == 1
    assert_rejected(world)
    assert "due" not in world.records()[f"ASSET#{ASSET}"]
    before = look(world, [created])
    every_order(world, [ready, created, deleted, part], after=state(world))
    assert "due" not in world.records()[f"ASSET#{ASSET}"]
    after = look(world, [created])
    assert [asset["errors"] for asset in after.listed] == [asset["errors"] for asset in before.listed]
    tell(world, [renamed])
    assert world.schedule()["removed"] == 1
    assert_rejected(world, "Dusk")


def test_what_is_seen_at_mux_says_the_same(world: World) -> None:
    for sent_at in (BASE + 5, NOW):
        change = projection.observed_asset(ready["data"], sent_at=sent_at, stack=STACK)
        assert change
        for _ in range(2):
            runtime.projector().apply(change, now=NOW)
            assert_rejected(world)
        restore(world, {})


def test_seeing_again_what_is_on_record_writes_nothing(world: World) -> None:
    tell(world, [ready])
    before = state(world)
    change = projection.observed_asset(ready["data"], sent_at=NOW, stack=STACK)
    assert change
    runtime.projector().apply(change, now=NOW)
    assert state(world) == before


@pytest.mark.parametrize(
    ("duration", "limit", "rejected"),
    [(20, 20, False), (20.001, 20, True), (21, 20, True), (19.9, 20, False), (99999, 0, False), (1, 99999, False)],
)
def test_only_a_longer_video_is_rejected(world: World, duration: float, limit: int, rejected: bool) -> None:
    tag = Tag(STACK, "ada", "kR7dQ2wXn0VbLs5TzYpHfA", max_duration=limit).encode()
    tell(world, [event("ready", 10, duration=duration, passthrough=tag)])
    assert world.call("get_asset", id=ASSET).data["status"] == ("errored" if rejected else "ready")


@pytest.mark.parametrize("duration", [None, "23.9", True, [], {"a": 1}, 10**400])
def test_a_length_that_is_none_rejects_nothing(world: World, duration: Any) -> None:
    tell(world, [event("ready", 10, duration=duration)])
    assert world.call("get_asset", id=ASSET).data["status"] == "ready"


@pytest.mark.parametrize(
    "tag", [None, "a note", LIMITED.replace(f"#{STACK}#", "#another#"), mux_events.tag()], ids=repr
)
def test_nothing_is_rejected_that_was_not_made_under_a_limit_here(world: World, tag: str | None) -> None:
    tell(world, [event("ready", 10, passthrough=tag)])
    record = world.records()[f"ASSET#{ASSET}"]
    assert (record["status"], "due" in record) == ("ready", False)


histories = st.lists(
    st.tuples(st.sampled_from(["created", "ready", "updated", "deleted"]), st.integers(0, 50)), min_size=1, max_size=6
)


@settings(max_examples=20)
@given(histories, st.randoms(use_true_random=False))
def test_whatever_comes_however_often_the_latest_word_of_the_highest_rank_stands(
    stack: World, history: list[tuple[str, int]], chance: Any
) -> None:
    events = [event(kind, at, meta={"title": f"Title {number}"}) for number, (kind, at) in enumerate(history)]
    told = events + chance.choices(events, k=3)
    chance.shuffle(told)
    with time_machine.travel(NOW, tick=False):
        restore(stack, {})
        tell(stack, told)
        shown = stack.call("get_asset", id=ASSET)
        finished = [one for one in events if one["type"] in ("video.asset.ready", "video.asset.updated")]
        if finished:
            last = max(finished, key=lambda one: (one["created_at"], one["id"]))
            assert_rejected(stack, last["data"]["meta"]["title"])
        elif any(one["type"] == "video.asset.deleted" for one in events):
            assert shown.status == 404
        else:
            assert shown.data["status"] == "preparing"
