"""A record stays below DynamoDB's limit whatever Mux tells: what cannot be stored would be repeated for a day."""

import json

import pytest

from mux_lifecycle.store import assets
from tests import mux_events
from tests.mux_events import BASE
from tests.world import Json, World

FILM = "F" * 128
WIDE = "ü" * 750
KINDS = {"track": "tracks", "rendition": "static_renditions"}


def part(kind: str, ending: str, number: int, second: int = 0) -> Json:
    """An event of a part with the longest id there is, and about as much text as is kept of a part."""
    part_id, at = f"{number:0128}", BASE + number + second
    if kind == "track":
        return mux_events.track_event(ending, asset_id=FILM, track_id=part_id, at=at, name=WIDE)
    return mux_events.rendition_event(ending, asset_id=FILM, rendition_id=part_id, at=at, name=WIDE)


def outcome(world: World, event: Json) -> str:
    answer = world.deliver(event)
    assert answer.status == 200, answer
    return str(answer.data["outcome"])


def shown(world: World, kind: str) -> list[int]:
    found = world.call("get_asset", id=FILM).data.get(KINDS[kind], [])
    return [int(entry["id"]) for entry in found]


def test_of_too_many_parts_the_last_are_ignored_and_the_record_lives_on(world: World) -> None:
    most = assets.MAX_PARTS
    errors = {"type": "t", "messages": ["ü" * 390] * 100}
    wide: Json = {"errors": errors, "tracks": None, "upload_id": "U" * 128}
    world.deliver(mux_events.asset_event("ready", asset_id=FILM, at=BASE - 5, **wide))
    assert {outcome(world, part("rendition", "ready", number)) for number in range(most)} == {"applied"}
    assert outcome(world, part("rendition", "ready", most)) == "ignored"
    assert outcome(world, part("track", "ready", most)) == "ignored"
    assert outcome(world, part("rendition", "deleted", 0, second=500)) == "applied"
    # What was deleted makes room.
    assert outcome(world, part("rendition", "ready", most + 1)) == "applied"
    assert shown(world, "rendition") == [*range(1, most), most + 1]
    assert outcome(world, mux_events.asset_event("updated", asset_id=FILM, at=BASE + 900, **wide)) == "applied"
    [record] = world.records().values()
    assert 280_000 < len(json.dumps(record, ensure_ascii=False).encode()) < 400_000
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.call("delete_asset", id=FILM).status == 202
    world.mux.set_faults({})


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_deleted_first_is_forgotten_first(world: World, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(assets, "MAX_PARTS", 4)
    world.deliver(mux_events.asset_event("ready", asset_id=FILM, at=BASE - 5, tracks=None))
    outcome(world, part(kind, "ready", 0))
    for number in range(1, 9):
        assert outcome(world, part(kind, "ready", number)) == "applied"
        assert outcome(world, part(kind, "deleted", number)) == "applied"
    assert shown(world, kind) == [0]
    [record] = world.records().values()
    kept = sorted(int(name.partition("#")[2]) for name in record if name.startswith(f"{kind}_v#"))
    assert kept == [0, 6, 7, 8]
    assert outcome(world, part(kind, "ready", 8)) == "stale"
