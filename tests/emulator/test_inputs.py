"""Inputs by URL and by upload: what is fetched, what is recognised, what is refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from local.mux import sample_mp4
from local.mux.probe import AudioStream, Media, VideoStream, probe

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.doubles import Api, FileHost

NOT_A_VIDEO = {"type": "invalid_input", "messages": ["The input file is not a valid video file."]}


def test_a_loopback_url_is_fetched_as_mux_fetches_and_probed(api: Api, file_host: FileHost) -> None:
    file_host.files["/film.mp4"] = (200, {}, sample_mp4(4.0, 1080, 1920))
    asset = api.ready_asset(f"{file_host.url}/film.mp4")
    assert file_host.agents == ["curl/7.43.0 (Mux)"]
    assert asset["duration"] == 4.0
    assert asset["aspect_ratio"] == "9:16"


def test_any_other_host_is_never_contacted_and_holds_an_ordinary_video(api: Api) -> None:
    asset = api.ready_asset("https://192.0.2.1/film.mp4")
    assert (asset["duration"], asset["resolution_tier"]) == (10.0, "1080p")
    assert [track["type"] for track in asset["tracks"]] == ["video", "audio"]


@pytest.mark.parametrize("url", ["https://storage.invalid/film.mp4", "http://127.0.0.1:1/film.mp4"])
def test_what_cannot_be_read_errors(api: Api, url: str) -> None:
    asset = api.settled(api.create_asset(url)["id"])
    assert asset["status"] == "errored"
    assert asset["progress"] == {"state": "errored", "progress": -1}
    assert asset["errors"]["type"] == "invalid_input"
    assert "tracks" not in asset
    assert "duration" not in asset


def test_redirects_are_followed_but_not_to_the_outside(api: Api, file_host: FileHost) -> None:
    file_host.files["/moved"] = (302, {"Location": "/film.mp4"}, b"")
    file_host.files["/film.mp4"] = (200, {}, sample_mp4())
    file_host.files["/away"] = (302, {"Location": "http://192.0.2.1/film.mp4"}, b"")
    file_host.files["/loop"] = (302, {"Location": "/loop"}, b"")
    assert api.settled(api.create_asset(f"{file_host.url}/moved")["id"])["status"] == "ready"
    assert api.settled(api.create_asset(f"{file_host.url}/away")["id"])["status"] == "errored"
    assert api.settled(api.create_asset(f"{file_host.url}/loop")["id"])["status"] == "errored"


def test_a_fetched_file_that_is_no_video_errors(api: Api, file_host: FileHost) -> None:
    file_host.files["/page.html"] = (200, {}, b"<html>not a film</html>")
    assert api.settled(api.create_asset(f"{file_host.url}/page.html")["id"])["errors"] == NOT_A_VIDEO


@pytest.mark.parametrize("content", [b"", b"This is not a video.", b"\x89PNG\r\n\x1a\n" + bytes(100), b"%PDF-1.7"])
def test_an_uploaded_file_that_is_no_video_errors(api: Api, content: bytes) -> None:
    asset = api.uploaded(content)
    assert (asset["status"], asset["errors"]) == ("errored", NOT_A_VIDEO)
    upload = api.get(f"/video/v1/uploads/{asset['upload_id']}")
    assert upload["status"] == "errored"
    assert upload["asset_id"] == asset["id"]
    assert upload["error"] == {
        "type": "invalid_input",
        "message": "The uploaded file is not a valid video file.",
    }


def test_input_info_tells_what_was_found(api: Api) -> None:
    asset = api.uploaded(sample_mp4(2.5, 640, 360))
    assert api.get(f"/video/v1/assets/{asset['id']}/input-info") == [
        {
            "settings": {},
            "file": {
                "container_format": "mp4",
                "tracks": [
                    {
                        "type": "video",
                        "duration": 2.5,
                        "encoding": "h.264",
                        "width": 640,
                        "height": 360,
                        "frame_rate": 25.0,
                    },
                    {"type": "audio", "duration": 2.5, "encoding": "aac", "channels": 2, "sample_rate": 48000},
                ],
            },
        }
    ]


def test_input_info_repeats_the_settings_before_the_file_is_known(slow_api: Api) -> None:
    asset = slow_api.create_asset("https://storage.example.com/film.mp4")
    assert slow_api.get(f"/video/v1/assets/{asset['id']}/input-info") == [
        {"settings": {"url": "https://storage.example.com/film.mp4"}}
    ]


def test_a_non_standard_input_says_why(api: Api) -> None:
    asset = api.uploaded(b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm" + bytes(500))
    assert asset["status"] == "ready"
    assert asset["non_standard_input_reasons"] == {"video_codec": "vp9"}


@pytest.mark.parametrize(
    ("width", "height", "most", "tier", "stored"),
    [
        (640, 360, "1080p", "720p", "SD"),
        (1920, 1080, "1080p", "1080p", "HD"),
        (3840, 2160, "1080p", "1080p", "UHD"),
        (3840, 2160, "2160p", "2160p", "UHD"),
        (2560, 1440, "1440p", "1440p", "FHD"),
    ],
)
def test_the_resolution_tier_follows_the_source_up_to_the_most_allowed(
    api: Api, width: int, height: int, most: str, tier: str, stored: str
) -> None:
    asset = api.uploaded(sample_mp4(1, width, height), max_resolution_tier=most)
    assert (asset["resolution_tier"], asset["max_stored_resolution"]) == (tier, stored)


def test_an_audio_file_makes_an_audio_only_asset(api: Api) -> None:
    asset = api.uploaded(b"ID3\x04" + bytes(200))
    assert asset["resolution_tier"] == "audio-only"
    assert [track["type"] for track in asset["tracks"]] == ["audio"]
    assert "aspect_ratio" not in asset


def test_a_silent_film_has_no_audio_track(api: Api) -> None:
    asset = api.uploaded(sample_mp4(audio=False))
    assert [track["type"] for track in asset["tracks"]] == ["video"]


@pytest.mark.parametrize(
    ("head", "container", "has_video"),
    [
        (b"\x1a\x45\xdf\xa3" + bytes(20) + b"webm", "webm", True),
        (b"\x1a\x45\xdf\xa3" + bytes(20) + b"matroska", "matroska", True),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "avi", True),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav", False),
        ((b"\x47" + bytes(187)) * 4, "mpegts", True),
        (b"FLV\x01\x05", "flv", True),
        (b"OggS" + bytes(24) + b"\x01vorbis", "ogg", False),
        (b"OggS" + bytes(24) + b"\x80theora", "ogg", True),
        (b"\x00\x00\x01\xba", "mpeg", True),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf", True),
        (b"fLaC\x00\x00\x00\x22", "flac", False),
        (b"\xff\xfb\x90\x64", "mp3", False),
        (b"\xff\xf1\x50\x80", "aac", False),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", "mov", True),
        (b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", "mp4", True),
    ],
)
def test_containers_are_known_by_their_first_bytes(
    tmp_path: Path, head: bytes, container: str, has_video: bool
) -> None:
    file = tmp_path / "file"
    file.write_bytes(head + bytes(100))
    media = probe(file)
    assert media is not None
    assert (media.container, media.video is not None) == (container, has_video)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00",
        b"\x00\x00\x00\x1cftypheic",
        b"RIFF____WEBP",
        b"GIF89a",
    ],
)
def test_images_and_fragments_are_no_media(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert probe(file) is None


def test_an_mp4_is_read_whatever_the_order_of_its_boxes(tmp_path: Path) -> None:
    sample = sample_mp4(3.2, 320, 240, audio=False)
    head, moov = sample[:24], sample[24:-8]
    padding = (1_000_016).to_bytes(4) + b"mdat" + os.urandom(1_000_008)
    file = tmp_path / "film.mp4"
    file.write_bytes(head + padding + moov)
    assert probe(file) == Media(
        container="mp4",
        duration=3.2,
        size=file.stat().st_size,
        video=VideoStream("h.264", 320, 240, 25.0),
        audio=None,
    )


@pytest.mark.parametrize("cut", [30, 60, 120, 200, 300, 400])
def test_a_damaged_mp4_is_still_taken_for_a_film(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(sample_mp4()[:cut])
    media = probe(file)
    assert media is not None
    assert media.video is not None


def test_samples_have_the_size_asked_for() -> None:
    assert len(sample_mp4(size_bytes=5_000)) == 5_000
    with pytest.raises(ValueError, match="at least"):
        sample_mp4(size_bytes=10)


def test_audio_is_described_by_its_codec(tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(sample_mp4())
    media = probe(file)
    assert media is not None
    assert media.audio == AudioStream("aac", 2, 48000)
