"""Notices that a function's source files have changed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Snapshot = dict[str, tuple[int, int]]


def snapshot(folders: Iterable[Path]) -> Snapshot:
    """Time of change (ns) and size of every file below `folders`, hidden files and bytecode left out."""
    return {path: stamp for folder in folders for path, stamp in _files(str(folder))}


def forget_bytecode(old: Snapshot, new: Snapshot) -> None:
    """Remove the bytecode of files that changed: it knows whole seconds only, and may miss a quick edit."""
    for path, stamp in new.items():
        if old.get(path) != stamp and path.endswith(".py"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(importlib.util.cache_from_source(path))  # noqa: PTH108 (it is a str already)


def _files(folder: str) -> Iterable[tuple[str, tuple[int, int]]]:
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files(entry.path)
        else:
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat()
                yield entry.path, (status.st_mtime_ns, status.st_size)
