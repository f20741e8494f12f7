"""Tracks and renditions have their own clocks; what callers see of them is the later of snapshot and own event."""

from typing import Any

import pytest

from tests import mux_events
from tests.laws.history import every_order, outcome, state, tell
from tests.mux_events import BASE
from tests.world import Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
ENDINGS = {"track": ("created", "ready", "errored", "deleted")} | {
    "rendition": ("created", "ready", "errored", "skipped", "deleted")
}
KINDS = {"track": "tracks", "rendition": "static_renditions"}
kinds = pytest.mark.parametrize("kind", ["track", "rendition"])


def part_event(kind: str, ending: str, *, id: str = "P", **fields: Any) -> Json:  # noqa: A002 - Mux's own word
    if kind == "track":
        return mux_events.track_event(ending, asset_id=ASSET, track_id=id, **fields)
    return mux_events.rendition_event(ending, asset_id=ASSET, rendition_id=id, **fields)


def snapshot(kind: str, parts: list[Json], *, at: float, **fields: Any) -> Json:
    value = parts if kind == "track" else {"status": "ready", "files": parts}
    held: dict[str, Any] = {"tracks": None, KINDS[kind]: value}
    return mux_events.asset_event("updated", asset_id=ASSET, at=at, **held, **fields)


def shown(world: World, kind: str) -> dict[str, str]:
    """The parts that callers see: id -> status."""
    parts = world.call("get_asset", id=ASSET).data.get(KINDS[kind], [])
    assert len({part["id"] for part in parts}) == len(parts)
    return {part["id"]: part.get("status", "") for part in parts}


@kinds
@pytest.mark.parametrize(
    ("in_snapshot", "ending", "at", "expected"),
    [
        pytest.param(None, "ready", 11, "ready", id="later and new"),
        pytest.param(None, "ready", 9, None, id="earlier, and the asset is without it now"),
        pytest.param(None, "ready", 10, "ready", id="new, in the same second"),
        pytest.param(None, "deleted", 11, None, id="deleted and never in a snapshot"),
        pytest.param("preparing", "ready", 11, "ready", id="later and further"),
        pytest.param("preparing", "ready", 10, "ready", id="further, in the same second"),
        pytest.param("preparing", "ready", 9, "preparing", id="further, but earlier"),
        pytest.param("ready", "created", 10, "ready", id="less far, in the same second"),
        pytest.param("ready", "created", 11, "preparing", id="less far, but later"),
        pytest.param("ready", "errored", 11, "errored", id="later, of the same rank"),
        pytest.param("ready", "errored", 9, "ready", id="earlier, of the same rank"),
        pytest.param("ready", "deleted", 11, None, id="deleted later"),
        pytest.param("ready", "deleted", 10, None, id="deleted in the same second"),
        pytest.param("ready", "deleted", 9, "ready", id="deleted earlier, so the snapshot is right"),
        pytest.param("", "errored", 10, "errored", id="no status in the snapshot, same second"),
        pytest.param("", "created", 10, "", id="no status in the snapshot counts as ready"),
    ],
)
def test_the_later_of_snapshot_and_own_event_is_shown(
    world: World, kind: str, in_snapshot: str | None, ending: str, at: int, expected: str | None
) -> None:
    status = {"status": in_snapshot} if in_snapshot else {}
    parts = [] if in_snapshot is None else [{"id": "P", "type": "standard", "name": "in the snapshot"} | status]
    every_order(world, [snapshot(kind, parts, at=BASE + 10), part_event(kind, ending, at=BASE + at)])
    assert shown(world, kind).get("P") == expected


@kinds
def test_the_other_parts_of_the_snapshot_stay(world: World, kind: str) -> None:
    parts = [{"id": id_, "type": "standard", "status": "ready"} for id_ in ("A", "B", "C")]
    tell(world, [snapshot(kind, parts, at=BASE)])
    tell(world, [part_event(kind, "deleted", id="B", at=BASE + 1), part_event(kind, "created", id="D", at=BASE + 1)])
    assert shown(world, kind) == {"A": "ready", "C": "ready", "D": "preparing"}


def test_a_track_and_a_rendition_may_have_the_same_id(world: World) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET, tracks=[])])
    tell(world, [part_event("track", "errored", at=BASE + 1), part_event("rendition", "skipped", at=BASE + 1)])
    assert (shown(world, "track"), shown(world, "rendition")) == ({"P": "errored"}, {"P": "skipped"})


@kinds
@pytest.mark.parametrize("status", ["preparing", "ready", "errored", "deleting"])
def test_no_part_moves_the_status_of_its_asset(world: World, kind: str, status: str) -> None:
    known = "ready" if status == "deleting" else status
    tell(world, [mux_events.asset_event("updated", status=known, asset_id=ASSET, at=BASE)])
    if status == "deleting":
        world.mux.set_faults({"api": {"error_rate": 1}})
        assert world.call("delete_asset", id=ASSET).status == 202
    before = world.records()[f"ASSET#{ASSET}"]
    for n, ending in enumerate(ENDINGS[kind]):
        assert outcome(world, part_event(kind, ending, at=BASE + n)) == "applied"
    asset = world.call("get_asset", id=ASSET).data
    assert asset["status"] == status
    after = world.records()[f"ASSET#{ASSET}"]
    assert {name: after[name] for name in before} == before
    assert [found["id"] for found in world.call("list_assets", query=f"status={status}").data] == [ASSET]


@kinds
def test_a_part_of_an_unknown_asset_is_kept_but_shows_no_asset(world: World, kind: str) -> None:
    assert outcome(world, part_event(kind, "ready", at=BASE + 1)) == "applied"
    assert world.call("get_asset", id=ASSET).status == 404
    assert world.call("get_asset", id=ASSET, owner="root", groups=["admin"]).status == 404
    assert world.call("delete_asset", id=ASSET).status == 404
    assert world.call("list_assets").data == []
    tell(world, [snapshot(kind, [], at=BASE)])
    assert shown(world, kind) == {"P": "ready"}


@kinds
def test_every_order_of_a_parts_own_events(world: World, kind: str) -> None:
    events = [
        part_event(kind, ending, at=BASE + n) for n, ending in enumerate(("created", "ready", "errored", "deleted"))
    ]
    every_order(world, events[:3])
    tell(world, [snapshot(kind, [], at=BASE - 1)])
    assert shown(world, kind) == {"P": "errored"}
    tell(world, events[3:])
    assert shown(world, kind) == {}
    assert [outcome(world, event) for event in events] == ["stale", "stale", "stale", "applied"]


@kinds
def test_a_parts_own_event_is_the_whole_part(world: World, kind: str) -> None:
    """An upsert: what an earlier event said and the later one does not is gone."""
    tell(world, [snapshot(kind, [], at=BASE)])
    tell(world, [part_event(kind, "created", at=BASE + 1, name="Deutsch", width=640, max_width=640)])
    tell(world, [part_event(kind, "ready", at=BASE + 2, name="English", width=None, max_width=None)])
    [part] = world.call("get_asset", id=ASSET).data[KINDS[kind]]
    assert part["name"] == "English"
    assert not {"width", "max_width", "asset_id"} & part.keys()


@kinds
def test_an_error_of_a_part_is_shown_in_the_shape_of_all_errors(world: World, kind: str) -> None:
    tell(world, [snapshot(kind, [], at=BASE)])
    error = {"type": "generation_failed", "messages": ["No speech."]}
    tell(world, [part_event(kind, "errored", at=BASE + 1, error=error)])
    [part] = world.call("get_asset", id=ASSET).data[KINDS[kind]]
    assert part["errors"] == error


@kinds
@pytest.mark.parametrize(
    "fields",
    [{"status": "deleting"}, {"status": ["ready"]}, {"id": "a b"}, {"id": None}, {"asset_id": ""}, {"asset_id": 7}],
    ids=str,
)
def test_a_part_that_cannot_be_placed_is_ignored(world: World, kind: str, fields: dict[str, Any]) -> None:
    event = part_event(kind, "ready")
    event["data"] |= fields
    assert outcome(world, event) == "ignored"
    assert state(world) == {}


def test_a_rendition_of_doubtful_size_has_none(world: World) -> None:
    tell(world, [snapshot("rendition", [], at=BASE)])
    for n, size in enumerate(["", "many", "1e9", "9" * 40, -1.5, None, "²"]):
        tell(world, [part_event("rendition", "ready", id=f"R{n}", at=BASE + 1, filesize=size)])
    files = world.call("get_asset", id=ASSET).data["static_renditions"]
    assert [file.get("filesize") for file in files] == [None, None, None, None, -1.5, None, None]


def test_the_plural_events_of_renditions_are_snapshots_of_the_asset(world: World) -> None:
    """`static_renditions.ready` belongs to Mux's older MP4 support and holds the asset, not a file."""
    event = snapshot("rendition", [{"id": "F", "name": "high.mp4", "ext": "mp4", "filesize": 7}], at=BASE)
    assert outcome(world, event | {"type": "video.asset.static_renditions.ready"}) == "applied"
    assert shown(world, "rendition") == {"F": ""}
