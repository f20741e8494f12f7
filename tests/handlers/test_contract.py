"""What each route answers when all goes well, and exactly what it asks of Mux."""

import json
import time
from datetime import datetime
from typing import Any

import pytest
from botocore.client import BaseClient

from local.mux import sample_mp4
from mux_lifecycle.mux.tag import Tag
from tests import mux_events
from tests.handlers.client import FILM, Client
from tests.world import ORIGIN, OTHER_ORIGIN, STACK, Json

BODIES: list[tuple[Json, Json, Json]] = [
    ({}, {}, {}),
    ({"title": "Harbour at dawn"}, {"meta": {"title": "Harbour at dawn"}}, {}),
    ({"title": "x" * 512}, {"meta": {"title": "x" * 512}}, {}),
    ({"title": "港 🚢 \"'\\ </script>"}, {"meta": {"title": "港 🚢 \"'\\ </script>"}}, {}),
    ({"playback_policy": "public"}, {"playback_policies": ["public"]}, {}),
    ({"playback_policy": "signed"}, {"playback_policies": ["signed"]}, {}),
    ({"captions": "en"}, {}, {"generated_subtitles": [{"language_code": "en", "name": "English"}]}),
    ({"captions": "auto"}, {}, {"generated_subtitles": [{"language_code": "auto", "name": "Auto-detected"}]}),
]
"""A body, what it adds to the asset's settings, and what to the input's."""

CHOSEN_BY_THE_OPERATOR: Json = {
    "playback_policies": ["signed"],
    "video_quality": "basic",
    "max_resolution_tier": "1080p",
}


def test_an_upload_is_answered_with_id_url_status_and_expiry(client: Client) -> None:
    before = int(time.time())
    upload = client.upload()
    at_mux = client.world.mux_get(f"/video/v1/uploads/{upload['id']}").json()["data"]
    assert set(upload) == {"id", "url", "status", "expires_at"}
    assert (upload["url"], upload["status"]) == (at_mux["url"], "waiting")
    expires_at = datetime.fromisoformat(upload["expires_at"]).timestamp()
    assert before + 3600 <= expires_at <= time.time() + 3600


@pytest.mark.parametrize(("body", "settings", "source"), BODIES)
def test_an_upload_asks_mux_for_this_and_no_more(client: Client, body: Json, settings: Json, source: Json) -> None:
    client.upload(json_body=body)
    sent = client.sent("/video/v1/uploads")
    sent["new_asset_settings"].pop("passthrough")
    inputs = {"inputs": [source]} if source else {}
    assert sent == {
        "cors_origin": ORIGIN,
        "timeout": 3600,
        "new_asset_settings": CHOSEN_BY_THE_OPERATOR | settings | inputs,
    }


@pytest.mark.parametrize(("body", "settings", "source"), BODIES)
def test_an_asset_from_a_url_asks_mux_for_this_and_no_more(
    client: Client, body: Json, settings: Json, source: Json
) -> None:
    assert client.call("create_asset", json_body={"input": FILM} | body).status == 201
    sent = client.sent("/video/v1/assets")
    sent.pop("passthrough")
    assert sent == CHOSEN_BY_THE_OPERATOR | settings | {"inputs": [{"url": FILM} | source]}


@pytest.mark.parametrize("owner", ["ada", "auth0|507f1f77", "!", "~" * 128])
def test_the_passthrough_names_stack_and_owner_and_is_never_the_same_twice(client: Client, owner: str) -> None:
    for _ in range(2):
        assert client.call("create_upload", owner=owner, json_body={}).status == 201
        assert client.call("create_asset", owner=owner, json_body={"input": FILM}).status == 201
    bodies = [json.loads(request["body"]) for request in client.world.mux.requests() if request["method"] == "POST"]
    texts = [(body.get("new_asset_settings") or body)["passthrough"] for body in bodies]
    assert len(set(texts)) == 4
    for text in texts:
        assert len(text) <= 255
        tag = Tag.decode(text, stack=STACK)
        assert tag
        assert (tag.owner, tag.visibility) == (owner, "private")
        assert Tag.decode(text, stack="another-stack") is None


@pytest.mark.parametrize("function", ["create_upload", "create_asset"])
def test_what_costs_money_is_chosen_by_the_stack(
    client: Client, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    monkeypatch.setenv("PLAYBACK_POLICY", "public")
    monkeypatch.setenv("VIDEO_QUALITY", "premium")
    monkeypatch.setenv("MAX_RESOLUTION_TIER", "2160p")
    monkeypatch.setenv("UPLOAD_TIMEOUT_SECONDS", "60")
    client.world.cold_start()
    assert client.call(function, json_body={"input": FILM} if function == "create_asset" else {}).status == 201
    [request] = client.world.mux.requests()
    sent = json.loads(request["body"])
    assert sent.get("timeout", 60) == 60
    settings = sent.get("new_asset_settings", sent)
    chosen = {"playback_policies": ["public"], "video_quality": "premium", "max_resolution_tier": "2160p"}
    assert settings | chosen == settings


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, ORIGIN), ({"origin": ORIGIN}, ORIGIN), ({"origin": OTHER_ORIGIN}, OTHER_ORIGIN)],
)
def test_the_upload_opens_to_the_site_that_asks(client: Client, headers: dict[str, str], expected: str) -> None:
    client.upload(headers=headers)
    assert client.sent("/video/v1/uploads")["cors_origin"] == expected


def test_the_upload_url_is_neither_stored_nor_logged(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    plain = client.upload()
    keyed = client.upload(headers={"idempotency-key": "k"})
    client.upload(headers={"idempotency-key": "k"})
    client.call("get_upload", id=plain["id"])
    client.call("cancel_upload", id=keyed["id"])
    kept = json.dumps(client.world.records()) + "".join(capfd.readouterr())
    assert plain["id"] in kept
    for upload in (plain, keyed):
        assert upload["url"].partition("token=")[2] not in kept
    assert client.world.mux.token_secret not in kept


def test_an_upload_is_followed_from_waiting_to_its_asset(client: Client) -> None:
    upload = client.upload()
    assert client.call("get_upload", id=upload["id"]).data == {"id": upload["id"], "status": "waiting"}
    client.world.send_file(upload["url"], sample_mp4())
    asset_id = client.world.mux_get(f"/video/v1/uploads/{upload['id']}").json()["data"]["asset_id"]
    client.world.deliver(mux_events.upload_event("asset_created", upload_id=upload["id"], asset_id=asset_id))
    linked = {"id": upload["id"], "status": "asset_created", "asset_id": asset_id}
    assert client.call("get_upload", id=upload["id"]).data == linked
    client.world.deliver(mux_events.asset_event("ready", asset_id=asset_id, upload_id=upload["id"]))
    asset = client.call("get_asset", id=asset_id).data
    assert asset["status"] == "ready"
    assert asset["upload_id"] == upload["id"]
    assert client.call("get_upload", id=upload["id"]).data == linked | {"asset": asset}


def test_an_upload_that_failed_says_why(client: Client) -> None:
    upload = client.upload()
    error = {"type": "invalid_input", "message": "The uploaded file is not a valid video file."}
    client.world.deliver(mux_events.upload_event("errored", upload_id=upload["id"], error=error))
    found = client.call("get_upload", id=upload["id"]).data
    assert found["status"] == "errored"
    assert found["error"] == {"type": "invalid_input", "messages": ["The uploaded file is not a valid video file."]}


def test_an_upload_that_was_never_used_is_shown_as_timed_out_after_the_cleanup(client: Client) -> None:
    upload = client.upload()
    client.world.advance(3600 + 300)
    client.world.schedule()
    assert client.call("get_upload", id=upload["id"]).data == {"id": upload["id"], "status": "timed_out"}


def test_a_new_asset_is_answered_as_it_is_read_afterwards(client: Client) -> None:
    made = client.call("create_asset", json_body={"input": FILM, "title": "Harbour", "playback_policy": "public"})
    assert made.status == 201
    assert (made.data["status"], made.data["title"], made.data["visibility"]) == ("preparing", "Harbour", "private")
    assert client.call("get_asset", id=made.data["id"]).data == made.data
    assert client.call("list_assets").data == [made.data]


def test_a_public_playback_id_comes_with_its_urls_and_a_signed_one_without(client: Client) -> None:
    ids = [{"id": "PublicPlayback1", "policy": "public"}, {"id": "SignedPlayback1", "policy": "signed"}]
    client.world.deliver(mux_events.asset_event("ready", asset_id="film1", playback_ids=ids))
    public, signed = client.call("get_asset", id="film1").data["playback_ids"]
    assert public["urls"]["hls"] == "https://stream.mux.com/PublicPlayback1.m3u8"
    assert all("PublicPlayback1" in url for url in public["urls"].values())
    assert signed == {"id": "SignedPlayback1", "policy": "signed"}


def test_a_ready_asset_shows_what_mux_found_in_the_file(client: Client) -> None:
    client.world.deliver(mux_events.asset_event("ready", asset_id="film1"))
    asset = client.call("get_asset", id="film1").data
    assert {
        name: asset[name] for name in ("title", "duration", "aspect_ratio", "resolution_tier", "video_quality")
    } == {
        "title": "Harbour at dawn",
        "duration": 23.872,
        "aspect_ratio": "16:9",
        "resolution_tier": "1080p",
        "video_quality": "basic",
    }
    assert [track["type"] for track in asset["tracks"]] == ["video", "audio"]


def test_an_errored_asset_says_why(client: Client) -> None:
    client.world.deliver(mux_events.asset_event("errored", asset_id="film1"))
    asset = client.call("get_asset", id="film1").data
    assert (asset["status"], asset["errors"]["type"]) == ("errored", "invalid_input")


INTERNAL: list[dict[str, Any]] = [
    {"master": {"status": "ready", "url": "https://mezzanine.mux.com/a/mezzanine.mp4?skid=d&signature=x"}},
    {"tracks": [{"id": "track1", "type": "text", "status": "ready", "passthrough": "mxl1#x", "secret": "x"}]},
    {"static_renditions": {"files": [{"id": "file1", "status": "ready", "passthrough": "mxl1#x", "url": "https://x"}]}},
    {"playback_ids": [{"id": "play1", "policy": "signed", "drm_configuration_id": "drm1", "token": "x"}]},
    {"errors": {"type": "t", "messages": ["m"], "stack": "x"}, "status": "errored"},
    {"meta": {"title": "t", "creator_id": "ada@example.com", "external_id": "x"}},
    {"recording_times": [{}], "non_standard_input_reasons": {"video_codec": "x"}, "test": True, "live_stream_id": "l"},
    {"encoding_tier": "smart", "max_stored_frame_rate": 30, "normalize_audio": True, "unknown_to_us": {"deep": ["x"]}},
]


@pytest.mark.parametrize("fields", INTERNAL, ids=lambda fields: next(iter(fields)))
def test_nothing_internal_that_mux_says_of_an_asset_reaches_a_caller(client: Client, fields: Json) -> None:
    """The contract check of every call refuses what is not on the list; here is what might slip through."""
    client.world.deliver(mux_events.asset_event("ready", asset_id="film1", upload_id="upload1", **fields))
    for text in (client.call("get_asset", id="film1").body, client.call("list_assets").body):
        shown = json.dumps(text)
        assert not any(word in shown for word in ("skid", "secret", "creator", "drm1", "stack", "unknown_to_us"))


def test_parts_with_a_clock_of_their_own_are_shown_with_nothing_internal(client: Client) -> None:
    client.world.deliver(mux_events.asset_event("ready", asset_id="film1"))
    hostile: Json = {"passthrough": "mxl1#x", "url": "https://x", "secret": "s"}
    client.world.deliver(mux_events.track_event("ready", asset_id="film1", track_id="text1", **hostile))
    client.world.deliver(mux_events.rendition_event("ready", asset_id="film1", rendition_id="mp4", **hostile))
    asset = client.call("get_asset", id="film1").data
    assert "text1" in [track["id"] for track in asset["tracks"]]
    assert [rendition["filesize"] for rendition in asset["static_renditions"]] == [14402816]


def test_what_was_written_is_read_at_once(client: Client) -> None:
    """Reads by id are consistent; that a list may lag a moment is only true of the real DynamoDB."""
    upload = client.upload()
    assert client.call("get_upload", id=upload["id"]).data["status"] == "waiting"
    client.call("cancel_upload", id=upload["id"])
    assert client.call("get_upload", id=upload["id"]).data["status"] == "cancelled"
    asset_id = client.asset()
    assert client.call("get_asset", id=asset_id).status == 200
    client.call("delete_asset", id=asset_id)
    assert client.call("get_asset", id=asset_id).status == 404


def test_reads_by_id_ask_for_the_newest_state(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    upload, asset_id = client.upload(), client.asset()
    reads = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noting(self: Any, operation: str, parameters: Json) -> Any:
        if operation == "GetItem":
            reads.append(parameters.get("ConsistentRead"))
        return call(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noting)
    client.call("get_upload", id=upload["id"])
    client.call("get_asset", id=asset_id)
    assert reads == [True, True]
