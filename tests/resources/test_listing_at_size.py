"""Walking a large library page by page while others come and go: who was there all the time is met exactly once."""

import itertools
from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import pytest

from local.mux import MuxEmulator
from tests.library import STATUSES, Film, Library, films
from tests.world import Json, World

ADMIN: Final[Json] = {"owner": "root", "groups": ["admin"]}
MANY_PAGES: Final = 15
"""So many pages are walked of the lists that an administrator or everybody sees."""


@dataclass(frozen=True)
class Shelf:
    """A library, whom to ask for its lists, and how many assets a page has."""

    world: World
    library: Library
    limit: int


@dataclass(frozen=True)
class List:
    """A list: how it is asked for, which assets are in it, and how many of its pages are walked (0: all)."""

    shows: Callable[[Film], bool]
    query: str = ""
    function: str = "list_assets"
    caller: Json | None = None
    pages: int = 0

    def walk(self, shelf: Shelf) -> Iterator[list[Json]]:
        cursor = ""
        for _ in range(self.pages or 1_000_000):
            query = f"limit={shelf.limit}&{self.query}".rstrip("&")
            query += f"&{urlencode({'cursor': cursor})}" if cursor else ""
            answer = shelf.world.call(self.function, query=query, **self.caller or {"owner": "ada"})
            yield answer.data
            cursor = answer.body["next_cursor"]
            if not cursor:
                return


def _of(owner: str, status: str = "") -> Callable[[Film], bool]:
    return lambda film: film.owner == owner and status in ("", film.status)


LISTS: Final = {
    "mine": List(_of("ada")),
    **{f"mine, {status}": List(_of("ada", status), f"status={status}") for status in STATUSES},
    "an owner's": List(_of("bob"), "owner=bob", caller=ADMIN, pages=MANY_PAGES),
    "an owner's, errored": List(_of("bob", "errored"), "owner=bob&status=errored", caller=ADMIN),
    "everybody's": List(lambda _film: True, "scope=all", caller=ADMIN, pages=MANY_PAGES),
    "gallery": List(lambda film: film.in_gallery, "", "gallery", {"owner": None}, MANY_PAGES),
}


@pytest.fixture(scope="module")
def world(emulator: MuxEmulator) -> Iterator[World]:
    """One table for all walks: they leave it changed, and each begins with what it finds."""
    emulator.reset()
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world


@pytest.fixture(
    scope="module",
    # moto searches the whole table for each query.
    params=[(1_000, 10), pytest.param((50_000, 100), marks=[pytest.mark.large, pytest.mark.timeout(1200)])],
    ids=str,
)
def shelf(request: pytest.FixtureRequest, world: World) -> Shelf:
    """A fifth of the assets belong to each owner: 10,000 of 50,000 are ada's, a hundred of the largest pages."""
    count, limit = request.param
    world.replace_items([])
    library = Library(world.dynamodb, world.table_name)
    library.stock(films(count))
    return Shelf(world, library, limit)


@pytest.mark.parametrize("name", LISTS)
def test_each_asset_is_met_exactly_once_newest_first_while_others_come_and_go(shelf: Shelf, name: str) -> None:
    """Between two pages go the asset that the cursor points at, one soon after it and the last of all; as many come."""
    shown, library = LISTS[name], shelf.library
    expected = {film.position: film for film in library.present.values() if shown.shows(film)}
    fresh = itertools.count(max(film.number for film in library.present.values()) + 1)
    nearest = itertools.cycle((1, 2, 3))
    met: list[str] = []
    for page in shown.walk(shelf):
        assert 0 < len(page) <= shelf.limit
        met += [f"{asset['created_at']}#{asset['id']}" for asset in page]
        assert met[-1] in expected
        cursor = expected[met[-1]]
        behind = sorted(position for position in expected if position < cursor.position)
        library.remove(cursor)
        for position in {*behind[-next(nearest) :][:1], *behind[:1]}:
            library.remove(expected.pop(position))
        newest = replace(cursor, number=next(fresh), created_at=cursor.created_at + 1_000_000)
        passed = replace(cursor, number=next(fresh))
        coming = replace(cursor, number=next(fresh), created_at=cursor.created_at - 1)
        for film in (newest, passed, coming):
            library.add(film)
        if coming.position < cursor.position:
            expected[coming.position] = coming
    assert met == sorted(met, reverse=True)
    assert met == [position for position in sorted(expected, reverse=True) if position >= met[-1]]
    assert len(met) > 2 * shelf.limit
