"""What one page of each list reads, in libraries of different sizes: it should follow the page, not the library."""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from bench.ledger import Ledger, ledger
from bench.scenarios import PAGE
from bench.stage import Stage
from tests.library import STATUSES, Library, films
from tests.world import Context, entry_point, http_event

COLUMNS: Final = (
    ("list", "{}"),
    ("library", "{:,}"),
    ("assets", "{}"),
    ("table calls", "{}"),
    ("KB read", "{:.1f}"),
    ("read units", "{:g}"),
)
_PAGES: Final = 3
_ADMIN: Final = {"owner": "root", "groups": ["admin"]}
_LISTS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "GET /assets": ("list_assets", "", {"owner": "ada"}),
    **{f"  ?status={status}": ("list_assets", f"status={status}", {"owner": "ada"}) for status in STATUSES},
    "  ?owner=": ("list_assets", "owner=bob", _ADMIN),
    "  ?owner=&status=errored": ("list_assets", "owner=bob&status=errored", _ADMIN),
    "  ?scope=all": ("list_assets", "scope=all", _ADMIN),
    "GET /gallery": ("gallery", "", {"owner": None}),
}


def rows(stage: Stage, sizes: list[int]) -> Iterator[list[Any]]:
    """For each list and size the dearest of the first pages, each of at most PAGE assets."""
    stage.empty_table()
    library = Library(stage.dynamodb, stage.table_name)
    found: dict[str, list[list[Any]]] = {name: [] for name in _LISTS}
    for size in sorted(sizes):
        library.stock(films(size))
        for name in _LISTS:
            assets, book = max(_walked(name), key=lambda page: page[1].read_units)
            calls = ", ".join(book.calls)
            found[name].append([name, size, assets, calls, book.read_bytes / 1024, book.read_units])
    for measured in found.values():
        yield from measured


def _walked(name: str) -> Iterator[tuple[int, Ledger]]:
    """How many assets a page holds, and what was read for it."""
    function, filters, caller = _LISTS[name]
    cursor = ""
    for _ in range(_PAGES):
        query = "&".join(filter(None, (f"limit={PAGE}", filters, urlencode({"cursor": cursor}) if cursor else "")))
        with ledger() as book:
            result = entry_point(function)(http_event(function, query=query, **caller), Context())
        if result["statusCode"] != 200:
            raise SystemExit(f"{name}: {result}")
        page = json.loads(result["body"])
        yield len(page["data"]), book
        cursor = page["next_cursor"]
        if not cursor:
            return
