"""From what Mux says to what may be written: versions order, documents are canonical, nothing raises."""

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.projection import AssetChange, PartChange, UploadChange
from tests import mux_events
from tests.mux_events import BASE
from tests.world import STACK, Json

NOW = BASE + 86_400
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=9),
    st.sampled_from(["ready", "P", 10**400, math.nan]),
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def change(event: Json) -> Any:
    return projection.from_event(event, stack=STACK, now=NOW)


def document(**fields: Any) -> Json:
    found = change(mux_events.asset_event("ready", asset_id="A", **fields))
    assert isinstance(found, AssetChange)
    loaded: Json = json.loads(found.document)
    return loaded


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**16 - 1), st.text("0az", max_size=3)), min_size=2))
def test_versions_sort_by_rank_then_time_then_event(stamps: list[tuple[int, int, str]]) -> None:
    status = ["waiting", "preparing", "ready", "deleted"]
    versions = {stamp: keys.version(status[stamp[0]], stamp[1], stamp[2], now=10**10) for stamp in stamps}
    assert sorted(versions.values()) == [versions[stamp] for stamp in sorted(versions)]
    for (rank, micros, _), text in versions.items():
        assert (keys.version_rank(text), keys.version_micros(text)) == (rank, micros)


@pytest.mark.parametrize(
    ("status", "rank"),
    [("waiting", 0), ("preparing", 1), ("deleted", 3)]
    + [(status, 2) for status in ("ready", "errored", "skipped", "asset_created", "cancelled", "timed_out")],
)
def test_ranks(status: str, rank: int) -> None:
    assert keys.version(status, 7, "e", now=0) == f"{rank}|0000000000000007|e"


def test_a_time_from_the_future_or_none_is_the_oldest() -> None:
    limit = (NOW + 300) * 1_000_000
    assert keys.version_micros(keys.version("ready", limit, now=NOW)) == limit
    assert (
        keys.version("ready", limit + 1, "e", now=NOW)
        == keys.version("ready", None, "e", now=NOW)
        == "2|" + "0" * 16 + "|e"
    )


def test_record_names() -> None:
    assert (keys.asset("A"), keys.upload("U"), keys.checkpoint("c")) == ("ASSET#A", "UPLOAD#U", "CHECKPOINT#c")
    assert keys.owner_status("ada", "ready") == "ada#ready"
    assert keys.sorted_id(keys.sort(BASE, "A")) == "A"
    assert keys.sort(BASE, "A") < keys.sort(BASE, "B") < keys.sort(BASE + 1, "A")
    assert (
        len({keys.idempotency(owner, key) for owner, key in (("a", "b#c"), ("ab", "c"), ("a", "b"), ("b", "a"))}) == 4
    )


@pytest.mark.parametrize(
    ("event_id", "kept"), [("a.B-9_", "a.B-9_"), ("x" * 64, "x" * 64), ("x" * 65, ""), ("a|b", ""), ("", "")]
)
def test_an_event_id_that_could_upset_the_order_is_left_out(event_id: str, kept: str) -> None:
    event = mux_events.asset_event("ready", asset_id="A") | {"id": event_id}
    assert change(event).version == f"2|{BASE * 1_000_000:016d}|{kept}"


def test_an_event_and_an_answer_about_one_asset_end_in_one_document() -> None:
    """Times and sizes are numbers in events and text in answers."""
    renditions = {"status": "ready", "files": [{"id": "R", "name": "highest.mp4", "filesize": 14402816}]}
    event = mux_events.asset_event("ready", asset_id="A", static_renditions=renditions)
    answer = copy.deepcopy(event["data"])
    answer["created_at"] = str(answer["created_at"])
    answer["static_renditions"]["files"][0]["filesize"] = "14402816"
    observed = projection.observed_asset(dict(reversed(answer.items())), sent_at=BASE, stack=STACK)
    assert observed
    told = change(event)
    assert (observed.document, observed.created_at, observed.status) == (told.document, told.created_at, told.status)
    assert (observed.observed, told.observed) == (True, False)
    assert observed.version == f"2|{BASE * 1_000_000:016d}|"


def test_a_document_holds_what_is_shown_and_nothing_else() -> None:
    found = document(
        master={"status": "ready", "url": "https://mezzanine.example.com/key"},
        meta={"title": "Dawn", "creator_id": "c"},
        errors={"type": "t", "messages": ["m", 7], "url": "u"},
        playback_ids=[{"id": "P", "policy": "public", "drm_configuration_id": "d"}],
        tracks=[{"id": "T", "type": "audio", "status": "errored", "error": {"type": "t", "messages": ["m"]}, "x": 1}],
    )
    assert found == {
        "title": "Dawn",
        "duration": 23.872,
        "aspect_ratio": "16:9",
        "resolution_tier": "1080p",
        "video_quality": "basic",
        "master": {"status": "ready"},
        "errors": {"type": "t", "messages": ["m"]},
        "playback_ids": [{"id": "P", "policy": "public"}],
        "tracks": [{"id": "T", "type": "audio", "status": "errored", "errors": {"type": "t", "messages": ["m"]}}],
    }


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 10**15, -(10**15), 10**400, [], {}], ids=lambda v: str(v)[:9]
)
def test_what_cannot_be_stored_is_left_out(value: object) -> None:
    assert "duration" not in document(duration=value)


@pytest.mark.parametrize("value", [0, 0.0, -1, 10**15 - 1, 1.5, False, "1.5"])
def test_what_can_be_stored_is_kept(value: object) -> None:
    assert document(duration=value)["duration"] == value


def test_long_text_is_cut_and_broken_text_mended() -> None:
    assert document(meta={"title": "x" * 1025})["title"] == "x" * 1024
    assert document(meta={"title": "a\ud800b"})["title"] == "a?b"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"id": "P"},
        {"policy": "public"},
        {"id": "", "policy": "public"},
        {"id": "a/b", "policy": "public"},
        {"id": "x" * 129, "policy": "public"},
        {"id": 5, "policy": "public"},
        {"id": "P", "policy": "secret"},
        {"id": "P", "policy": None},
        {"id": "P", "policy": ["public"]},
        "P",
        None,
    ],
)
def test_a_playback_id_that_nobody_can_use_is_left_out(odd: object) -> None:
    """A public one decides whether anybody can watch the asset, and its id becomes part of URLs."""
    assert "playback_ids" not in document(playback_ids=[odd])
    usable = [{"id": f"P{policy}", "policy": policy} for policy in ("public", "signed", "drm")]
    assert document(playback_ids=[odd, *usable])["playback_ids"] == usable
    told = change(mux_events.asset_event("ready", asset_id="A", playback_ids=[odd]))
    assert not told.watchable


def test_lists_are_cut() -> None:
    assert len(document(tracks=[{"id": f"T{n}"} for n in range(101)])["tracks"]) == 100


def test_a_document_that_is_too_long_loses_its_parts_first() -> None:
    wide = [{"id": f"T{n}", "name": "ü" * 1024} for n in range(100)]
    found = document(tracks=wide, static_renditions=wide)
    assert not {"tracks", "static_renditions"} & found.keys()
    assert (found["title"], found["playback_ids"]) == ("Harbour at dawn", [{"id": "APlay", "policy": "signed"}])


@pytest.mark.parametrize("long", [{"name": "ü" * 1024}, {"error": {"type": "t", "messages": ["\0" * 1024] * 100}}])
def test_a_part_that_is_too_long_loses_only_what_makes_it_so(long: Json) -> None:
    found = change(mux_events.track_event("errored", asset_id="A", track_id="T" * 128, **long))
    assert isinstance(found, PartChange)
    assert len(found.document.encode()) <= 2000
    kept = json.loads(found.document)
    assert (kept["id"], kept["status"], kept["language_code"]) == ("T" * 128, "errored", "en")


def test_a_part_of_nothing_but_long_texts_still_says_what_it_is() -> None:
    event = mux_events.track_event("ready", asset_id="A", track_id="T" * 128)
    event["data"] |= dict.fromkeys(("type", "name", "language_code", "text_type", "text_source"), "\0" * 1024)
    found = change(event)
    assert isinstance(found, PartChange)
    kept = json.loads(found.document)
    assert (kept["id"], kept["status"]) == ("T" * 128, "ready")


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(60, 60), (604_800, 604_800), (0, 3600), (-1, 3600), (604_801, 3600), ("60", 3600), (None, 3600)],
)
def test_when_an_upload_expires(timeout: object, seconds: int) -> None:
    found = change(mux_events.upload_event("created", upload_id="U", timeout=timeout))
    assert (found.expires_at, found.at) == (BASE + seconds, BASE)
    assert change(mux_events.upload_event("cancelled", upload_id="U", timeout=timeout)).expires_at == 0


def test_an_error_of_an_upload_has_the_shape_of_all_errors() -> None:
    found = change(mux_events.upload_event("errored", upload_id="U", error={"type": "t", "message": "m"}))
    assert json.loads(found.error) == {"type": "t", "messages": ["m"]}
    assert change(mux_events.upload_event("errored", upload_id="U", error="text")).error == ""


@pytest.mark.parametrize("ending", ["created", "ready", "errored", "skipped", "deleted"])
def test_a_part_change(ending: str) -> None:
    found = change(mux_events.track_event(ending, asset_id="A", track_id="T", event_id="e"))
    rank = {"created": 1, "deleted": 3}.get(ending, 2)
    assert isinstance(found, PartChange)
    assert (found.asset_id, found.kind, found.part_id) == ("A", "track", "T")
    assert found.version == f"{rank}|{BASE * 1_000_000:016d}|e"
    assert (found.document == "") is (ending == "deleted")


def test_our_own_deletion() -> None:
    found = projection.observed_deletion("A", sent_at=BASE + 0.5)
    assert (found.asset_id, found.version) == ("A", f"3|{BASE * 1_000_000 + 500_000:016d}|")


@given(
    st.sampled_from(["ready", "deleted", "track.ready", "static_rendition.ready"]),
    st.dictionaries(st.text(max_size=8), anything, max_size=4),
    st.data(),
)
def test_no_data_does_anything_but_mean_something_or_not(kind: str, more: Json, data: st.DataObject) -> None:
    event = mux_events.asset_event("ready", asset_id="A", asset_id_="A") | {"type": f"video.asset.{kind}"}
    event["data"] |= {"asset_id": "A"} | more
    for name in data.draw(st.lists(st.sampled_from(sorted(event["data"])), max_size=4)):
        event["data"][name] = data.draw(anything)
    event["created_at"] = data.draw(st.one_of(anything, st.datetimes().map(lambda moment: moment.isoformat() + "Z")))
    found = change(event)
    if isinstance(found, AssetChange | PartChange) and found.document:
        assert isinstance(json.loads(found.document), dict)
        assert "NaN" not in found.document
        assert found.document.encode()
    assert change(event) == found


@given(st.dictionaries(st.text(max_size=8), anything, max_size=4), anything)
def test_no_upload_does_anything_but_mean_something_or_not(more: Json, settings: object) -> None:
    event = mux_events.upload_event("created", upload_id="U")
    event["data"] |= {"new_asset_settings": settings} | more
    assert change(event) is None or isinstance(change(event), UploadChange)
