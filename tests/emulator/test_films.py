"""With ffmpeg, what was uploaded plays: streams, files, pictures and subtitles, to those who hold the right token."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import struct
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local import ffmpeg as ffmpeg_module
from local.ffmpeg import Ffmpeg, FfmpegError, find
from local.mux import MuxEmulator, environment, sample_mp4, webvtt
from local.mux.films import Films
from local.mux.pictures import Board
from local.mux.probe import Media, VideoStream, probe
from tests.emulator.doubles import Api, FileHost, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = find()
SECONDS, WIDTH, HEIGHT = 2.0, 320, 180
PATIENCE = 60.0
"""ffmpeg is niced: on a busy machine it waits."""
SRT = "1\r\n00:00:00,500 --> 00:00:01,500\r\nHello <i>harbour</i>\r\n"

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs ffmpeg")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A moving picture with sound."""
    file = tmp_path_factory.mktemp("film") / "film.mp4"
    picture = f"testsrc2=size={WIDTH}x{HEIGHT}:rate=25:duration={SECONDS}"
    run("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=duration={SECONDS}", "-pix_fmt", "yuv420p", str(file))
    return file


@pytest.fixture(scope="module")
def cinema() -> Iterator[Api]:
    """An emulator that encodes, and its customer."""
    with MuxEmulator(processing_seconds=0.05, seed=7, encode=True) as mux:
        api = Api(mux, PATIENCE)
        yield api
        api.session.close()


@pytest.fixture(scope="module")
def asset(cinema: Api, film: Path) -> Any:
    """The film, uploaded, public and signed, with an MP4, the sound alone, and generated subtitles."""
    asset = cinema.uploaded(
        film.read_bytes(),
        playback_policies=["public", "signed"],
        static_renditions=[{"resolution": "highest"}, {"resolution": "audio-only"}],
        inputs=[{"generated_subtitles": [{"language_code": "en", "name": 'Eng"lish\nURI="x'}]}],
        master_access="temporary",
    )
    assert asset["status"] == "ready"
    return eventually(lambda: finished(cinema, asset["id"]), PATIENCE)


@pytest.fixture(scope="module")
def token(cinema: Api, asset: Any) -> Any:
    """Signs a token for the signed playback id."""
    key = cinema.post("/system/v1/signing-keys")
    private_key = load_pem_private_key(base64.b64decode(key["private_key"]), None)
    assert isinstance(private_key, RSAPrivateKey)

    def sign(audience: str, **claims: Any) -> str:
        payload = {"sub": asset["playback_ids"][1]["id"], "aud": audience, "exp": int(time.time()) + 60, **claims}
        return jwt.encode(payload, private_key, algorithm="RS256", headers={"kid": key["id"]})

    return sign


@pytest.fixture(scope="module")
def stream(cinema: Api, asset: Any) -> str:
    return f"{cinema.mux.url}/stream/{asset['playback_ids'][0]['id']}"


@pytest.fixture(scope="module")
def image(cinema: Api, asset: Any) -> str:
    return f"{cinema.mux.url}/image/{asset['playback_ids'][0]['id']}"


def run(*arguments: str) -> str:
    """What ffmpeg says; it fails the test if it fails."""
    assert PROGRAM is not None
    done = subprocess.run([PROGRAM, "-hide_banner", "-y", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def finished(api: Api, asset_id: str) -> Any:
    asset = api.get(f"/video/v1/assets/{asset_id}")
    parts = [*asset["static_renditions"]["files"], asset["master"], *asset["tracks"]]
    return asset if all(part.get("status", "ready") == "ready" for part in parts) else None


def get(url: str, status: int = 200, **query: Any) -> requests.Response:
    response = requests.get(url, params=query, headers={"Origin": "https://app.example.com"}, timeout=PATIENCE)
    assert response.status_code == status, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return response


def links(playlist: requests.Response) -> list[str]:
    """Absolute addresses of everything a playlist leads to, each once."""
    found = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    found += re.findall(r'URI="([^"]*)"', playlist.text)
    return [urljoin(playlist.url, address) for address in dict.fromkeys(found)]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack_from(">II", png, 16)
    return int(width), int(height)


def test_a_player_gets_picture_sound_and_subtitles_to_the_end(stream: str) -> None:
    said = run("-i", f"{stream}.m3u8", "-map", "0:v:0", "-map", "0:a:0", "-f", "null", "-")
    assert re.search(rf"Video: h264.*{WIDTH}x{HEIGHT}", said)
    assert "Audio: aac" in said
    assert re.findall(r"time=00:00:0([\d.]+)", said)[-1].startswith("2.0")
    master = get(f"{stream}.m3u8")
    assert f"RESOLUTION={WIDTH}x{HEIGHT}" in master.text
    assert re.search(r'CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"', master.text)


def test_segments_come_in_ranges(stream: str) -> None:
    playlist = get(links(get(f"{stream}.m3u8"))[0])
    whole = get(links(playlist)[0]).content
    ranges = [(int(size), int(start)) for size, start in re.findall(r"(\d+)@(\d+)", playlist.text)]
    assert sum(size for size, _ in ranges) == len(whole)
    for length, start in ranges:
        part = requests.get(links(playlist)[0], headers={"Range": f"bytes={start}-{start + length - 1}"}, timeout=10)
        assert (part.status_code, part.content) == (206, whole[start : start + length])
        assert part.headers["Access-Control-Expose-Headers"] == "*"


def test_names_of_subtitles_cannot_break_out_of_the_playlist(stream: str) -> None:
    [media] = [line for line in get(f"{stream}.m3u8").text.splitlines() if 'NAME="Eng' in line]
    assert "NAME=\"Eng'lish URI='x\"" in media
    assert media.count('URI="') == 1


def test_all_that_is_signed_needs_the_token_of_its_kind(cinema: Api, asset: Any, token: Any) -> None:
    playback_id = asset["playback_ids"][1]["id"]
    stream, image = f"{cinema.mux.url}/stream/{playback_id}", f"{cinema.mux.url}/image/{playback_id}"
    master = get(f"{stream}.m3u8", token=token("v"))
    playlists = links(master)
    below = [address for playlist in playlists for address in links(get(playlist))]
    assert {address.partition("?")[0].rpartition(".")[2] for address in below} == {"m4s", "vtt"}
    for address in [master.url, *playlists, *below, f"{stream}/highest.mp4", f"{stream}/audio.m4a"]:
        bare = address.partition("?")[0]
        get(bare, 403)
        get(bare, 403, token=token("t"))
        get(bare, 403, token=token("v", exp=int(time.time()) - 10))
        get(bare, token=token("v"))
    for name, kind in {"thumbnail.jpg": "t", "storyboard.jpg": "s", "storyboard.vtt": "s", "animated.gif": "g"}.items():
        get(f"{image}/{name}", 403)
        get(f"{image}/{name}", 403, token=token("v"))
        get(f"{image}/{name}", token=token(kind))
    run("-i", master.url, "-map", "0:v:0", "-map", "0:a:0", "-f", "null", "-")
    assert size(get(f"{image}/thumbnail.png", token=token("t", width=64)).content) == (64, 36)
    get(f"{image}/thumbnail.png", 400, token=token("t"), width=64)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, (WIDTH, HEIGHT)),
        ({"width": 160}, (160, 90)),
        ({"width": 100, "height": 100}, (100, 56)),
        ({"width": 100, "height": 100, "fit_mode": "pad"}, (100, 100)),
        ({"width": 100, "height": 100, "fit_mode": "smartcrop"}, (100, 100)),
        ({"width": 100, "height": 100, "fit_mode": "stretch"}, (100, 100)),
        ({"height": 90, "rotate": 90, "flip_h": "true"}, (90, 160)),
        ({"time": 1000}, (WIDTH, HEIGHT)),
    ],
)
def test_a_thumbnail_has_the_size_asked_for(image: str, query: dict[str, Any], expected: tuple[int, int]) -> None:
    assert size(get(f"{image}/thumbnail.png", **query).content) == expected


@pytest.mark.parametrize(
    "query", [{"width": "0"}, {"width": "wide"}, {"time": "-1"}, {"time": "nan"}, {"fit_mode": "x"}, {"rotate": "45"}]
)
def test_a_wrong_wish_for_a_thumbnail_is_a_400(image: str, query: dict[str, str]) -> None:
    get(f"{image}/thumbnail.png", 400, **query)


def test_the_picture_moves_and_repeats(image: str) -> None:
    early, late = (get(f"{image}/thumbnail.png", time=time).content for time in (0.2, 1.6))
    assert early != late
    assert get(f"{image}/thumbnail.png", time=0.2).content == early
    for name, beginning in {"jpg": b"\xff\xd8\xff", "webp": b"RIFF"}.items():
        assert get(f"{image}/thumbnail.{name}").content.startswith(beginning)


def test_an_animation_has_several_frames_of_its_size(image: str) -> None:
    gif = get(f"{image}/animated.gif", start=0.5, end=1.5, fps=5, width=64)
    assert struct.unpack_from("<HH", gif.content, 6) == (64, 36)
    assert gif.content.count(b"\x21\xf9\x04") == 5
    assert b"ANIM" in get(f"{image}/animated.webp", fps=5).content
    get(f"{image}/animated.gif", 400, start=1, end=0.5)


def test_a_storyboard_leads_to_its_tiles(image: str) -> None:
    board = get(f"{image}/storyboard.json").json()
    assert [tile["start"] for tile in board["tiles"]] == [0.0, 1.0]
    assert get(board["url"]).headers["Content-Type"] == "image/jpeg"
    width, height = size(get(f"{image}/storyboard.png").content)
    assert (width, height) == (5 * board["tile_width"], board["tile_height"])
    cues = get(f"{image}/storyboard.vtt").text
    assert cues.count("-->") == 2
    assert f"#xywh=256,0,256,{board['tile_height']}" in cues
    assert Board(12, 1.0, 12.0, 256, 144).tile(6) == (6.0, 256, 144)


def test_renditions_are_real_files(asset: Any, stream: str, tmp_path: Path) -> None:
    files = {file["name"]: file for file in asset["static_renditions"]["files"]}
    for name, described in files.items():
        response = get(f"{stream}/{name}", download="My film")
        assert str(len(response.content)) == described["filesize"]
        assert response.headers["Content-Disposition"] == f'attachment; filename="My film.{described["ext"]}"'
        (tmp_path / name).write_bytes(response.content)
        said = run("-i", str(tmp_path / name), "-f", "null", "-")
        assert ("Video:" in said.partition("Output #0")[0]) == (described["ext"] == "mp4")
    assert (files["highest.mp4"]["width"], files["highest.mp4"]["height"]) == (WIDTH, HEIGHT)


def test_the_master_file_is_what_was_uploaded_until_access_ends(cinema: Api, asset: Any, film: Path) -> None:
    url = urlsplit(asset["master"]["url"])
    assert url.hostname == "mezzanine.mux.com"
    here = f"{cinema.mux.url}/mezzanine{url.path}"
    master = get(f"{here}?{url.query}")
    assert hashlib.sha256(master.content).digest() == hashlib.sha256(film.read_bytes()).digest()
    get(here, 403)
    get(f"{cinema.mux.url}/mezzanine/Unknown1/mezzanine.mp4?{url.query}", 404)
    cinema.put(f"/video/v1/assets/{asset['id']}/master-access", {"master_access": "none"})
    get(f"{here}?{url.query}", 404)


def test_subtitles_are_read_converted_and_part_of_the_stream(
    cinema: Api, asset: Any, stream: str, file_host: FileHost
) -> None:
    file_host.files["/harbour.srt"] = (200, {}, SRT.encode())
    wish = {"type": "text", "text_type": "subtitles", "language_code": "de", "name": "Deutsch", "closed_captions": True}
    path = f"/video/v1/assets/{asset['id']}"
    track = cinema.post(f"{path}/tracks", {**wish, "url": f"{file_host.url}/harbour.srt"})
    eventually(lambda: track["id"] in get(f"{stream}.m3u8").text, PATIENCE)
    text = get(f"{stream}/text/{track['id']}.vtt").text
    assert text == "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\nHello <i>harbour</i>\n"
    assert get(f"{stream}/text/{track['id']}.txt").text == "Hello <i>harbour</i>\n"
    [line] = [line for line in get(f"{stream}.m3u8").text.splitlines() if "Deutsch" in line]
    assert 'LANGUAGE="de"' in line
    assert "CHARACTERISTICS=" in line
    assert "DEFAULT=NO" in line
    chosen = get(f"{stream}.m3u8", default_subtitles_lang="de").text
    assert 'NAME="Deutsch",DEFAULT=YES' in chosen
    [address] = [link for link in links(get(f"{stream}.m3u8")) if track["id"] in link]
    assert links(get(address)) == [f"{stream}/text/{track['id']}.vtt"]
    generated = next(part for part in asset["tracks"] if part["type"] == "text")
    assert "the emulator cannot hear" in get(f"{stream}/text/{generated['id']}.vtt").text


def test_a_clip_is_as_long_as_it_says(cinema: Api, asset: Any) -> None:
    wish = {"url": f"mux://assets/{asset['id']}", "start_time": 0.5, "end_time": 1.5}
    created = cinema.post("/video/v1/assets", {"inputs": [wish], "playback_policies": ["public"]})
    clip = cinema.settled(created["id"])
    playlist = f"{cinema.mux.url}/stream/{clip['playback_ids'][0]['id']}.m3u8"
    lengths = re.findall(r"#EXTINF:([\d.]+)", get(links(get(playlist))[0]).text)
    assert sum(map(float, lengths)) == pytest.approx(1.0, abs=0.1)


def test_a_film_from_an_address_on_this_machine_plays_too(cinema: Api, film: Path, file_host: FileHost) -> None:
    file_host.files["/film.mp4"] = (200, {}, film.read_bytes())
    asset = cinema.ready_asset(f"{file_host.url}/film.mp4", playback_policies=["public"])
    master = get(f"{cinema.mux.url}/stream/{asset['playback_ids'][0]['id']}.m3u8")
    assert f"RESOLUTION={WIDTH}x{HEIGHT}" in master.text


def test_what_cannot_be_encoded_shows_one_shared_test_pattern(cinema: Api) -> None:
    headers_only = sample_mp4(1.0, 160, 90)
    first, second = (cinema.uploaded(headers_only, playback_policies=["public"]) for _ in range(2))
    assert (first["status"], second["status"]) == ("ready", "ready")
    found = []
    for asset in (first, second):
        master = get(f"{cinema.mux.url}/stream/{asset['playback_ids'][0]['id']}.m3u8")
        assert "RESOLUTION=160x90" in master.text
        found.append(get(links(get(links(master)[0]))[0]).headers["ETag"])
    assert found[0] == found[1]
    cinema.call("DELETE", f"/video/v1/assets/{first['id']}")
    get(f"{cinema.mux.url}/stream/{second['playback_ids'][0]['id']}.m3u8")


def test_footage_has_a_ladder_within_its_tier_and_leaves_no_files(tmp_path: Path) -> None:
    assert PROGRAM is not None
    films = Films(Ffmpeg(PROGRAM), tmp_path)
    upload = tmp_path / "upload.mp4"
    run("-f", "lavfi", "-i", "testsrc2=size=1200x2132:rate=5:duration=0.4", "-pix_fmt", "yuv420p", str(upload))

    async def live() -> None:
        footage = await films.shoot(upload, Media(video=VideoStream(width=1200, height=2132)), "1080p")
        assert footage is not None
        sizes = [(rung.name, rung.width, rung.height, rung.codecs[:5]) for rung in footage.rungs]
        assert sizes == [("360p", 360, 640, "avc1."), ("1080p", 1080, 1918, "avc1.")]
        media = probe(await films.mp4(footage, 480, "480p.mp4"))
        assert media is not None
        assert media.video is not None
        assert (media.video.width, media.video.height) == (480, 852)
        footage.discard()

    asyncio.run(live())
    assert not any(tmp_path.iterdir())


def test_no_more_is_encoded_than_the_disk_may_hold(film: Path, tmp_path: Path) -> None:
    assert PROGRAM is not None
    copy = tmp_path / "upload"
    copy.write_bytes(film.read_bytes())
    shot = asyncio.run(Films(Ffmpeg(PROGRAM), tmp_path, disk_bytes=1000).shoot(copy, Media(), "1080p"))
    assert shot is None
    assert list(tmp_path.iterdir()) == []


def test_without_ffmpeg_all_but_the_picture_is_there(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find", lambda: None)
    with MuxEmulator(processing_seconds=0.05, encode=True) as mux:
        api = Api(mux)
        asset = api.uploaded(film.read_bytes(), playback_policies=["public"])
        api.session.close()
        assert (asset["status"], asset["aspect_ratio"]) == ("ready", "16:9")
        playback_id = asset["playback_ids"][0]["id"]
        assert "#EXT-X-ENDLIST" in get(f"{mux.url}/stream/{playback_id}.m3u8").text
        assert get(f"{mux.url}/image/{playback_id}/thumbnail.jpg").headers["Content-Type"] == "image/jpeg"


def test_one_film_is_encoded_at_a_time_and_none_outlives_its_wish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    overlaps, pids = tmp_path / "overlaps", tmp_path / "pids"
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in *late*) exec sleep 60;; esac\n'
        f"mkdir {tmp_path}/busy || echo overlap >> {overlaps}\n"
        f"echo $$ >> {pids}\n"
        'case "$*" in *slow*) exec sleep 60;; *broken*) echo "no such codec" >&2; rmdir '
        f"{tmp_path}/busy; exit 1;; esac\n"
        f"sleep 0.05; rmdir {tmp_path}/busy\n"
    )
    program.chmod(0o700)

    async def live() -> None:
        ffmpeg = Ffmpeg(str(program))
        await asyncio.gather(*(ffmpeg.encode("quick") for _ in range(3)))
        assert not overlaps.exists()
        with pytest.raises(FfmpegError, match="no such codec"):
            await ffmpeg.encode("broken")
        monkeypatch.setattr(ffmpeg_module, "_LOOK_SECONDS", 0.01)
        with pytest.raises(FfmpegError, match="not done after"):
            await ffmpeg.look("late")
        slow = asyncio.create_task(ffmpeg.encode("slow"))
        await asyncio.to_thread(eventually, lambda: len(pids.read_text().split()) == 5)
        slow.cancel()
        await asyncio.wait({slow})

    asyncio.run(live())
    last = pids.read_text().split()[-1]
    assert subprocess.run(["ps", "-p", last], capture_output=True, check=False).returncode == 1


def test_a_picture_taken_upright_is_described_upright(tmp_path: Path) -> None:
    file = tmp_path / "upright.mp4"
    lying = sample_mp4(1.0, 1920, 1080, audio=False)
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    sides = struct.pack(">II", 1920 << 16, 1080 << 16)
    file.write_bytes(lying.replace(bytes(36) + sides, matrix + sides))
    media = probe(file)
    assert media is not None
    assert media.video == VideoStream(width=1080, height=1920, frame_rate=25.0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"\xef\xbb\xbfWEBVTT\n\nx", "WEBVTT\n\nx"),
        (b"2\n00:00:01,000 --> 00:00:02,000\nYes, 1\n", "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nYes, 1\n"),
        (b"no times", None),
    ],
)
def test_subtitles_become_web_vtt(given: bytes, expected: str | None) -> None:
    assert webvtt.read(given) == expected


def test_words_that_stand_in_are_text_and_end_with_the_film() -> None:
    text = webvtt.stand_in("a <b>\n--> c", 5.0)
    assert text.splitlines()[2:4] == ["00:00:00.000 --> 00:00:04.000", "a &lt;b&gt; --&gt; c (1)"]
    assert text.splitlines()[5] == "00:00:04.000 --> 00:00:05.000"
