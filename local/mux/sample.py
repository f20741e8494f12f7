"""Makes small MP4 files: real headers, an empty picture, any size."""

from __future__ import annotations

import struct

_TIMESCALE = 1000
_FRAME = 40


def sample_mp4(
    seconds: float = 1.0,
    width: int = 1280,
    height: int = 720,
    size_bytes: int | None = None,
    *,
    video: bool = True,
    audio: bool = True,
) -> bytes:
    """An MP4 of `seconds` at `width` × `height`, padded with zeros to exactly `size_bytes` if given.

    Raises ValueError if `size_bytes` is too small for the headers.
    """
    duration = round(seconds * _TIMESCALE)
    tracks = []
    if video:
        tracks.append(_track(1, b"vide", b"avc1", duration, width, height))
    if audio:
        tracks.append(_track(2, b"soun", b"mp4a", duration, 0, 0))
    mvhd = struct.pack(">IIIII", 0, 0, 0, _TIMESCALE, duration) + bytes(80)
    head = _box(b"ftyp", b"isom", bytes(4), b"isomavc1") + _box(b"moov", _box(b"mvhd", mvhd), *tracks)
    if size_bytes is None:
        return head + _box(b"mdat")
    padding = size_bytes - len(head) - 8
    if padding < 0:
        raise ValueError(f"an MP4 with these headers takes at least {len(head) + 8} bytes")
    return head + struct.pack(">I4s", padding + 8, b"mdat") + bytes(padding)


def _track(number: int, handler: bytes, codec: bytes, duration: int, width: int, height: int) -> bytes:
    tkhd = struct.pack(">IIIIII", 7, 0, 0, number, 0, duration) + bytes(52)
    tkhd += struct.pack(">II", width << 16, height << 16)
    mdhd = struct.pack(">IIIII", 0, 0, 0, _TIMESCALE, duration) + bytes(4)
    hdlr = bytes(8) + handler + bytes(13)
    stsd = struct.pack(">II", 0, 1) + _box(codec, bytes(78))
    stts = struct.pack(">IIII", 0, 1, duration // _FRAME, _FRAME)
    stbl = _box(b"stbl", _box(b"stsd", stsd), _box(b"stts", stts))
    return _box(
        b"trak",
        _box(b"tkhd", tkhd),
        _box(b"mdia", _box(b"mdhd", mdhd), _box(b"hdlr", hdlr), _box(b"minf", stbl)),
    )


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body
