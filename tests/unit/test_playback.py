"""Where Mux serves what belongs to a playback id, and which file of an asset is the one to download."""

import pytest

from mux_lifecycle.mux import playback
from tests.world import Json

TOKENS = {kind: f"{kind}.token" for kind in ("video", "thumbnail", "animated", "storyboard", "drm")}


def file(name: str, status: str | None = "ready", **size: object) -> Json:
    return {"name": name, "ext": name.rpartition(".")[2]} | ({"status": status} if status else {}) | size


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], ""),
        ([file("highest.mp4")], "highest.mp4"),
        ([file("720p.mp4", width=1280, height=720), file("1080p.mp4", width=1920, height=1080)], "1080p.mp4"),
        ([file("1080p.mp4", width=1080, height=1920), file("720p.mp4", width=720, height=1280)], "1080p.mp4"),
        ([file("1080p.mp4", "preparing"), file("720p.mp4", width=1280, height=720)], "720p.mp4"),
        ([file("2160p.mp4", "skipped"), file("1440p.mp4", "errored"), file("1080p.mp4", "preparing")], ""),
        ([file("audio.m4a")], ""),
        ([file("audio.m4a"), file("highest.mp4", width=1920, height=1080)], "highest.mp4"),
        ([file("low.mp4", None, width=480, height=270), file("high.mp4", None, width=1920, height=1080)], "high.mp4"),
        ([{"status": "ready"}, {"status": "ready", "name": 5}], ""),
        ([file("../x.mp4"), file("a/b.mp4"), file("x.mp4?token=1"), file(".mp4"), file("x" * 65 + ".mp4")], ""),
        ([file("odd.mp4", width="wide", height=None), file("720p.mp4", width=1280, height=720)], "720p.mp4"),
    ],
)
def test_the_largest_mp4_that_is_ready(files: list[Json], expected: str) -> None:
    assert playback.largest_mp4(files) == expected


def test_a_file_has_a_url_once_there_is_one() -> None:
    assert "mp4" not in playback.urls("P")
    assert playback.urls("P", "720p.mp4") == playback.urls("P") | {"mp4": "https://stream.mux.com/P/720p.mp4"}


def test_what_needs_tokens_gets_the_one_of_its_kind() -> None:
    assert playback.signed_urls("P", TOKENS, "720p.mp4") == {
        "hls": "https://stream.mux.com/P.m3u8?token=video.token",
        "mp4": "https://stream.mux.com/P/720p.mp4?token=video.token",
        "thumbnail": "https://image.mux.com/P/thumbnail.jpg?token=thumbnail.token",
        "animated": "https://image.mux.com/P/animated.gif?token=animated.token",
        "storyboard": "https://image.mux.com/P/storyboard.vtt?token=storyboard.token",
    }
    assert playback.signed_urls("P", TOKENS).keys() == {"hls", "thumbnail", "animated", "storyboard"}
