"""Answers hold what is known and allowed, and nothing else of a record."""

import json
from typing import Any

import pytest

from mux_lifecycle import views
from mux_lifecycle.store.table import Item

ID = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00"
AT = 1_700_000_000_000_000


def version(rank: int, seconds: int, event_id: str = "e") -> str:
    return f"{rank}|{AT + seconds * 1_000_000:016d}|{event_id}"


def record(document: dict[str, Any] | None = None, **more: str | int) -> Item:
    item: Item = {
        "pk": f"ASSET#{ID}",
        "seen": version(2, 60),
        "status": "ready",
        "sort": f"2023-11-14T22:13:20Z#{ID}",
        "owner": "ada",
    }
    return item | ({"doc": json.dumps(document)} if document is not None else {}) | more


def test_a_bare_record() -> None:
    assert views.asset(record()) == {
        "id": ID,
        "status": "ready",
        "created_at": "2023-11-14T22:13:20Z",
        "updated_at": "2023-11-14T22:14:20Z",
        "visibility": "private",
        "playable_by": "nobody",
    }


def test_everything_that_is_shown() -> None:
    plain = {
        "title": "Dawn",
        "duration": 1.5,
        "aspect_ratio": "16:9",
        "resolution_tier": "1080p",
        "video_quality": "basic",
        "master": {"status": "ready"},
        "errors": {"type": "x", "messages": []},
    }
    lists = {
        "tracks": [{"id": "T"}],
        "static_renditions": [{"id": "R"}],
        "playback_ids": [{"id": "P", "policy": "drm"}],
    }
    shown = views.asset(record(plain | lists, upload_id="U", visibility="private"))
    assert shown == views.asset(record()) | plain | lists | {"upload_id": "U", "playable_by": "token"}


@pytest.mark.parametrize("visibility", ["public", "private", ""])
@pytest.mark.parametrize(
    ("policies", "playable_by"),
    [
        ([], "nobody"),
        (["signed"], "token"),
        (["drm"], "token"),
        (["signed", "public"], "everyone"),
        (["public"], "everyone"),
    ],
)
def test_playback_ids_decide_playable_by_and_public_needs_a_public_one(
    policies: list[str], playable_by: str, visibility: str
) -> None:
    ids = [{"id": f"P{number}", "policy": policy} for number, policy in enumerate(policies)]
    shown = views.asset(record({"playback_ids": ids}, visibility=visibility))
    public = visibility == "public" and playable_by == "everyone"
    assert (shown["playable_by"], shown["visibility"]) == (playable_by, "public" if public else "private")


@pytest.mark.parametrize(
    "name",
    [
        "owner",
        "owner_status",
        "request",
        "library",
        "gallery",
        "due",
        "due_at",
        "ttl",
        "tomorrow",
        "doc",
        "seen",
        "sort",
        "pk",
    ],
)
def test_nothing_internal_is_shown(name: str) -> None:
    shown = views.asset(
        record({"tomorrow": "secret", "id": "other", "status": "other"}, due="due", due_at=7, request="r")
    )
    assert name not in shown
    assert (shown["id"], shown["status"]) == (ID, "ready")


def test_a_wish_to_delete_is_shown_as_deleting() -> None:
    assert views.asset(record(delete_requested_at=7))["status"] == "deleting"


def test_urls_come_with_public_playback_ids_only() -> None:
    ids = [{"id": "P", "policy": "public"}, {"id": "S", "policy": "signed"}, {"id": "D", "policy": "drm"}, {"id": "N"}]
    public, *others = views.asset(record({"playback_ids": ids}))["playback_ids"]
    assert public == ids[0] | {
        "urls": {
            "hls": "https://stream.mux.com/P.m3u8",
            "player": "https://player.mux.com/P",
            "thumbnail": "https://image.mux.com/P/thumbnail.jpg",
            "animated": "https://image.mux.com/P/animated.gif",
            "storyboard": "https://image.mux.com/P/storyboard.vtt",
        }
    }
    assert others == ids[1:]


def test_a_public_playback_id_without_an_id_has_no_urls() -> None:
    shown = views.asset(record({"playback_ids": [{"policy": "public"}]}))
    assert "urls" not in str(shown)


@pytest.mark.parametrize("name", ["track", "rendition"])
def test_the_time_of_the_last_update_counts_parts_too(name: str) -> None:
    later: dict[str, Any] = {f"{name}_v#P": version(2, 120), f"{name}#P": '{"id":"P"}'}
    assert views.asset(record(**later))["updated_at"] == "2023-11-14T22:15:20Z"
    earlier: dict[str, Any] = {f"{name}_v#P": version(3, 30)}
    assert views.asset(record(**earlier))["updated_at"] == "2023-11-14T22:14:20Z"


def test_an_update_of_unknown_time_is_not_before_the_creation() -> None:
    shown = views.asset(record(seen="2|0000000000000000|"))
    assert shown["updated_at"] == shown["created_at"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(("name", "shown_as"), [("track", "tracks"), ("rendition", "static_renditions")])
@pytest.mark.parametrize(
    ("in_snapshot", "own", "expected"),
    [
        (None, version(2, 60), "own"),
        (None, version(2, 59), None),
        (None, version(1, 61), "own"),
        ("preparing", version(2, 60), "own"),
        ("preparing", version(1, 60), "own"),
        ("ready", version(1, 60), "snapshot"),
        ("ready", version(2, 60), "own"),
        ("errored", version(1, 60), "snapshot"),
        ("skipped", version(1, 60), "snapshot"),
        ("ready", version(2, 59), "snapshot"),
        ("ready", version(1, 61), "own"),
        ("deleted", version(2, 60), "snapshot"),
        ("", version(1, 60), "snapshot"),
        ("", version(2, 60), "own"),
    ],
)
def test_the_later_of_snapshot_and_own_clock_is_shown(
    name: str, shown_as: str, in_snapshot: str | None, own: str, expected: str | None
) -> None:
    part = {"id": "P", "name": "snapshot"} | ({"status": in_snapshot} if in_snapshot else {})
    document = {} if in_snapshot is None else {shown_as: [part]}
    clocks = {f"{name}_v#P": own, f"{name}#P": '{"id":"P","name":"own"}'}
    found = views.asset(record(document, **clocks)).get(shown_as, [])
    assert [entry["name"] for entry in found] == ([expected] if expected else [])


def test_microseconds_do_not_decide_between_snapshot_and_own_clock() -> None:
    """Mux stamps whole seconds, our own looks are finer: within a second the further state is the later one."""
    seen = f"2|{AT + 900_000:016d}|"
    shown = views.asset(record({"tracks": []}, seen=seen, **{"track_v#P": version(2, 0), "track#P": '{"id":"P"}'}))
    assert shown["tracks"] == [{"id": "P"}]


def test_parts_of_one_kind_do_not_touch_the_other() -> None:
    shown = views.asset(record({"tracks": [{"id": "P"}]}, **{"rendition_v#P": version(3, 90)}))
    assert shown["tracks"] == [{"id": "P"}]
    assert "static_renditions" not in shown


def test_an_upload() -> None:
    item: Item = {"pk": "UPLOAD#U", "status": "waiting", "owner": "ada", "seen": version(0, 0), "due": "due"}
    assert views.upload(item, None) == {"id": "U", "status": "waiting"}
    linked = item | {"asset_id": ID, "error": '{"type":"x","messages":["m"]}'}
    shown = views.upload(linked, record())
    assert shown == {
        "id": "U",
        "status": "waiting",
        "asset_id": ID,
        "asset": views.asset(record()),
        "error": {"type": "x", "messages": ["m"]},
    }
    assert "asset" not in views.upload(linked, None)


def test_a_created_upload_shows_its_url_while_it_has_one() -> None:
    shown = views.created_upload("U", "waiting", 1_700_000_000, "https://direct-uploads.example")
    expected = {"id": "U", "status": "waiting", "expires_at": "2023-11-14T22:13:20Z"}
    assert shown == expected | {"url": "https://direct-uploads.example"}
    assert views.created_upload("U", "waiting", 1_700_000_000, "") == expected
