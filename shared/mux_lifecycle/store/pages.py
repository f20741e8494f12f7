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
    """The first `limit` of `items`; `more` says whether others follow."""
    entries = [(text(item, "sort"), item) for item in items]
    return cut(entries, limit, after=entries[-1][0] if entries and more else None)


def cut(entries: list[tuple[str, Item]], limit: int, *, after: str | None) -> Page:
    """The first `limit` of `entries`; `after` is the position of the last record read, None at the end of the list."""
    if len(entries) > limit:
        return Page(entries[:limit], entries[limit - 1][0])
    return Page(entries, after)
