"""Looks at a file's first bytes, and at an MP4's headers, to say what Mux would: is this media, of what kind?

What the headers do not say is filled in with ordinary values; codecs are never decoded.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = 4096
_LARGEST_MOOV = 16 * 1024 * 1024
_IMAGE_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1"}
_MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"pnot"}
_CODECS = {
    b"avc1": "h.264",
    b"avc3": "h.264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"av01": "av1",
    b"vp09": "vp9",
    b"mp4v": "mpeg4",
    b"apcn": "prores",
    b"mp4a": "aac",
    b"ac-3": "ac3",
    b"Opus": "opus",
    b"alac": "alac",
}
_STANDARD_CODECS = {"h.264", "hevc"}


@dataclass(frozen=True)
class VideoStream:
    """`width` and `height` in pixels, `frame_rate` per second."""

    encoding: str = "h.264"
    width: int = 1920
    height: int = 1080
    frame_rate: float = 30.0


@dataclass(frozen=True)
class AudioStream:
    encoding: str = "aac"
    channels: int = 2
    sample_rate: int = 48000


@dataclass(frozen=True)
class Media:
    """What an input holds; `duration` in seconds, `size` in bytes."""

    container: str = "mp4"
    duration: float = 10.0
    size: int = 6_000_000
    video: VideoStream | None = VideoStream()
    audio: AudioStream | None = AudioStream()

    def cut(self, start: float, end: float) -> Media:
        """The part from `start` to `end` seconds, its size in proportion."""
        length = max(0.0, min(end, self.duration) - start)
        share = length / self.duration if self.duration else 0.0
        return replace(self, duration=length, size=int(self.size * share))

    def non_standard_reasons(self) -> dict[str, str]:
        """What makes Mux transcode the input first, in the words of `non_standard_input_reasons`."""
        if self.video is None or self.video.encoding in _STANDARD_CODECS:
            return {}
        return {"video_codec": self.video.encoding}


def probe(path: Path) -> Media | None:
    """Describe the file at `path`, or return None if it is no video or audio file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if _is_mp4(head):
            return _mp4(file, size)
    found = _by_magic(head)
    return replace(found, size=size) if found else None


def _by_magic(head: bytes) -> Media | None:
    for pattern, container, video, audio in _MAGIC:
        if pattern.match(head):
            return Media(
                container=container,
                video=VideoStream(encoding=video) if video else None,
                audio=AudioStream(encoding=audio),
            )
    return None


_MAGIC: list[tuple[re.Pattern[bytes], str, str | None, str]] = [
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,64}?webm", re.DOTALL), "webm", "vp9", "opus"),
    (re.compile(rb"\x1a\x45\xdf\xa3", re.DOTALL), "matroska", "h.264", "aac"),
    (re.compile(rb"RIFF.{4}AVI ", re.DOTALL), "avi", "mpeg4", "mp3"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "wav", None, "pcm_s16le"),
    (re.compile(rb"\x47.{187}\x47.{187}\x47", re.DOTALL), "mpegts", "h.264", "aac"),
    (re.compile(rb".{4}\x47.{191}\x47.{191}\x47", re.DOTALL), "mpegts", "h.264", "aac"),
    (re.compile(rb"FLV\x01", re.DOTALL), "flv", "flv1", "mp3"),
    (re.compile(rb"OggS.{24,64}?\x80theora", re.DOTALL), "ogg", "theora", "vorbis"),
    (re.compile(rb"OggS", re.DOTALL), "ogg", None, "vorbis"),
    (re.compile(rb"\x00\x00\x01[\xba\xb3]", re.DOTALL), "mpeg", "mpeg2video", "mp2"),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", re.DOTALL), "asf", "wmv3", "wmav2"),
    (re.compile(rb"\x06\x0e\x2b\x34", re.DOTALL), "mxf", "mpeg2video", "pcm_s24le"),
    (re.compile(rb"fLaC", re.DOTALL), "flac", None, "flac"),
    (re.compile(rb"ID3[\x02-\x04]", re.DOTALL), "mp3", None, "mp3"),
    (re.compile(rb"\xff[\xf1\xf9][\x40-\xbf]", re.DOTALL), "aac", None, "aac"),
    (re.compile(rb"\xff[\xf2\xf3\xfa\xfb][\x10-\xeb]", re.DOTALL), "mp3", None, "mp3"),
]


def _is_mp4(head: bytes) -> bool:
    if head[4:8] not in _MP4_BOXES:
        return False
    return head[4:8] != b"ftyp" or head[8:12] not in _IMAGE_BRANDS


def _mp4(file: BinaryIO, size: int) -> Media:
    file.seek(0)
    brand = file.read(12)[8:12]
    container = "mov" if brand == b"qt  " else "mp4"
    moov = _find_moov(file, size)
    ordinary = Media(container=container, size=size)
    if moov is None:
        return ordinary
    try:
        return _described(moov, ordinary)
    except (struct.error, IndexError, ValueError):
        return ordinary


def _find_moov(file: BinaryIO, size: int) -> bytes | None:
    """The `moov` box's content, wherever it stands; None without one of sane size."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        length, kind = struct.unpack_from(">I4s", header)
        skip = 8
        if length == 1 and len(header) == 16:
            length, skip = struct.unpack_from(">Q", header, 8)[0], 16
        elif length == 0:
            length = size - position
        if length < skip:
            return None
        if kind == b"moov":
            file.seek(position + skip)
            return file.read(length - skip) if length <= _LARGEST_MOOV else None
        position += length
    return None


def _described(moov: bytes, ordinary: Media) -> Media:
    video: VideoStream | None = None
    audio: AudioStream | None = None
    duration = 0.0
    for kind, box in _boxes(moov):
        if kind == b"mvhd":
            duration = _seconds(box)
        elif kind == b"trak":
            track = _track(box)
            if isinstance(track, VideoStream):
                video = video or track
            elif track is not None:
                audio = audio or track
    if video is None and audio is None:
        video, audio = ordinary.video, ordinary.audio
    return replace(ordinary, duration=duration or ordinary.duration, video=video, audio=audio)


def _track(trak: bytes) -> VideoStream | AudioStream | None:
    parts = dict(_boxes(trak))
    media = dict(_boxes(parts.get(b"mdia", b"")))
    table = _sample_table(media)
    handler = media.get(b"hdlr", b"")[8:12]
    codec = _CODECS.get(table.get(b"stsd", b"")[12:16])
    if handler == b"vide":
        width, height = struct.unpack_from(">II", parts[b"tkhd"], len(parts[b"tkhd"]) - 8)
        if _is_turned(parts[b"tkhd"]):
            width, height = height, width
        ordinary = VideoStream()
        return VideoStream(
            encoding=codec or ordinary.encoding,
            width=(width >> 16) or ordinary.width,
            height=(height >> 16) or ordinary.height,
            frame_rate=_frame_rate(table.get(b"stts", b""), media.get(b"mdhd", b"")) or ordinary.frame_rate,
        )
    return AudioStream(encoding=codec or "aac") if handler == b"soun" else None


def _is_turned(tkhd: bytes) -> bool:
    """Whether the matrix turns the picture by a quarter, as telephones do that are held upright."""
    a, b, _, c, d = map(int, struct.unpack_from(">5i", tkhd, len(tkhd) - 44))
    return a == 0 and d == 0 and b != 0 and c != 0


def _sample_table(media: dict[bytes, bytes]) -> dict[bytes, bytes]:
    minf = dict(_boxes(media.get(b"minf", b"")))
    return dict(_boxes(minf.get(b"stbl", b"")))


def _frame_rate(stts: bytes, mdhd: bytes) -> float:
    if len(stts) < 16 or len(mdhd) < 16:
        return 0.0
    per_sample = int(struct.unpack_from(">I", stts, 12)[0])
    timescale = int(struct.unpack_from(">I", mdhd, 20 if mdhd[0] == 1 else 12)[0])
    return round(timescale / per_sample, 3) if per_sample else 0.0


def _seconds(header: bytes) -> float:
    """Duration from an `mvhd` box of version 0 or 1."""
    layout, at = (">IQ", 20) if header[0] == 1 else (">II", 12)
    timescale, length = struct.unpack_from(layout, header, at)
    return round(length / timescale, 6) if timescale else 0.0


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if length < 8:
            return
        yield kind, data[position + 8 : position + length]
        position += length
