"""The videos that the stack opens with: how they are made and kept, and what happens when they cannot be."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from local import samples
from local.ffmpeg import Ffmpeg, find
from local.mux.probe import probe
from local.samples import SAMPLES, Sample

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = find()
TINY = Sample("Tiny", "alice", "testsrc2=size=256x144:rate=25", "sine", seconds=0.2)


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


def test_without_ffmpeg_it_says_so_and_adds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(samples, "find", lambda: None)
    said: list[str] = []
    asyncio.run(samples.add([TINY], "http://127.0.0.1:1", lambda owner: owner, tmp_path, said.append))
    assert said == ["no sample videos: they are made with ffmpeg, and there is none"]


@pytest.mark.skipif(PROGRAM is None, reason="needs ffmpeg")
def test_samples_that_cannot_be_uploaded_do_no_harm(tmp_path: Path) -> None:
    said: list[str] = []
    asyncio.run(samples.add([TINY], "http://127.0.0.1:1", lambda owner: owner, tmp_path, said.append))
    assert len(said) == 1
    assert said[0].startswith("no more sample videos: ClientConnectorError")
