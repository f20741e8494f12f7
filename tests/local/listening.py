"""Which TCP ports a process and all that it started listen on, read from /proc."""

from __future__ import annotations

import contextlib
from pathlib import Path

PROC = Path("/proc")
LISTENING = "0A"


def listening(pid: int) -> dict[int, str]:
    """Port and address (as the kernel writes it) of each listening socket of the process and its descendants."""
    sockets = {inode: (port, address) for inode, port, address in _listeners()}
    held = {inode for process in family(pid) for inode in _inodes(process)}
    return dict(sockets[inode] for inode in held & set(sockets))


def family(pid: int) -> set[int]:
    """The process and its descendants."""
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _listeners() -> list[tuple[str, int, str]]:
    found = []
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            columns = line.split()
            address, _, port = columns[1].partition(":")
            if columns[3] == LISTENING:
                found.append((columns[9], int(port, 16), address))
    return found


def _inodes(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found
