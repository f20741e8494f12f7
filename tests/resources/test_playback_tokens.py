"""Playback tokens: what a signed asset's viewer gets, checked as Mux checks it."""

import base64
import time
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mux_lifecycle import runtime
from mux_lifecycle.errors import ConfigurationError
from tests.resources.conftest import new_signing_key
from tests.resources.site import Site
from tests.world import Json

AUDIENCES = {"video": "v", "thumbnail": "t", "animated": "g", "storyboard": "s", "drm": "d"}
MAX_SECONDS = 21_600
"""The template's default."""


def public_half(key: Json) -> RSAPublicKey:
    """What Mux verifies with."""
    found = load_pem_private_key(base64.b64decode(key["private_key"]), None).public_key()
    assert isinstance(found, RSAPublicKey)
    return found


def opened(token: str, kind: str, key: Json) -> Json:
    """The claims of a token, if Mux would let a viewer with it have this kind of thing."""
    claims: Json = jwt.decode(token, public_half(key), algorithms=["RS256"], audience=AUDIENCES[kind])
    assert (jwt.get_unverified_header(token)["kid"], claims["kid"]) == (key["id"], key["id"])
    return claims


def tokens(site: Site, asset_id: str, **body: Any) -> Json:
    answer = site.call("playback_tokens", id=asset_id, json_body=body)
    assert answer.status == 200, answer
    found: Json = answer.data
    return found


def test_there_is_one_token_for_each_kind_of_delivery_and_it_opens_nothing_else(site: Site, signing_key: Json) -> None:
    asset_id = site.ready_film()
    [entry] = site.show(asset_id)["playback_ids"]
    asked_at = int(time.time())
    found = tokens(site, asset_id)
    assert set(found) == {"playback_id", "expires_at", "tokens", "urls"}
    assert found["playback_id"] == entry["id"]
    assert set(found["tokens"]) == set(AUDIENCES)
    expires_at = int(datetime.fromisoformat(found["expires_at"]).timestamp())
    assert asked_at + MAX_SECONDS <= expires_at <= time.time() + MAX_SECONDS
    for kind, audience in AUDIENCES.items():
        assert opened(found["tokens"][kind], kind, signing_key) == {
            "sub": entry["id"],
            "aud": audience,
            "exp": expires_at,
            "kid": signing_key["id"],
        }
        other = next(name for name in AUDIENCES if name != kind)
        with pytest.raises(jwt.InvalidAudienceError):
            opened(found["tokens"][kind], other, signing_key)


def test_the_urls_carry_the_tokens(site: Site) -> None:
    found = tokens(site, site.ready_film())
    pid, signed = found["playback_id"], found["tokens"]
    assert found["urls"] == {
        "hls": f"https://stream.mux.com/{pid}.m3u8?token={signed['video']}",
        "thumbnail": f"https://image.mux.com/{pid}/thumbnail.jpg?token={signed['thumbnail']}",
        "animated": f"https://image.mux.com/{pid}/animated.gif?token={signed['animated']}",
        "storyboard": f"https://image.mux.com/{pid}/storyboard.vtt?token={signed['storyboard']}",
    }


def status(site: Site, url: str) -> int:
    """What a viewer is answered there; the emulator stands for Mux's hosts."""
    for host in ("stream", "image"):
        url = url.replace(f"https://{host}.mux.com", f"{site.world.mux.url}/{host}")
    return requests.get(url, timeout=10).status_code


def test_mux_opens_its_own_kind_to_each_token_until_it_expires(site: Site) -> None:
    asset_id, other = site.ready_film(), site.ready_film()
    found = tokens(site, asset_id, ttl_seconds=60, thumbnail={"time": 1}, animated={"fps": 5})
    elsewhere = site.part("pid", other)["pid"]
    kinds = {"hls": "video", "thumbnail": "thumbnail", "animated": "animated", "storyboard": "storyboard"}
    for name, url in found["urls"].items():
        bare, token = url.partition("?")[0], found["tokens"][kinds[name]]
        others = [value for kind, value in found["tokens"].items() if kind != kinds[name]]
        assert (name, status(site, url)) == (name, 200)
        refused = [bare, *(f"{bare}?token={wrong}" for wrong in others)]
        refused += [url.replace(found["playback_id"], elsewhere, 1), f"{bare}?token={token[:-8]}AAAAAAAA"]
        assert (name, {status(site, tried) for tried in refused}) == (name, {403})
    site.world.advance(62)
    assert {status(site, url) for url in found["urls"].values()} == {403}


@pytest.mark.parametrize("policy", ["signed", "drm"])
def test_what_was_given_its_playback_id_at_mux_is_opened_too(site: Site, signing_key: Json, policy: str) -> None:
    asset_id = site.ready_film(playback_policy="public")
    body = {"policy": policy} | ({"drm_configuration_id": "Configuration1"} if policy == "drm" else {})
    made = site.world.mux_post(f"/video/v1/assets/{asset_id}/playback-ids", body).json()["data"]
    site.world.advance(2)
    site.mux_patch(asset_id, {"meta": {"title": "Closed"}})
    site.webhooks.settle()
    found = tokens(site, asset_id)
    assert found["playback_id"] == made["id"]
    assert opened(found["tokens"]["drm"], "drm", signing_key)["sub"] == made["id"]
    assert status(site, found["urls"]["hls"]) == 200


def test_mux_and_the_table_hear_nothing_of_it(site: Site) -> None:
    asset_id = site.ready_film()
    records, asked = site.records(), site.calls()[1]
    tokens(site, asset_id)
    assert (site.records(), site.calls()[1]) == (records, asked)


@pytest.mark.parametrize(
    ("most", "ttl", "seconds"),
    [
        ("21600", 60, 60),
        ("21600", 21_600, 21_600),
        ("21600", 21_601, 21_600),
        ("21600", 604_800, 21_600),
        ("60", None, 60),
    ],
)
def test_no_token_is_good_for_longer_than_the_operator_allows(
    site: Site, monkeypatch: pytest.MonkeyPatch, signing_key: Json, most: str, ttl: int | None, seconds: int
) -> None:
    monkeypatch.setenv("PLAYBACK_TOKEN_SECONDS", most)
    site.world.cold_start()
    asset_id = site.ready_film()
    before = int(time.time())
    found = tokens(site, asset_id, **({"ttl_seconds": ttl} if ttl else {}))
    for kind, token in found["tokens"].items():
        assert before + seconds <= opened(token, kind, signing_key)["exp"] <= time.time() + seconds
    site.world.advance(seconds + 2)
    with pytest.raises(jwt.ExpiredSignatureError):
        opened(found["tokens"]["video"], "video", signing_key)


def test_image_parameters_are_claims_of_their_kind_only(site: Site, signing_key: Json) -> None:
    thumbnail = {"time": 12.5, "width": 640, "height": 360, "fit_mode": "smartcrop"}
    animated = {"start": 0, "end": 3.5, "fps": 15, "width": 320}
    found = tokens(site, site.ready_film(), thumbnail=thumbnail, animated=animated)["tokens"]
    standard = {"sub", "aud", "exp", "kid"}
    claims = {kind: opened(token, kind, signing_key) for kind, token in found.items()}
    assert {name: claims["thumbnail"][name] for name in claims["thumbnail"].keys() - standard} == thumbnail
    assert {name: claims["animated"][name] for name in claims["animated"].keys() - standard} == animated
    for kind in ("video", "storyboard", "drm"):
        assert set(claims[kind]) == standard


def test_a_playback_restriction_of_the_operators_is_in_every_token(
    site: Site, monkeypatch: pytest.MonkeyPatch, signing_key: Json
) -> None:
    monkeypatch.setenv("PLAYBACK_RESTRICTION_ID", "restriction1")
    site.world.cold_start()
    found = tokens(site, site.ready_film(), thumbnail={"time": 1})["tokens"]
    for kind, token in found.items():
        assert opened(token, kind, signing_key)["playback_restriction_id"] == "restriction1"


def test_the_wanted_one_of_several_playback_ids_is_signed(site: Site) -> None:
    asset_id = site.ready_film()
    second = site.call("playback_ids:POST", id=asset_id, json_body={"policy": "signed"}).data["id"]
    public = site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).data["id"]
    first = site.show(asset_id)["playback_ids"][0]["id"]
    assert tokens(site, asset_id)["playback_id"] == first
    assert tokens(site, asset_id, playback_id=second)["playback_id"] == second
    answer = site.call("playback_tokens", id=asset_id, json_body={"playback_id": public})
    assert answer.status == 409
    assert "plays without a token" in answer.messages[0]
    assert site.call("playback_tokens", id=asset_id, json_body={"playback_id": "unknown1"}).status == 404


@pytest.mark.parametrize("policy", ["public", None])
def test_an_asset_without_a_signed_playback_id_says_what_it_needs(site: Site, policy: str | None) -> None:
    asset_id = site.ready_film(playback_policy=policy or "public")
    if policy is None:
        site.call("playback_ids:DELETE", id=asset_id, **site.part("pid", asset_id))
    answer = site.call("playback_tokens", id=asset_id, json_body={})
    assert answer.status == 409
    assert "playback id with the policy signed" in answer.messages[0]


def test_another_owners_playback_id_is_unknown(site: Site) -> None:
    theirs, hers = site.ready_film("bob"), site.ready_film("ada")
    body = {"playback_id": site.part("pid", theirs, "bob")["pid"]}
    assert site.call("playback_tokens", id=hers, json_body=body).status == 404


def test_a_rotated_key_is_used_without_a_deploy(site: Site, monkeypatch: pytest.MonkeyPatch, signing_key: Json) -> None:
    passed = [0.0]
    clock = SimpleNamespace(time=time.time, monotonic=lambda: time.monotonic() + passed[0], sleep=time.sleep)
    monkeypatch.setattr(runtime, "time", clock)
    site.world.cold_start()
    asset_id = site.ready_film()
    assert opened(tokens(site, asset_id)["tokens"]["video"], "video", signing_key)
    rotated = new_signing_key(site.world.mux)
    site.use_signing_key(rotated)
    passed[0] = 301
    assert opened(tokens(site, asset_id)["tokens"]["video"], "video", rotated)


@pytest.mark.parametrize(
    "secret",
    [
        {},
        {"key_id": "k"},
        {"key_id": "", "private_key": "x"},
        {"key_id": "k", "private_key": "not base64!"},
        {"key_id": "k", "private_key": base64.b64encode(b"no key").decode()},
        {"key_id": 5, "private_key": 5},
    ],
)
def test_without_a_usable_key_the_operator_is_called_and_nothing_of_the_key_is_told(
    site: Site, capfd: pytest.CaptureFixture[str], secret: Json
) -> None:
    """Not a caller's error: it escapes, API Gateway answers 500, the alarm rings."""
    asset_id = site.ready_film()
    site.world.put_secret("MuxSigningKeySecret", secret)
    site.world.cold_start()
    with pytest.raises(ConfigurationError) as caught:
        site.call("playback_tokens", id=asset_id, json_body={})
    told = str(caught.value) + "".join(capfd.readouterr())
    assert "not base64!" not in told


def test_neither_key_nor_tokens_are_logged_or_stored(
    site: Site, capfd: pytest.CaptureFixture[str], signing_key: Json
) -> None:
    asset_id = site.ready_film()
    capfd.readouterr()
    found = tokens(site, asset_id)
    kept = "".join(capfd.readouterr()) + str(site.records())
    assert asset_id in kept
    assert not any(token in kept for token in found["tokens"].values())
    assert signing_key["private_key"][:40] not in kept
