"""Answers of lists: a page ends early, with a cursor, where it would become too large for Lambda to hand on."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from mux_lifecycle.api import encoded
from mux_lifecycle.store.pages import Page
from mux_lifecycle.store.table import Item

MAX_BYTES: Final = 1_000_000
"""So much JSON a page holds, unless a single entry is larger; an entry cannot be larger than its record. Lambda answers
6 MB, in which the JSON is written as text: each quote and backslash counts twice."""


class Listing(NamedTuple):
    """The entries of a page as JSON texts, and the position to go on from, None at the list's end."""

    entries: list[str]
    position: str | None


def listing(page: Page, view: Callable[[Item], dict[str, Any] | None]) -> Listing:
    """As many of the page's records as fit, shown by `view`, which answers None for what is left out."""
    shown: list[str] = []
    size, position = 0, None
    for here, record in page.entries:
        entry = view(record)
        if entry is not None:
            text = encoded(entry)
            size += len(text.encode())
            if shown and size > MAX_BYTES:
                return Listing(shown, position)
            shown.append(text)
        position = here
    return Listing(shown, page.after)
