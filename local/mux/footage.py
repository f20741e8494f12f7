"""What ffmpeg made of one input, as files in a folder of its own: the source, and a ladder of streams.

Each rung is one fragmented MP4 that serves as all segments of an HLS media playlist.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.mux.probe import probe

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 8192
_EXTINF = re.compile(r"#EXTINF:([\d.]+)")
_BYTERANGE = re.compile(r"#EXT-X-BYTERANGE:(\d+)")


@dataclass(frozen=True)
class Rung:
    """`name` is its place in URLs; `width` and `height` are None for sound alone; `bandwidth` in bits per second."""

    name: str
    file: Path
    playlist: tuple[str, ...]
    codecs: str
    bandwidth: int
    width: int | None = None
    height: int | None = None

    @property
    def short_side(self) -> int:
        return min(self.width or 0, self.height or 0)


@dataclass(frozen=True)
class Footage:
    """`rungs` from the smallest to the largest; `duration` in seconds."""

    folder: Path
    source: Path
    rungs: tuple[Rung, ...]

    @property
    def best(self) -> Rung:
        return self.rungs[-1]

    @property
    def duration(self) -> float:
        return sum(_segment_seconds(self.best.playlist))

    def rung(self, name: str) -> Rung | None:
        return next((rung for rung in self.rungs if rung.name == name), None)

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def read_rung(name: str, file: Path, playlist: Path) -> Rung:
    """Describe what ffmpeg has written."""
    lines = tuple(playlist.read_text(encoding="utf-8").splitlines())
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    media = probe(file)
    video = media.video if media and b"avcC" in head else None
    sizes = [int(size) for line in lines for size in _BYTERANGE.findall(line)]
    seconds = _segment_seconds(lines)
    rates = [8 * size / length for size, length in zip(sizes, seconds, strict=True) if length]
    return Rung(
        name=name,
        file=file,
        playlist=lines,
        codecs=_codecs(head),
        bandwidth=round(max(rates, default=0)),
        width=video.width if video else None,
        height=video.height if video else None,
    )


def _segment_seconds(lines: tuple[str, ...]) -> list[float]:
    return [float(length) for line in lines for length in _EXTINF.findall(line)]


def _codecs(head: bytes) -> str:
    """As RFC 6381 names them: H.264's profile, constraints and level stand in its configuration record."""
    codecs = []
    position = head.find(b"avcC")
    if position >= 0:
        codecs.append(f"avc1.{head[position + 5 : position + 8].hex()}")
    if b"mp4a" in head:
        codecs.append("mp4a.40.2")
    return ",".join(codecs)
