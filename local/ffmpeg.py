"""Finds an ffmpeg and runs it: at low priority, one long job at a time, and never longer than its caller.

Knows nothing of assets; what ffmpeg is to do is its caller's business.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING

import imageio_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENCODERS = {"libx264", "aac"}
_CHECK_SECONDS = 10.0
_ENCODE_SECONDS = 1800.0
_LOOK_SECONDS = 60.0
_KEPT_COMPLAINT = 2048
# Inputs come from strangers: whatever they refer to, ffmpeg opens no other host.
_OPTIONS = ("-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-protocol_whitelist", "file")


class FfmpegError(Exception):
    """ffmpeg did not do it; the text is the last it said."""


def find() -> str | None:
    """The first ffmpeg that encodes H.264 and AAC: on PATH, else that of the package imageio-ffmpeg."""
    return next((program for program in _candidates() if _is_able(program)), None)


class Ffmpeg:
    """`program` with two lanes, so that nobody waits for a picture until a film is encoded."""

    def __init__(self, program: str) -> None:
        self.program = program
        nice = shutil.which("nice")
        self._command = (nice, "-n", "10", program, *_OPTIONS) if nice else (program, *_OPTIONS)
        self._encoding = asyncio.Lock()
        self._looking = asyncio.Lock()

    async def encode(self, *arguments: str) -> None:
        """A job that may take minutes. Raises FfmpegError."""
        async with self._encoding:
            await self._run(arguments, _ENCODE_SECONDS)

    async def look(self, *arguments: str) -> None:
        """A job of about a second. Raises FfmpegError."""
        async with self._looking:
            await self._run(arguments, _LOOK_SECONDS)

    async def _run(self, arguments: tuple[str, ...], seconds: float) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(seconds):
                complaint = await _last_words(process)
                status = await process.wait()
        except TimeoutError:
            raise FfmpegError(f"not done after {seconds:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if status:
            raise FfmpegError(complaint or f"ffmpeg ended with {status}")


async def _last_words(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None  # noqa: S101 - it was asked for
    tail = b""
    while block := await process.stderr.read(65_536):
        tail = (tail + block)[-_KEPT_COMPLAINT:]
    return tail.decode(errors="replace").strip()


def _candidates() -> Iterator[str]:
    if on_path := shutil.which("ffmpeg"):
        yield on_path
    try:
        yield imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        return


def _is_able(program: str) -> bool:
    try:
        listing = subprocess.run(
            [program, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=_CHECK_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return {word for line in listing.splitlines() for word in line.split()[1:2]} >= _ENCODERS
