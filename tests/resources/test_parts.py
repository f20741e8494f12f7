"""Tracks, subtitles and static renditions: exactly what Mux is asked, and how they finish after the asset."""

from collections.abc import Callable

import pytest

from tests.handlers.front import Front
from tests.resources.site import CAPTIONS, Site
from tests.world import Json

SUBTITLES = "tracks:POST generate-subtitles"
BROKEN_CAPTIONS = "https://storage.example.invalid/captions.vtt"
TEXT: Json = {"url": CAPTIONS, "type": "text", "language_code": "de"}

type Part = dict[str, object]


def parts(site: Site, asset_id: str, name: str) -> dict[str, Part]:
    """The tracks or static renditions of an asset, by id."""
    return {part["id"]: part for part in site.show(asset_id).get(name, [])}


def retell(site: Site, order: Callable[[list[bytes]], list[bytes]]) -> None:
    """All events so far arrive again, in another order."""
    for body in order([delivery["body"].encode() for delivery in site.world.mux.deliveries()]):
        site.world.deliver(None, body=body)


ORDERS = [lambda events: events, lambda events: events[::-1], lambda events: events[1::2] + events[::2]]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (TEXT, TEXT | {"text_type": "subtitles"}),
        (TEXT | {"text_type": "subtitles"}, TEXT | {"text_type": "subtitles"}),
        (TEXT | {"closed_captions": True}, TEXT | {"text_type": "subtitles", "closed_captions": True}),
        (TEXT | {"closed_captions": False}, TEXT | {"text_type": "subtitles", "closed_captions": False}),
        (TEXT | {"name": "Deutsch 🇩🇪"}, TEXT | {"text_type": "subtitles", "name": "Deutsch 🇩🇪"}),
        (TEXT | {"language_code": "zh-Hant-TW"}, TEXT | {"text_type": "subtitles", "language_code": "zh-Hant-TW"}),
        (TEXT | {"type": "audio"}, TEXT | {"type": "audio"}),
        (TEXT | {"type": "audio", "name": "Kommentar"}, TEXT | {"type": "audio", "name": "Kommentar"}),
    ],
)
def test_a_new_track_is_asked_for_exactly_so_and_seen_at_once(site: Site, body: Json, sent: Json) -> None:
    asset_id = site.ready_film()
    site.webhooks.held = True
    made = site.call("tracks:POST", id=asset_id, json_body=body).data
    assert site.sent("POST", f"/assets/{asset_id}/tracks") == [sent]
    assert (made["type"], made["status"], made["language_code"]) == (body["type"], "preparing", body["language_code"])
    assert parts(site, asset_id, "tracks")[made["id"]] == made
    assert site.show(asset_id)["status"] == "ready"
    site.webhooks.held = False
    site.finish()
    assert parts(site, asset_id, "tracks")[made["id"]] | {"status": "preparing"} | made == (
        parts(site, asset_id, "tracks")[made["id"]] | {"status": "preparing"}
    )
    assert parts(site, asset_id, "tracks")[made["id"]]["status"] == "ready"


@pytest.mark.parametrize("order", ORDERS, ids=["as sent", "backwards", "mixed"])
def test_a_track_that_cannot_be_read_says_why_and_the_asset_stays_ready(
    site: Site, order: Callable[[list[bytes]], list[bytes]]
) -> None:
    asset_id = site.ready_film()
    made = site.call("tracks:POST", id=asset_id, json_body=TEXT | {"url": BROKEN_CAPTIONS}).data
    site.finish()
    retell(site, order)
    found = parts(site, asset_id, "tracks")[made["id"]]
    assert (found["status"], site.show(asset_id)["status"]) == ("errored", "ready")
    assert found["errors"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Français"},
        {"language_code": "fr-CA"},
        {"closed_captions": True},
        {"closed_captions": False},
        {"name": "Tout", "language_code": "fr-CA", "closed_captions": False},
    ],
)
def test_a_track_is_changed_exactly_so_and_no_late_event_undoes_it(site: Site, body: Json) -> None:
    """Mux sends no event for such a change."""
    asset_id = site.ready_film()
    track = TEXT | {"language_code": "fr", "closed_captions": not body.get("closed_captions", False)}
    tid = site.call("tracks:POST", id=asset_id, json_body=track).data["id"]
    site.finish()
    site.world.advance(2)
    before = parts(site, asset_id, "tracks")[tid]
    answer = site.call("tracks:PATCH", id=asset_id, tid=tid, json_body=body)
    assert (answer.status, answer.data) == (200, before | body)
    assert site.sent("PATCH", f"/assets/{asset_id}/tracks/{tid}") == [body]
    assert parts(site, asset_id, "tracks")[tid] == before | body
    retell(site, ORDERS[1])
    assert parts(site, asset_id, "tracks")[tid] == before | body


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_track_that_came_with_the_file_is_changed_too(site: Site, kind: str) -> None:
    """Mux says no status of the video track, and sends no event for such a change."""
    asset_id = site.ready_film()
    before = site.track(asset_id, kind)
    body = {"name": "Director's cut", "language_code": "de"}
    changed = site.call("tracks:PATCH", id=asset_id, tid=before["id"], json_body=body).data
    assert changed == before | body
    assert site.track(asset_id, kind) == changed
    retell(site, ORDERS[1])
    assert site.track(asset_id, kind) == changed


def test_a_change_of_a_preparing_track_is_still_there_when_it_is_ready(site: Site) -> None:
    asset_id = site.ready_film()
    tid = site.part("tid", asset_id)["tid"]
    assert site.call("tracks:PATCH", id=asset_id, tid=tid, json_body={"name": "Autre"}).data["status"] == "preparing"
    site.finish()
    found = parts(site, asset_id, "tracks")[tid]
    assert (found["name"], found["status"]) == ("Autre", "ready")


@pytest.mark.parametrize("order", ORDERS, ids=["as sent", "backwards", "mixed"])
@pytest.mark.parametrize("finished", [True, False], ids=["ready", "preparing"])
@pytest.mark.parametrize(
    ("function", "kind", "name"),
    [("tracks:DELETE", "tid", "tracks"), ("static_renditions:DELETE", "rid", "static_renditions")],
)
def test_a_removed_part_is_gone_at_once_and_for_good(
    site: Site, function: str, kind: str, name: str, finished: bool, order: Callable[[list[bytes]], list[bytes]]
) -> None:
    asset_id = site.ready_film()
    ids = site.part(kind, asset_id)
    if finished:
        site.finish()
    site.webhooks.held = True
    assert site.call(function, id=asset_id, **ids).status == 204
    assert ids[kind] not in parts(site, asset_id, name)
    assert site.call(function, id=asset_id, **ids).status == 404
    site.webhooks.held = False
    site.finish()
    retell(site, order)
    assert ids[kind] not in parts(site, asset_id, name)
    assert site.show(asset_id)["status"] == "ready"


def test_generated_subtitles_are_asked_for_exactly_so_and_finish_after_the_asset_is_ready(site: Site) -> None:
    asset_id = site.ready_film()
    audio = site.track(asset_id, "audio")["id"]
    wanted = [{"language_code": "en"}, {"language_code": "auto", "name": "Spoken"}]
    made = site.call(SUBTITLES, id=asset_id, tid=audio, json_body={"generated_subtitles": wanted}).data
    sent = [{"language_code": "en", "name": "English"}, {"language_code": "auto", "name": "Spoken"}]
    path = f"/assets/{asset_id}/tracks/{audio}/generate-subtitles"
    assert site.sent("POST", path) == [{"generated_subtitles": sent}]
    assert [(track["status"], track["name"]) for track in made] == [("preparing", "English"), ("preparing", "Spoken")]
    shown = parts(site, asset_id, "tracks")
    assert [shown[track["id"]] for track in made] == made
    site.finish()
    shown = parts(site, asset_id, "tracks")
    assert [shown[track["id"]]["status"] for track in made] == ["ready", "ready"]


@pytest.mark.parametrize("order", ORDERS, ids=["as sent", "backwards", "mixed"])
def test_captions_asked_for_at_creation_finish_after_the_asset_in_any_order_of_events(
    site: Site, order: Callable[[list[bytes]], list[bytes]]
) -> None:
    asset_id = site.ready_film(captions="en")
    assert site.track(asset_id, "text")["status"] == "preparing"
    site.finish()
    retell(site, order)
    assert (site.track(asset_id, "text")["status"], site.show(asset_id)["status"]) == ("ready", "ready")


@pytest.mark.parametrize(
    ("resolution", "ends"),
    [
        ("highest", "ready"),
        ("audio-only", "ready"),
        ("720p", "ready"),
        ("1080p", "ready"),
        ("2160p", "skipped"),
        ("1440p", "skipped"),
    ],
)
@pytest.mark.parametrize("order", ORDERS[1:], ids=["backwards", "mixed"])
def test_a_static_rendition_is_seen_at_once_and_finishes_in_any_order_of_events(
    site: Site, resolution: str, ends: str, order: Callable[[list[bytes]], list[bytes]]
) -> None:
    asset_id = site.ready_film()
    made = site.call("static_renditions:POST", id=asset_id, json_body={"resolution": resolution}).data
    assert site.sent("POST", f"/assets/{asset_id}/static-renditions") == [{"resolution": resolution}]
    assert (made["resolution"], made["status"]) == (resolution, "preparing")
    assert parts(site, asset_id, "static_renditions") == {made["id"]: made}
    site.finish()
    retell(site, order)
    found = parts(site, asset_id, "static_renditions")[made["id"]]
    assert found["status"] == ends
    assert isinstance(found.get("filesize", 0), int)
    assert site.show(asset_id)["status"] == "ready"


def test_several_parts_finish_side_by_side(site: Site) -> None:
    asset_id = site.ready_film()
    for resolution in ("1080p", "720p", "audio-only"):
        assert site.call("static_renditions:POST", id=asset_id, json_body={"resolution": resolution}).status == 201
    for language in ("de", "fr", "it"):
        assert site.call("tracks:POST", id=asset_id, json_body=TEXT | {"language_code": language}).status == 201
    assert len(parts(site, asset_id, "tracks")) == 5
    site.finish()
    assert [part["status"] for part in parts(site, asset_id, "static_renditions").values()] == ["ready"] * 3
    statuses = [part.get("status") for part in parts(site, asset_id, "tracks").values() if part["type"] == "text"]
    assert statuses == ["ready"] * 3


@pytest.mark.parametrize(
    ("support", "files"),
    [
        ("standard", ["high.mp4", "low.mp4", "medium.mp4"]),
        ("capped-1080p", ["capped-1080p.mp4"]),
        ("audio-only", ["audio.m4a"]),
        ("audio-only,capped-1080p", ["audio.m4a", "capped-1080p.mp4"]),
    ],
)
def test_mp4_support_ends_in_files_and_none_takes_them_away(site: Site, support: str, files: list[str]) -> None:
    asset_id = site.ready_film()
    site.webhooks.held = True
    answer = site.call("static_renditions:PUT", id=asset_id, json_body={"mp4_support": support})
    assert (answer.status, answer.data) == (200, site.show(asset_id))
    site.webhooks.held = False
    site.webhooks.settle()
    site.finish()
    assert sorted(file["name"] for file in site.show(asset_id)["static_renditions"]) == files
    site.call("static_renditions:PUT", id=asset_id, json_body={"mp4_support": "none"})
    site.webhooks.settle()
    assert "static_renditions" not in site.show(asset_id)
    assert site.sent("PUT", f"/assets/{asset_id}/mp4-support") == [{"mp4_support": support}, {"mp4_support": "none"}]


@pytest.mark.parametrize(
    ("function", "name", "body"),
    [("tracks:POST", "tracks", TEXT), ("static_renditions:POST", "static_renditions", {"resolution": "highest"})],
)
def test_a_part_whose_answer_was_lost_is_shown_by_its_event_and_asked_for_once(
    site: Site, front: Front, function: str, name: str, body: Json
) -> None:
    asset_id = site.ready_film()
    before = parts(site, asset_id, name)
    path = f"/video/v1/assets/{asset_id}/{name.replace('_', '-')}"
    front.lose_answer("POST", path)
    answer = site.call(function, id=asset_id, json_body=body)
    assert (answer.status, answer.body["error"]["type"]) == (503, "outcome_unknown")
    assert front.count("POST", path) == 1
    site.tell()
    [new] = parts(site, asset_id, name).keys() - before.keys()
    front.behave()
    assert site.call(function, id=asset_id, json_body=body).status == 409
    site.finish()
    assert parts(site, asset_id, name)[new]["status"] == "ready"
