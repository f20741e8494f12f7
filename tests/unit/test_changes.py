"""What each kind of event and answer asks to be written, down to the last field."""

import json
from copy import replace
from typing import Any

import pytest

from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import projection
from mux_lifecycle.store.projection import AssetChange, AssetDeletion, Change, PartChange, UploadChange
from tests import mux_events
from tests.mux_events import BASE
from tests.world import STACK, Json

NOW = BASE + 86_400.9
TAG = Tag(STACK, "ada", "kR7dQ2wXn0VbLs5TzYpHfA")
FOREIGN = Tag("another", "ada", "kR7dQ2wXn0VbLs5TzYpHfA").encode()
ODD_IDS = [None, "", 7, "a/b", "x" * 129]


def change(event: Json) -> Change | None:
    return projection.from_event(event, stack=STACK, now=NOW)


def asset_change(event: Json) -> AssetChange:
    found = change(event)
    assert isinstance(found, AssetChange)
    return found


def version(rank: int, seconds: float, event_id: str = "") -> str:
    return f"{rank}|{round(seconds * 1_000_000):016d}|{event_id}"


def asset_event(status: str = "ready", **fields: Any) -> Json:
    return mux_events.asset_event("updated", asset_id="A", status=status, event_id="e", at=BASE + 5, **fields)


@pytest.mark.parametrize(("status", "rank"), [("preparing", 1), ("ready", 2), ("errored", 2)])
def test_an_asset(status: str, rank: int) -> None:
    event = asset_event(status, upload_id="U", created_at=BASE - 100)
    told = asset_change(event)
    assert told == AssetChange("A", version(rank, BASE + 5, "e"), status, told.document, BASE - 100, "U", TAG)
    seen = projection.observed_asset(event["data"], sent_at=BASE + 6.5, stack=STACK)
    assert seen == replace(told, version=version(rank, BASE + 6.5), observed=True)


def test_an_asset_of_which_little_is_known() -> None:
    unknown = asset_change(asset_event(passthrough=None, created_at=None))
    assert (unknown.upload_id, unknown.tag, unknown.created_at) == ("", None, BASE + 5)
    for odd in ODD_IDS[1:]:
        assert asset_change(asset_event(upload_id=odd)).upload_id == ""
    for text in (FOREIGN, "vid_7f3c2a", 7):
        assert asset_change(asset_event(passthrough=text)).tag is None
    seen = projection.observed_asset(asset_event(passthrough=FOREIGN)["data"], sent_at=BASE, stack="another")
    assert seen
    assert seen.tag == replace(TAG, stack="another")


@pytest.mark.parametrize("at", [None, "yesterday", NOW + 1000, NOW + 10], ids=["none", "odd", "future", "soon"])
def test_what_has_no_time_of_its_own_is_new_and_never_from_the_future(at: Any) -> None:
    event = asset_event(created_at=None) | {"created_at": mux_events.stamp(at) if isinstance(at, float) else at}
    assert asset_change(event).created_at == int(NOW)


def nothing_asked(event: Json) -> bool:
    """Neither as an event nor as an answer."""
    data = event["data"]
    observed = [
        projection.observed_asset(data, sent_at=BASE, stack=STACK),
        projection.observed_upload(data, sent_at=BASE, stack=STACK),
    ]
    return change(event) is None and observed == [None, None]


@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: repr(odd)[:9])
def test_what_has_no_usable_id_asks_for_nothing(odd: object) -> None:
    assert nothing_asked(asset_event(id=odd))
    assert nothing_asked(mux_events.asset_event("deleted", asset_id="A", id=odd))
    assert nothing_asked(mux_events.upload_event("created", upload_id="U", id=odd))
    assert nothing_asked(mux_events.track_event("ready", asset_id="A", track_id="T", id=odd))
    orphan = mux_events.track_event("ready", asset_id="A", track_id="T")
    orphan["data"] |= {"asset_id": odd}
    assert change(orphan) is None
    assert projection.observed_part({"id": odd}, "track", "A", sent_at=BASE) is None


@pytest.mark.parametrize("asset_id", ["", "a/b"])
def test_a_part_of_no_asset_asks_for_nothing(asset_id: str) -> None:
    assert projection.observed_part({"id": "T"}, "track", asset_id, sent_at=BASE) is None


@pytest.mark.parametrize("status", ["", "READY", "unknown", None, 7, ["ready"]], ids=repr)
def test_what_has_no_known_status_asks_for_nothing(status: object) -> None:
    for event in (
        asset_event(),
        mux_events.upload_event("created", upload_id="U"),
        mux_events.track_event("ready", asset_id="A", track_id="T"),
    ):
        event["data"]["status"] = status
        assert nothing_asked(event)
        assert projection.observed_part(event["data"], "track", "A", sent_at=BASE) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"type": None},
        {"type": 7},
        {"type": "video.asset.updated", "data": None},
        {"type": "video.asset.updated", "data": ["A"]},
        *(
            {"type": name}
            for name in (
                *("", "video", "video.asset", "video.asset.", "video.asset.unknown", "asset.updated", "video.updated"),
                *("video.asset.updated.", "video.asset.track", "video.asset.track.", "video.asset.track.updated"),
                *("video.asset.static_rendition.", "video.asset.static_renditions.created", "video.upload.timed_out"),
                *("video.live_stream.created", "VIDEO.ASSET.UPDATED", "video.asset.warning", "track.ready", "deleted"),
            )
        ),
    ],
    ids=lambda fields: str(fields["type"]),
)
def test_an_event_of_any_other_kind_asks_for_nothing(fields: Json) -> None:
    event = asset_event()
    event["data"]["asset_id"] = "A"
    assert change(event | fields) is None


SNAPSHOTS = [
    *("created", "ready", "errored", "updated", "non_standard_input_detected", "live_stream_completed"),
    *("master.preparing", "master.ready", "master.errored", "master.deleted"),
    *("static_renditions.preparing", "static_renditions.ready"),
    *("static_renditions.errored", "static_renditions.deleted"),
]


@pytest.mark.parametrize("kind", SNAPSHOTS)
def test_every_event_with_a_whole_asset_counts_for_what_the_asset_says(kind: str) -> None:
    told = asset_change(mux_events.asset_event(kind, asset_id="A", status="ready", event_id="e"))
    assert (told.version, told.status) == (version(2, BASE, "e"), "ready")


LIMITED = replace(TAG, max_duration=10)
REJECTED = {
    "title": "Harbour at dawn",
    "duration": 10.5,
    "aspect_ratio": "16:9",
    "resolution_tier": "1080p",
    "video_quality": "basic",
    "errors": {"type": "too_long", "messages": ["The video is longer than 10 seconds, so it is removed."]},
}


def long_video(status: str = "ready", **fields: Any) -> Json:
    content = {
        "playback_ids": [{"id": "P", "policy": "public"}],
        "static_renditions": {"files": [{"id": "R", "name": "highest.mp4"}]},
        "master": {"status": "ready"},
        "duration": 10.5,
        "passthrough": LIMITED.encode(),
    }
    return asset_event(status, **content | fields)


def test_a_video_that_is_longer_than_its_limit_is_rejected_and_nothing_of_it_is_left_to_see() -> None:
    told = asset_change(long_video())
    assert told == AssetChange("A", version(4, BASE + 5, "e"), "errored", told.document, BASE, "", LIMITED)
    assert json.loads(told.document) == REJECTED
    assert told.rejected
    assert not told.watchable
    seen = projection.observed_asset(long_video()["data"], sent_at=BASE + 6, stack=STACK)
    assert seen == replace(told, version=version(4, BASE + 6), observed=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"duration": 10},
        {"duration": 10.0},
        {"duration": "11"},
        {"duration": None},
        {"passthrough": TAG.encode()},
        {"passthrough": FOREIGN + "#10"},
        {"passthrough": None},
        {"status": "preparing"},
    ],
    ids=repr,
)
def test_any_other_video_is_shown_as_it_is(fields: Json) -> None:
    told = asset_change(long_video(**fields))
    assert told.status == fields.get("status", "ready")
    assert json.loads(told.document)["playback_ids"] == [{"id": "P", "policy": "public"}]
    assert not told.rejected
    assert told.watchable


def test_the_end_of_an_asset() -> None:
    told = change(mux_events.asset_event("deleted", asset_id="A", event_id="e"))
    assert told == AssetDeletion("A", version(3, BASE, "e"))
    assert told.as_wished() == AssetDeletion("A", version(5, BASE, "e"), wished=True)


@pytest.mark.parametrize(
    ("status", "rank", "expires_at"),
    [("waiting", 0, BASE + 5 + 60)] + [(status, 2, 0) for status in ("asset_created", "errored", "cancelled")],
)
def test_an_upload(status: str, rank: int, expires_at: int) -> None:
    name = {"waiting": "created"}.get(status, status)
    event = mux_events.upload_event(name, upload_id="U", asset_id="A", timeout=60, at=BASE + 5, event_id="e")
    told = change(event)
    assert told == UploadChange("U", version(rank, BASE + 5, "e"), status, "A", "", BASE + 5, expires_at, TAG)
    seen = projection.observed_upload(event["data"], sent_at=BASE + 5.5, stack=STACK)
    assert seen == replace(told, version=version(rank, BASE + 5.5), observed=True)


def test_an_upload_of_which_little_is_known() -> None:
    bare = UploadChange("U", version(0, BASE, "e"), "waiting", "", "", BASE, BASE + 1, None)
    for settings in ({}, {"passthrough": FOREIGN}, {"passthrough": 7}, None, "text"):
        event = mux_events.upload_event("created", upload_id="U", timeout=1, event_id="e")
        event["data"]["new_asset_settings"] = settings
        assert change(event) == bare
    for odd in ODD_IDS:
        event["data"]["asset_id"] = odd
        assert change(event) == bare
    timed_out = projection.observed_upload({"id": "U", "status": "timed_out"}, sent_at=BASE, stack=STACK)
    assert timed_out == UploadChange("U", version(2, BASE), "timed_out", "", "", BASE, 0, None, observed=True)


@pytest.mark.parametrize("form", [lambda files: {"status": "ready", "files": files}, list], ids=["event", "answer"])
def test_the_renditions_of_an_asset_come_in_two_forms(form: Any) -> None:
    files = [{"id": "R", "name": "highest.mp4", "filesize": "7"}, {"id": "S", "ext": "m4a"}]
    told = asset_change(asset_event(static_renditions=form(files)))
    assert json.loads(told.document)["static_renditions"] == [files[0] | {"filesize": 7}, files[1]]


@pytest.mark.parametrize("odd", [None, 7, "text", {}, {"files": None}, {"files": {"id": "R"}}, ["R"]], ids=repr)
def test_what_is_not_known_of_an_asset_is_left_out(odd: object) -> None:
    names = ("meta", "playback_ids", "tracks", "static_renditions", "master", "errors")
    told = asset_change(asset_event() | {"data": {"id": "A", "status": "ready"} | dict.fromkeys(names, odd)})
    assert json.loads(told.document) == ({"errors": {"messages": []}} if isinstance(odd, dict) else {})


def test_a_title_may_be_empty() -> None:
    told = asset_change(asset_event(meta={"title": ""}))
    assert "title" not in json.loads(told.document)


def test_a_document_is_the_same_text_whatever_the_order_it_came_in() -> None:
    text = '{"id":"T","name":"Überfahrt 🚢","type":"text"}'
    data = json.loads(text)
    for told in (data, dict(reversed(data.items()))):
        change = projection.observed_part(told, "track", "A", sent_at=BASE)
        assert change
        assert change.document == text


RENDITION = {"id": "R", "type": "standard", "status": "ready", "name": "highest.mp4", "ext": "mp4"}


def test_a_part_as_an_event_and_as_an_answer() -> None:
    event = mux_events.rendition_event("ready", asset_id="A", rendition_id="R", event_id="e")
    told = change(event)
    assert isinstance(told, PartChange)
    assert told == PartChange("A", "rendition", "R", version(2, BASE, "e"), told.document)
    shown = projection.part_document(event["data"], "rendition")
    assert json.loads(told.document) == shown
    assert (shown["name"], shown["filesize"]) == ("highest.mp4", 14_402_816)
    data = {name: value for name, value in event["data"].items() if name != "asset_id"}
    seen = projection.observed_part(data, "rendition", "A", sent_at=BASE + 0.5)
    assert seen == replace(told, version=version(2, BASE + 0.5))
    track = mux_events.track_event("ready", asset_id="A", track_id="T")["data"]
    assert projection.part_document(track, "track")["language_code"] == "en"


def test_a_part_of_2000_bytes_is_kept_whole() -> None:
    data = {"id": "T", "name": "n" * 1024, "status": "ready", "text_source": ""}
    rest = 2000 - len(json.dumps(data, separators=(",", ":")))
    for length, shown in ((rest, {*data}), (rest + 1, {"id", "status", "text_source"})):
        found = projection.observed_part(data | {"text_source": "s" * length}, "track", "A", sent_at=BASE)
        assert found
        assert json.loads(found.document).keys() == shown


def test_only_an_answer_may_leave_the_status_of_a_part_out() -> None:
    """Mux says none of the video track, which is there as soon as the asset is ready."""
    event = mux_events.track_event("ready", asset_id="A", track_id="T")
    del event["data"]["status"]
    assert change(event) is None
    seen = projection.observed_part(event["data"], "track", "A", sent_at=BASE)
    assert seen
    assert (seen.version, "status" in json.loads(seen.document)) == (version(2, BASE), False)
    preparing = projection.observed_part({"id": "T", "status": "preparing"}, "track", "A", sent_at=BASE)
    assert preparing == PartChange("A", "track", "T", version(1, BASE), '{"id":"T","status":"preparing"}')


def test_the_end_of_a_part() -> None:
    for event in (
        mux_events.track_event("deleted", asset_id="A", track_id="T", event_id="e"),
        mux_events.track_event("deleted", asset_id="A", track_id="T", event_id="e", status="unknown"),
    ):
        assert change(event) == PartChange("A", "track", "T", version(3, BASE, "e"), "")
    gone = projection.observed_part_deletion("rendition", "A", "R", sent_at=BASE + 0.25)
    assert gone == PartChange("A", "rendition", "R", version(3, BASE + 0.25), "")


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (14_402_816, {"filesize": 14_402_816}),
        ("14402816", {"filesize": 14_402_816}),
        ("0", {"filesize": 0}),
        ("9" * 15, {"filesize": 10**15 - 1}),
        *((odd, {}) for odd in ("9" * 16, "", "12a", "-1", "1.5", " 7", "٣", "²", None, [7])),
    ],
    ids=repr,
)
def test_the_size_of_a_file_is_a_number_whatever_mux_makes_of_it(size: object, shown: Json) -> None:
    assert projection.part_document(RENDITION | {"filesize": size}, "rendition") == RENDITION | shown


@pytest.mark.parametrize("kind", ["track", "rendition"])
def test_a_part_shows_its_errors(kind: Any) -> None:
    part = {"id": "R", "status": "errored"}
    for error in ({"type": "t", "messages": ["m", 7]}, {"type": "t", "messages": ["m"], "url": "u"}):
        shown = projection.part_document(part | {"error": error}, kind)
        assert shown == part | {"errors": {"type": "t", "messages": ["m"]}}
    assert projection.part_document(part | {"error": {"type": "t"}}, kind)["errors"] == {"type": "t", "messages": []}
    for odd in (None, "text", ["m"]):
        assert projection.part_document(part | {"error": odd}, kind) == part


@pytest.mark.parametrize(
    ("entries", "watchable"),
    [
        (["public"], True),
        (["signed", "public"], True),
        (["public", "drm"], True),
        (["signed", "drm"], False),
        (["PUBLIC"], False),
        ([], False),
    ],
)
def test_whether_anybody_can_watch(entries: list[str], watchable: bool) -> None:
    document = json.dumps({"title": "public", "playback_ids": [{"id": "P", "policy": policy} for policy in entries]})
    assert projection.is_watchable(document) is watchable


@pytest.mark.parametrize(
    "document", ["", "{}", "[]", "null", "7", "{", "public", '{"playback_ids":7}', '{"playback_ids":["public"]}']
)
def test_nobody_can_watch_what_cannot_be_read(document: str) -> None:
    assert projection.is_watchable(document) is False
