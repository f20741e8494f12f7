"""Delivery: what a viewer gets by playback id, with which token, and what is refused."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests

from local.mux import sample_mp4
from local.mux.probe import probe
from tests.emulator.doubles import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from local.mux import MuxEmulator
    from tests.emulator.doubles import Api

PLAYLIST = "/stream/{}.m3u8"
THUMBNAIL = "/image/{}/thumbnail.jpg"
ANIMATED = "/image/{}/animated.gif"
STORYBOARD = "/image/{}/storyboard.vtt"
KINDS = {PLAYLIST: "v", THUMBNAIL: "t", ANIMATED: "g", STORYBOARD: "s"}


class Viewer:
    """Asks for what belongs to one playback id, as a page of some other origin does."""

    def __init__(self, mux: MuxEmulator, playback_id: str) -> None:
        self.mux = mux
        self.playback_id = playback_id

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(
            f"{self.mux.url}{path.format(self.playback_id)}",
            params=query,
            headers={"Origin": "https://app.example.com"},
            timeout=30,
        )

    def refusal(self, path: str, **query: str) -> int:
        """The status of a refusal, which every page can read."""
        response = self.get(path, **query)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert set(response.json()["error"]) == {"type", "messages"}
        return response.status_code


class Signer:
    """A signing key of the environment, held by a customer."""

    def __init__(self, api: Api) -> None:
        key = api.post("/system/v1/signing-keys")
        self.id = key["id"]
        self.pem = base64.b64decode(key["private_key"])

    def token(self, playback_id: str, audience: str, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """`kid` stands in the header unless `headers` are given."""
        payload = {"sub": playback_id, "aud": audience, "exp": int(time.time()) + 60, **claims}
        given = {name: value for name, value in payload.items() if value is not None}
        named = {"kid": self.id} if headers is None else headers
        return jwt.encode(given, self.pem, algorithm="RS256", headers=named)


@pytest.fixture
def public(api: Api) -> Viewer:
    asset = api.ready_asset(playback_policies=["public"])
    return Viewer(api.mux, asset["playback_ids"][0]["id"])


@pytest.fixture
def signed(api: Api) -> Viewer:
    asset = api.ready_asset(playback_policies=["signed"])
    return Viewer(api.mux, asset["playback_ids"][0]["id"])


@pytest.fixture
def signer(api: Api) -> Signer:
    return Signer(api)


def test_a_public_playlist_is_a_finished_recording(public: Viewer) -> None:
    response = public.get(PLAYLIST)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/vnd.apple.mpegurl")
    lines = response.text.splitlines()
    assert (lines[0], lines[-1]) == ("#EXTM3U", "#EXT-X-ENDLIST")
    assert "#EXT-X-TARGETDURATION:10" in lines


@pytest.mark.parametrize(
    ("name", "content_type", "beginning"),
    [
        ("thumbnail.jpg", "image/jpeg", b"\xff\xd8\xff"),
        ("thumbnail.png", "image/png", b"\x89PNG\r\n\x1a\n"),
        ("thumbnail.webp", "image/webp", b"RIFF"),
        ("animated.gif", "image/gif", b"GIF8"),
        ("animated.webp", "image/webp", b"RIFF"),
        ("storyboard.jpg", "image/jpeg", b"\xff\xd8\xff"),
    ],
)
def test_a_public_image_is_of_the_type_asked_for(
    public: Viewer, name: str, content_type: str, beginning: bytes
) -> None:
    response = public.get(f"/image/{{}}/{name}", width="640", token="ignored")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == content_type
    assert response.content.startswith(beginning)


def test_a_storyboard_covers_the_asset_and_leads_to_its_picture(public: Viewer) -> None:
    cues = public.get(STORYBOARD).text.splitlines()
    assert cues[:3] == ["WEBVTT", "", "00:00:00.000 --> 00:00:10.000"]
    url, _, area = cues[3].partition("#")
    assert area == "xywh=0,0,1,1"
    assert requests.get(url, timeout=30).headers["Content-Type"] == "image/jpeg"
    board = public.get("/image/{}/storyboard.json", format="webp").json()
    assert (board["duration"], board["tiles"]) == (10.0, [{"start": 0, "x": 0, "y": 0}])
    assert requests.get(board["url"], timeout=30).headers["Content-Type"] == "image/webp"


@pytest.mark.parametrize(("resolution", "size"), [("highest", (1280, 720)), ("480p", (854, 480))])
def test_a_static_rendition_is_an_mp4_of_its_size(
    api: Api, tmp_path: Path, resolution: str, size: tuple[int, int]
) -> None:
    settings = {"playback_policies": ["public"], "static_renditions": [{"resolution": resolution}]}
    viewer = _viewer_of(api, api.uploaded(sample_mp4(4.0), **settings))
    response = _settled(viewer, f"/stream/{{}}/{resolution}.mp4")
    assert response.headers["Content-Type"] == "video/mp4"
    file = tmp_path / "film.mp4"
    file.write_bytes(response.content)
    media = probe(file)
    assert media is not None
    assert media.video is not None
    assert (media.duration, media.video.width, media.video.height) == (4.0, *size)


def test_an_audio_rendition_has_no_picture(api: Api, tmp_path: Path) -> None:
    settings = {"playback_policies": ["public"], "static_renditions": [{"resolution": "audio-only"}]}
    viewer = _viewer_of(api, api.uploaded(sample_mp4(4.0), **settings))
    response = _settled(viewer, "/stream/{}/audio.m4a")
    assert response.headers["Content-Type"] == "audio/mp4"
    (tmp_path / "audio.m4a").write_bytes(response.content)
    media = probe(tmp_path / "audio.m4a")
    assert media is not None
    assert media.video is None
    assert media.audio is not None


def test_files_of_mp4_support_are_delivered(api: Api) -> None:
    asset = api.ready_asset(playback_policies=["public"], mp4_support="standard")
    eventually(lambda: api.get(f"/video/v1/assets/{asset['id']}")["static_renditions"]["status"] == "ready")
    viewer = _viewer_of(api, asset)
    for name in ("low.mp4", "medium.mp4", "high.mp4"):
        assert viewer.get(f"/stream/{{}}/{name}").headers["Content-Type"] == "video/mp4"
    assert viewer.refusal("/stream/{}/highest.mp4") == 404


def test_a_rendition_that_was_skipped_is_not_there(api: Api) -> None:
    settings = {"playback_policies": ["public"], "static_renditions": [{"resolution": "2160p"}]}
    asset = api.uploaded(sample_mp4(4.0, 640, 360), **settings)
    path = f"/video/v1/assets/{asset['id']}"
    eventually(lambda: api.get(path)["static_renditions"]["files"][0]["status"] == "skipped")
    assert _viewer_of(api, asset).refusal("/stream/{}/2160p.mp4") == 404


def test_subtitles_are_web_vtt_once_ready(api: Api) -> None:
    subtitles = [{"language_code": "en", "name": "English"}]
    asset = api.uploaded(sample_mp4(), playback_policies=["public"], inputs=[{"generated_subtitles": subtitles}])
    viewer = _viewer_of(api, asset)
    track = next(track for track in asset["tracks"] if track["type"] == "text")
    response = _settled(viewer, f"/stream/{{}}/text/{track['id']}.vtt")
    assert response.headers["Content-Type"].startswith("text/vtt")
    assert response.text.startswith("WEBVTT\n")
    transcript = viewer.get(f"/stream/{{}}/text/{track['id']}.txt")
    assert transcript.headers["Content-Type"].startswith("text/plain")
    assert transcript.status_code == 200
    video = next(track for track in asset["tracks"] if track["type"] == "video")
    assert viewer.refusal(f"/stream/{{}}/text/{video['id']}.vtt") == 404
    assert viewer.refusal("/stream/{}/text/Unknown1.vtt") == 404
    assert viewer.refusal("/stream/{}/text/not-an-id.vtt") == 400


def test_parts_that_are_being_prepared_are_412(slow_mux: MuxEmulator, slow_api: Api) -> None:
    created = slow_api.create_asset(playback_policies=["public"])
    slow_mux.advance(1200)
    asset = slow_api.settled(created["id"])
    path = f"/video/v1/assets/{asset['id']}"
    slow_api.post(f"{path}/static-renditions", {"resolution": "highest"})
    audio = next(track for track in asset["tracks"] if track["type"] == "audio")
    wanted = {"generated_subtitles": [{"language_code": "en", "name": "English"}]}
    [track] = slow_api.post(f"{path}/tracks/{audio['id']}/generate-subtitles", wanted)
    viewer = _viewer_of(slow_api, asset)
    names = ["/stream/{}/highest.mp4", f"/stream/{{}}/text/{track['id']}.vtt"]
    assert [viewer.refusal(name) for name in names] == [412, 412]
    slow_mux.advance(1200)
    assert [viewer.get(name).status_code for name in names] == [200, 200]


@pytest.mark.parametrize("path", KINDS)
def test_an_asset_that_is_not_ready_is_412(slow_api: Api, path: str) -> None:
    asset = slow_api.create_asset(playback_policies=["public"])
    assert _viewer_of(slow_api, asset).refusal(path) == 412


def test_an_errored_asset_is_412(api: Api) -> None:
    asset = api.uploaded(b"not a film", playback_policies=["public"])
    assert asset["status"] == "errored"
    assert _viewer_of(api, asset).refusal(PLAYLIST) == 412


@pytest.mark.parametrize("path", KINDS)
def test_unknown_ids_are_404_and_malformed_ones_400(mux: MuxEmulator, path: str) -> None:
    assert Viewer(mux, "Unknown1").refusal(path) == 404
    assert Viewer(mux, "not-an-id").refusal(path) == 400


def test_a_deleted_playback_id_is_404(api: Api, public: Viewer) -> None:
    [asset] = api.get("/video/v1/assets")
    api.call("DELETE", f"/video/v1/assets/{asset['id']}/playback-ids/{public.playback_id}")
    assert public.refusal(PLAYLIST) == 404


@pytest.mark.parametrize("name", ["thumbnail.gif", "animated.mp4", "storyboard.txt", "nothing"])
def test_what_mux_does_not_deliver_is_404(public: Viewer, name: str) -> None:
    assert public.get(f"/image/{{}}/{name}").status_code == 404


def test_sound_alone_has_no_pictures(api: Api) -> None:
    asset = api.uploaded(sample_mp4(video=False), playback_policies=["public"])
    viewer = _viewer_of(api, asset)
    assert viewer.get(PLAYLIST).status_code == 200
    assert [viewer.refusal(path) for path in (THUMBNAIL, ANIMATED, STORYBOARD)] == [404, 404, 404]


@pytest.mark.parametrize("path", KINDS)
def test_pages_of_any_origin_may_look(public: Viewer, path: str) -> None:
    assert public.get(path).headers["Access-Control-Allow-Origin"] == "*"
    preflight = requests.options(
        f"{public.mux.url}{path.format(public.playback_id)}",
        headers={
            "Origin": "https://app.example.com",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "range",
        },
        timeout=30,
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == "range"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


def test_looking_needs_no_credentials_and_is_not_an_api_request(public: Viewer) -> None:
    assert public.get(PLAYLIST).status_code == 200
    assert not [entry for entry in public.mux.requests() if entry["path"].startswith(("/stream", "/image"))]


@pytest.mark.parametrize("audience", [*KINDS.values(), "d", "playback_id"])
def test_a_token_opens_its_own_kind_and_no_other(signed: Viewer, signer: Signer, audience: str) -> None:
    token = signer.token(signed.playback_id, audience)
    opened = {path: signed.get(path, token=token).status_code for path in KINDS}
    assert opened == {path: 200 if audience == own else 403 for path, own in KINDS.items()}


@pytest.mark.parametrize("path", KINDS)
def test_without_a_token_what_is_signed_stays_closed(signed: Viewer, path: str) -> None:
    assert signed.refusal(path) == 403
    assert signed.refusal(path, token="") == 403


def test_a_drm_playback_id_needs_a_token_too(api: Api, signer: Signer) -> None:
    policies = [{"policy": "drm", "drm_configuration_id": "Configuration1"}]
    viewer = _viewer_of(api, api.ready_asset(advanced_playback_policies=policies))
    assert viewer.refusal(PLAYLIST) == 403
    assert viewer.get(PLAYLIST, token=signer.token(viewer.playback_id, "v")).status_code == 200


def test_files_and_subtitles_open_with_the_video_token(api: Api, signer: Signer) -> None:
    asset = api.uploaded(
        sample_mp4(),
        playback_policies=["signed"],
        static_renditions=[{"resolution": "highest"}],
        inputs=[{"generated_subtitles": [{"language_code": "en", "name": "English"}]}],
    )
    viewer = _viewer_of(api, asset)
    token = signer.token(viewer.playback_id, "v")
    track = next(track for track in asset["tracks"] if track["type"] == "text")
    for path in ("/stream/{}/highest.mp4", f"/stream/{{}}/text/{track['id']}.vtt"):
        assert viewer.refusal(path) == 403
        assert _settled(viewer, path, token=token).content
        assert viewer.refusal(path, token=signer.token(viewer.playback_id, "t")) == 403


def test_the_key_may_be_named_in_header_or_payload(signed: Viewer, signer: Signer) -> None:
    named = [
        signer.token(signed.playback_id, "v"),
        signer.token(signed.playback_id, "v", headers={}, kid=signer.id),
        signer.token(signed.playback_id, "v", kid=signer.id),
    ]
    assert [signed.get(PLAYLIST, token=token).status_code for token in named] == [200, 200, 200]


def test_a_token_must_be_signed_by_a_key_of_the_environment(api: Api, signed: Viewer, signer: Signer) -> None:
    other = Signer(api)
    assert signed.refusal(PLAYLIST, token=other.token(signed.playback_id, "v", headers={"kid": signer.id})) == 403
    assert signed.refusal(PLAYLIST, token=signer.token(signed.playback_id, "v", headers={})) == 403
    assert signed.refusal(PLAYLIST, token=signer.token(signed.playback_id, "v", headers={"kid": "Unknown1"})) == 403
    assert signed.refusal(PLAYLIST, token=signer.token(signed.playback_id, "v", headers={}, kid=["x"])) == 403
    token = signer.token(signed.playback_id, "v")
    assert signed.get(PLAYLIST, token=token).status_code == 200
    api.call("DELETE", f"/system/v1/signing-keys/{signer.id}")
    assert signed.refusal(PLAYLIST, token=token) == 403


def test_another_algorithm_is_refused(signed: Viewer, signer: Signer) -> None:
    payload = {"sub": signed.playback_id, "aud": "v", "exp": int(time.time()) + 60}
    headers = {"kid": signer.id}
    shared_secret = jwt.encode(payload, "s" * 32, algorithm="HS256", headers=headers)
    unsigned = jwt.encode(payload, "", algorithm="none", headers=headers)
    assert [signed.refusal(PLAYLIST, token=token) for token in (shared_secret, unsigned)] == [403, 403]


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "SomeOtherId"},
        {"sub": None},
        {"aud": None},
        {"aud": ["v", "t"]},
        {"exp": None},
        {"exp": 1_600_000_000},
        {"exp": "tomorrow"},
    ],
)
def test_a_token_for_something_else_or_some_other_time_is_refused(
    signed: Viewer, signer: Signer, claims: dict[str, Any]
) -> None:
    assert signed.refusal(PLAYLIST, token=signer.token(signed.playback_id, "v", **claims)) == 403


@pytest.mark.parametrize("token", ["x", "..", "a.b.c", "ü.ü.ü", "e30.e30.", "W10.W10.W10", "\x00"])
def test_what_is_no_token_is_refused(signed: Viewer, token: str) -> None:
    assert signed.refusal(PLAYLIST, token=token) == 403


def test_tokens_expire_by_the_wall_clock(signed: Viewer, signer: Signer) -> None:
    token = signer.token(signed.playback_id, "v")
    signed.mux.advance(3600)
    assert signed.get(PLAYLIST, token=token).status_code == 200


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (PLAYLIST, {"max_resolution": "720p"}),
        (THUMBNAIL, {"time": "3"}),
        (THUMBNAIL, {"width": "640", "fit_mode": "crop"}),
        (ANIMATED, {"fps": "10"}),
        (STORYBOARD, {"format": "webp"}),
    ],
)
def test_parameters_of_what_is_signed_must_be_claims(
    signed: Viewer, signer: Signer, path: str, parameters: dict[str, str]
) -> None:
    token = signer.token(signed.playback_id, KINDS[path])
    assert signed.refusal(path, token=token, **parameters) == 400
    claims = signer.token(signed.playback_id, KINDS[path], headers=None, **parameters)
    assert signed.get(path, token=claims).status_code == 200


def test_a_signed_storyboard_leads_to_a_picture_that_opens(signed: Viewer, signer: Signer) -> None:
    plain = signer.token(signed.playback_id, "s")
    url = signed.get(STORYBOARD, token=plain).text.splitlines()[3].partition("#")[0]
    assert requests.get(url, timeout=30).headers["Content-Type"] == "image/jpeg"
    claimed = signer.token(signed.playback_id, "s", format="webp")
    board = json.loads(signed.get("/image/{}/storyboard.json", token=claimed).content)
    assert requests.get(board["url"], timeout=30).headers["Content-Type"] == "image/webp"


def _viewer_of(api: Api, asset: Any) -> Viewer:
    return Viewer(api.mux, asset["playback_ids"][0]["id"])


def _settled(viewer: Viewer, path: str, **query: str) -> requests.Response:
    """The response once the part asked for is no longer being prepared."""
    response: requests.Response = eventually(lambda: _unless_preparing(viewer.get(path, **query)))
    assert response.status_code == 200, response.text
    return response


def _unless_preparing(response: requests.Response) -> Any:
    return None if response.status_code == 412 else response
