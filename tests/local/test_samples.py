"""The stack opens with videos that were uploaded as any page uploads them, and plays what its users upload."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local import samples
from local.embedded import LocalStack
from local.mux.ffmpeg import Ffmpeg, find
from local.mux.probe import probe
from local.samples import SAMPLES, Sample

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = find()
TINY = (
    Sample("Seen by all", "alice", "testsrc2=size=256x144:rate=25", "sine", 1, "public", captions="en", gallery=True),
    Sample("Alice's own", "alice", "testsrc2=size=144x256:rate=25", "sine", 1),
    Sample("Ben's own", "ben", "testsrc2=size=144x144:rate=25", "sine", 1),
)


def eventually(stack: LocalStack, path: str, owner: str, count: int) -> list[Any]:
    limit = time.monotonic() + 60
    while True:
        found: list[Any] = stack.request("GET", path, stack.token(owner)).json()["data"]
        if len(found) >= count:
            return found
        assert time.monotonic() < limit, found
        time.sleep(0.2)


@pytest.mark.skipif(PROGRAM is None, reason="needs ffmpeg")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.title)
def test_every_recipe_makes_a_picture_with_sound(sample: Sample, tmp_path: Path) -> None:
    assert PROGRAM is not None
    brief = Sample(sample.title, sample.owner, sample.picture, sample.sound, seconds=0.2)
    file = asyncio.run(samples.made(brief, tmp_path / "new", Ffmpeg(PROGRAM)))
    media = probe(file)
    assert media is not None
    assert media.video is not None
    assert media.audio is not None
    made = file.stat().st_mtime_ns
    assert asyncio.run(samples.made(brief, tmp_path / "new", Ffmpeg(PROGRAM))) == file
    assert file.stat().st_mtime_ns == made, "a second start takes it as it is"


@pytest.mark.skipif(PROGRAM is None, reason="needs ffmpeg")
def test_samples_are_their_owners_and_play() -> None:
    with LocalStack(encode=True, samples=TINY, processing_seconds=0.1) as stack:
        [own, public] = eventually(stack, "/assets?status=ready", "alice", 2)
        [bens] = eventually(stack, "/assets?status=ready", "ben", 1)
        gallery = eventually(stack, "/gallery", "alice", 1)
        assert [asset["title"] for asset in (own, public, bens)] == ["Alice's own", "Seen by all", "Ben's own"]
        assert [asset["id"] for asset in gallery] == [public["id"]]
        assert (own["aspect_ratio"], own["playback_ids"][0]["policy"]) == ("9:16", "signed")
        assert [track["language_code"] for track in public["tracks"] if track["type"] == "text"] == ["en"]
        tokens = stack.request("POST", f"/assets/{own['id']}/playback-tokens", stack.token("alice"), json={}).json()
        hls = tokens["data"]["urls"]["hls"].replace("https://stream.mux.com/", f"{stack.mux_url}/stream/")
        assert "RESOLUTION=144x256" in requests.get(hls, timeout=10).text
        assert requests.get(hls.partition("?")[0], timeout=10).status_code == 403


def test_without_ffmpeg_it_says_so_and_adds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(samples, "find", lambda: None)
    said: list[str] = []
    asyncio.run(samples.add(TINY, "http://127.0.0.1:1", lambda owner: owner, tmp_path, said.append))
    assert said == ["no sample videos: they are made with ffmpeg, and there is none"]


@pytest.mark.skipif(PROGRAM is None, reason="needs ffmpeg")
def test_samples_that_cannot_be_uploaded_do_no_harm(tmp_path: Path) -> None:
    said: list[str] = []
    asyncio.run(samples.add(TINY[:1], "http://127.0.0.1:1", lambda owner: owner, tmp_path, said.append))
    assert len(said) == 1
    assert said[0].startswith("no more sample videos: ClientConnectorError")
