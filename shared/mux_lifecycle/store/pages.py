"""A page of a list: its records with their positions, so that a reader who stops early knows where to go on."""

from collections.abc import Iterable
from typing import NamedTuple

from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item


class Page(NamedTuple):
    """`entries`, each a position and the record there; `after` is the position to go on from, None at the list's end.

    Entries may be read from the table as they are taken.
    """

    entries: Iterable[tuple[str, Item]]
    after: str | None


def page(items: list[Item], limit: int, *, more: bool) -> Page:
    """The first `limit` of `items`; `more` tells that others follow these."""
    entries = [(text(item, "sort"), item) for item in items[:limit]]
    return Page(entries, entries[-1][0] if entries and (more or len(items) > limit) else None)


def found(entries: list[tuple[str, Item]], limit: int, *, after: str | None) -> Page:
    """The first `limit` of what a search has found so far; `after` is where it goes on, None when all is read."""
    if len(entries) > limit:
        return Page(entries[:limit], entries[limit - 1][0])
    return Page(entries, after)
