"""Collects what the parts of the stack print: a file for each, and lines on the terminal with its name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader
    from pathlib import Path

# One line of a function's log may hold a whole event.
LINE_LIMIT = 16 * 1024 * 1024


class Logs:
    """The logs of one run; those of an earlier run in the same folder are replaced."""

    def __init__(self, folder: Path, *, terminal: bool) -> None:
        self._folder = folder
        self._terminal = terminal
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.log"):
            old.unlink()

    def write(self, part: str, line: str, *, terminal: bool = True) -> None:
        """Add one line to the log of a part."""
        with self.path(part).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{line}\n")
        if terminal and self._terminal:
            print(f"{part} | {line}", file=sys.stderr, flush=True)

    def path(self, part: str) -> Path:
        return self._folder / f"{part}.log"

    def text(self, part: str) -> str:
        """All that a part has printed."""
        path = self.path(part)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def follow(self, part: str, stream: StreamReader, *, terminal: bool = True) -> None:
        """Add all lines of a stream (opened with LINE_LIMIT) to the log of a part, until it ends."""
        async for line in stream:
            self.write(part, line.decode("utf-8", "replace").rstrip("\r\n"), terminal=terminal)
