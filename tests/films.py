"""Films that are ones: moving pictures with sound, made by ffmpeg, and padded to any size."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

from local.mux import sample_mp4

if TYPE_CHECKING:
    from pathlib import Path


def ffmpeg() -> str | None:
    if found := shutil.which("ffmpeg"):
        return found
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return None
    found = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    return str(found)


def film(path: Path, *, seconds: int = 4, size: str = "480x270", bytes_at_least: int = 0) -> Path:
    """H.264 and AAC, in an MP4 of so many bytes; without an ffmpeg an MP4 that has headers only."""
    program = ffmpeg()
    if program is None:
        path.write_bytes(sample_mp4(seconds=seconds, size_bytes=max(bytes_at_least, 2000)))
        return path
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=15", "-f", "lavfi", "-i", "sine=frequency=440"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [program, "-loglevel", "error", "-y", *inputs, "-t", str(seconds), *codecs, "-movflags", "+faststart"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    path.write_bytes(padded(path.read_bytes(), bytes_at_least))
    return path


def padded(content: bytes, size: int, mark: bytes = b"") -> bytes:
    """The same film in a file of this size, by a box that players pass over; `mark` makes it a file of its own."""
    padding = max(size - len(content), 8 + len(mark)) if mark or size > len(content) else 0
    if not padding:
        return content
    return content + struct.pack(">I4s", max(padding, 8), b"free") + mark + bytes(max(padding, 8) - 8 - len(mark))
