"""What Mux's Node SDK sees of the emulator, and how its tokens and its signature check agree with this project's."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.mux import sample_mp4
from mux_lifecycle.mux.signing import AUDIENCES, SigningKey, sign
from tests.emulator.doubles import serve_files, serve_receiver
from tests.node.conftest import PROCESSING_SECONDS

if TYPE_CHECKING:
    from local.mux import MuxEmulator
    from tests.node.conftest import RunScript

NOT_FOUND = {"class": "NotFoundError", "status": 404}
BAD_REQUEST = {"class": "BadRequestError", "status": 400}
EXPIRATION = 600
PARAMETERS: dict[str, dict[str, str | int | float]] = {
    "video": {"max_resolution": "720p", "asset_start_time": 1.5, "playback_restriction_id": "Restriction1"},
    "thumbnail": {"time": 3, "width": 640, "fit_mode": "smartcrop"},
    "gif": {"fps": 10, "end": 4.25},
    "storyboard": {"format": "webp"},
    "drm_license": {},
}
OUR_NAMES = {
    "video": "video",
    "thumbnail": "thumbnail",
    "gif": "animated",
    "storyboard": "storyboard",
    "drm_license": "drm",
}


def refused(refusal: Any) -> dict[str, Any]:
    return {"class": refusal["class"], "status": refusal["status"]}


def test_assets(run: RunScript) -> None:
    seen = run("assets", count=5)
    created, ready = seen["created"], seen["ready"]
    assert (created["status"], created["passthrough"]) == ("preparing", "film_1")
    assert refused(seen["early"]) == BAD_REQUEST
    assert "Can't delete a preparing asset." in seen["early"]["message"]
    assert (ready["id"], ready["duration"], ready["meta"]) == (created["id"], 10.0, {"title": "Teaser"})
    assert seen["info"][0]["file"]["container_format"] == "mp4"
    assert (seen["updated"]["passthrough"], seen["updated"]["meta"]["title"]) == ("film_2", "Trailer")
    assert seen["deleted"] is None
    assert refused(seen["gone"]) == NOT_FOUND
    assert refused(seen["malformed"]) == BAD_REQUEST
    assert seen["listed"] == seen["made"]
    assert seen["second"] == seen["made"][2:4]


def test_playback_ids(run: RunScript) -> None:
    seen = run("playback_ids")
    asset, created = seen["asset"], seen["created"]
    assert created["policy"] == "signed"
    assert seen["found"] == created
    assert seen["looked_up"]["object"] == {"type": "asset", "id": asset["id"]}
    assert seen["both"] == [*asset["playback_ids"], created]
    assert seen["deleted"] is None
    assert [refused(seen["gone"]), refused(seen["unknown"])] == [NOT_FOUND, NOT_FOUND]


def test_tracks_and_generated_subtitles(run: RunScript) -> None:
    host, running = serve_files()
    host.files["/en.vtt"] = (200, {"Content-Type": "text/vtt"}, b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    try:
        seen = run("tracks", subtitles_url=f"{host.url}/en.vtt")
    finally:
        running.stop()
    created, generated = seen["created"], seen["generated"]
    assert (created["status"], created["text_source"]) == ("preparing", "uploaded")
    assert refused(seen["twice"]) == BAD_REQUEST
    assert [(track["name"], track["text_source"]) for track in generated] == [
        ("Deutsch", "generated_vod"),
        ("Français", "generated_vod"),
    ]
    assert {track["id"] for track in seen["texts"]} == {created["id"], *(track["id"] for track in generated)}
    assert (seen["updated"]["name"], seen["updated"]["language_code"]) == ("English (UK)", "en-GB")
    assert seen["deleted"] is None
    before = [track["id"] for track in seen["asset"]["tracks"]]
    assert seen["left"] == [*before, *(track["id"] for track in generated)]
    assert refused(seen["primary"]) == BAD_REQUEST


def test_static_renditions(run: RunScript) -> None:
    seen = run("renditions")
    created, audio = seen["created"], seen["audio"]
    assert (created["name"], created["status"], created["passthrough"]) == ("720p.mp4", "preparing", "small")
    assert (audio["name"], audio["type"]) == ("audio.m4a", "standard")
    assert refused(seen["mixed"]) == BAD_REQUEST
    assert [(file["name"], file["status"]) for file in seen["files"]] == [
        ("720p.mp4", "ready"),
        ("audio.m4a", "ready"),
    ]
    assert seen["files"][0]["height"] == 720
    assert seen["files"][0]["filesize"].isdigit()
    assert seen["deleted"] is None
    assert seen["left"] == [audio["id"]]


def test_master_access_and_mp4_support(run: RunScript) -> None:
    seen = run("access")
    assert (seen["asked"]["master_access"], seen["asked"]["master"]) == ("temporary", {"status": "preparing"})
    assert seen["open"]["url"].startswith("https://mezzanine.mux.com/")
    assert seen["closed"]["master_access"] == "none"
    assert "master" not in seen["closed"]
    assert seen["supported"]["mp4_support"] == "capped-1080p"
    assert [file["name"] for file in seen["files"]] == ["capped-1080p.mp4"]
    assert seen["unsupported"]["mp4_support"] == "none"


def test_uploads(run: RunScript) -> None:
    seen = run("uploads", film=base64.b64encode(sample_mp4(2.5)).decode())
    created, done, asset = seen["created"], seen["done"], seen["asset"]
    assert (created["status"], created["timeout"]) == ("waiting", 600)
    assert (seen["sent"], done["status"]) == (200, "asset_created")
    assert (asset["upload_id"], asset["duration"], asset["passthrough"]) == (created["id"], 2.5, "film_1")
    assert asset["playback_ids"][0]["policy"] == "signed"
    assert refused(seen["late"]) == {"class": "PermissionDeniedError", "status": 403}
    assert (seen["cancelled"]["status"], seen["refused"]) == ("cancelled", 410)
    assert seen["listed"] == seen["made"]


def test_signing_keys(run: RunScript) -> None:
    seen = run("signing_keys")
    created, found = seen["created"], seen["found"]
    assert base64.b64decode(created["private_key"]).startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    assert seen["listed"] == [seen["other"], created["id"]]
    assert found == {"id": created["id"], "created_at": created["created_at"]}
    assert seen["deleted"] is None
    assert refused(seen["gone"]) == NOT_FOUND
    assert seen["left"] == [seen["other"]]


def test_webhook_endpoints(run: RunScript) -> None:
    address = "https://hooks.example.com/mux"
    seen = run("webhook_endpoints", address=address)
    created = seen["created"]
    secret = created.pop("signing_secret")
    assert len(secret) == 32
    assert refused(seen["twice"]) == BAD_REQUEST
    assert seen["found"] == created
    assert (created["address"], created["enabled"], seen["disabled"]["enabled"]) == (address, True, False)
    assert seen["listed"] == [created["id"]]
    assert seen["deleted"] is None
    assert refused(seen["gone"]) == NOT_FOUND


def test_deliveries_carry_a_signature_that_holds(mux: MuxEmulator, run: RunScript) -> None:
    receiver, running = serve_receiver()
    secret = mux.register_webhook(receiver.url)["signing_secret"]
    body = {"inputs": [{"url": "https://storage.example.com/film.mp4"}], "meta": {"title": "Pégase 🐎"}}
    auth = (mux.token_id, mux.token_secret)
    try:
        requests.post(f"{mux.url}/video/v1/assets", json=body, auth=auth, timeout=5).raise_for_status()
        mux.advance(PROCESSING_SECONDS)
        hooks = receiver.wait(2)
    finally:
        running.stop()
    seen = run(
        "webhooks",
        secret=secret,
        deliveries=[{"body": hook.body.decode(), "headers": hook.headers} for hook in hooks],
    )
    assert seen["types"] == [hook.type for hook in hooks]
    assert set(seen["types"]) == {"video.asset.created", "video.asset.ready"}
    mismatch = "No signatures found matching the expected signature for payload."
    assert seen["other_secret"]["message"] == mismatch
    assert seen["other_body"]["message"] == mismatch
    assert seen["unsigned"]["message"] == "Could not find a mux-signature header"


def test_right_credentials_say_who_they_are_and_wrong_ones_are_its_authentication_error(
    mux: MuxEmulator, run: RunScript
) -> None:
    seen = run("credentials")
    assert seen["who"]["environment_id"] == mux.environment_id
    assert {"video:read", "video:write"} <= set(seen["who"]["permissions"])
    for call in ("nobody", "list", "create"):
        assert refused(seen[call]) == {"class": "AuthenticationError", "status": 401}
        assert seen[call]["body"]["error"] == {"type": "unauthorized", "messages": ["Unauthorized request"]}
    assert seen["uploads"] == []


@pytest.fixture
def signing_key(mux: MuxEmulator) -> SigningKey:
    auth = (mux.token_id, mux.token_secret)
    key = requests.post(f"{mux.url}/system/v1/signing-keys", auth=auth, timeout=5).json()["data"]
    return SigningKey(key["id"], key["private_key"])


def test_its_tokens_say_what_ours_say(run: RunScript, signing_key: SigningKey) -> None:
    before = int(time.time())
    tokens = run(
        "tokens",
        playback_id="PlaybackId1",
        key_id=signing_key.key_id,
        private_key=signing_key.private_key,
        expiration=f"{EXPIRATION}s",
        params=PARAMETERS,
    )
    assert {OUR_NAMES[kind] for kind in tokens} == set(AUDIENCES)
    for kind, token in tokens.items():
        theirs = _verified(token, signing_key)
        assert before + EXPIRATION <= theirs["exp"] <= time.time() + EXPIRATION
        ours = sign("PlaybackId1", OUR_NAMES[kind], signing_key, expires_at=theirs["exp"], claims=PARAMETERS[kind])
        assert _verified(ours, signing_key) == theirs
        assert theirs["aud"] == AUDIENCES[OUR_NAMES[kind]]
        assert jwt.get_unverified_header(ours) == jwt.get_unverified_header(token) | {"kid": signing_key.key_id}


def test_its_tokens_open_what_is_delivered(run: RunScript) -> None:
    seen = run("delivery")
    assert seen["types"] == {
        "hls": "application/vnd.apple.mpegurl",
        "thumbnail": "image/jpeg",
        "animated": "image/gif",
        "storyboard": "text/vtt",
    }
    denied = {"class": "PermissionDeniedError", "status": 403}
    assert [refused(seen["closed"]), refused(seen["wrong"])] == [denied, denied]
    assert refused(seen["unsigned"]) == BAD_REQUEST


def _verified(token: str, key: SigningKey) -> dict[str, Any]:
    """The claims of a token that the key did sign."""
    private_key = load_pem_private_key(base64.b64decode(key.private_key), None)
    assert isinstance(private_key, RSAPrivateKey)
    return jwt.decode(token, private_key.public_key(), algorithms=["RS256"], options={"verify_aud": False})
