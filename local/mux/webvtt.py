"""Text tracks as WebVTT: read from WebVTT or SRT, and honest stand-ins for what the emulator cannot know."""

from __future__ import annotations

import html
import re

_SRT_TIMES = re.compile(r"^(\d+:\d\d:\d\d),(\d{3} --> \d+:\d\d:\d\d),(\d{3})", re.MULTILINE)
_CUE_NUMBER = re.compile(r"^\d+\s*\n(?=\d+:\d\d)", re.MULTILINE)
_CUE_SECONDS = 4.0
_LONGEST_SECONDS = 3600.0


def read(content: bytes) -> str | None:
    """The text track as WebVTT; None if it is neither WebVTT nor SRT."""
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("WEBVTT"):
        return text
    if "-->" not in text:
        return None
    return "WEBVTT\n\n" + _CUE_NUMBER.sub("", _SRT_TIMES.sub(r"\1.\2.\3", text)).strip() + "\n"


def stand_in(text: str, duration: float) -> str:
    """`text`, numbered, all along `duration` seconds."""
    lines = ["WEBVTT", ""]
    safe = html.escape(" ".join(text.split()), quote=False)
    start = 0.0
    number = 1
    while start < min(duration, _LONGEST_SECONDS):
        lines += [f"{timestamp(start)} --> {timestamp(min(start + _CUE_SECONDS, duration))}", f"{safe} ({number})", ""]
        start += _CUE_SECONDS
        number += 1
    return "\n".join(lines)


def words(text: str) -> str:
    """What is said, without the times."""
    blocks = [block.splitlines() for block in text.split("\n\n")[1:]]
    spoken = []
    for block in blocks:
        times = next((number for number, line in enumerate(block) if "-->" in line), None)
        if times is not None:
            spoken += block[times + 1 :]
    return "\n".join(spoken) + "\n"


def timestamp(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds / 1000:06.3f}"
