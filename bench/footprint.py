"""What memory functions may use, and a table of what they do use."""

from typing import Final

MEGABYTE: Final = 1024 * 1024
OFTEN: Final = frozenset({"webhook_receiver", "list_assets"})
AT_MOST: Final = {True: 50, False: 70}
"""Megabytes of a function, by whether it is one that runs often."""

type Peaks = dict[str, tuple[int, int]]
"""By the file of a function: its MemorySize in MB, and the most bytes that it used."""


def too_many(found: Peaks) -> list[str]:
    """The functions that use more than they may."""
    return [name for name, (_, peak) in found.items() if peak > AT_MOST[name in OFTEN] * MEGABYTE]


def table(found: Peaks) -> str:
    lines = ["|  | MemorySize | peak MB | at most |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{name}` | {size} | {peak / MEGABYTE:.0f} | {AT_MOST[name in OFTEN]} |"
        for name, (size, peak) in sorted(found.items())
    ]
    return "\n".join(lines)
