"""A page of a list ends where its answer would become too large, and the next one begins right behind it."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle import api, listing
from mux_lifecycle.store import keys
from mux_lifecycle.store.assets import SEARCHED, SEARCHED_AT_ONCE, Assets
from mux_lifecycle.store.ledger import Ledger
from mux_lifecycle.store.pages import Page, page
from mux_lifecycle.store.table import Item, Table

LEFT_OUT: Final = -1
"""A record that the view leaves out."""

sizes = st.lists(st.one_of(st.just(LEFT_OUT), st.integers(0, 40), st.integers(300, 900)), max_size=30)


def records(sizes: list[int]) -> list[Item]:
    return [{"sort": f"{number:03}", "size": size} for number, size in enumerate(sizes)]


def view(record: Item) -> dict[str, str] | None:
    size = record["size"]
    assert isinstance(size, int)
    return None if size == LEFT_OUT else {"id": str(record["sort"]), "title": "🚢" * size}


@given(sizes, st.integers(1, 12))
def test_a_walk_meets_entries_of_any_size_once_and_no_page_is_too_large(sizes: list[int], limit: int) -> None:
    items, met, walked = records(sizes), list[str](), 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listing, "MAX_BYTES", 1000)
        while True:
            found = listing.listing(page(items[walked:], limit, more=False), view)
            entries = [json.loads(text) for text in found.entries]
            assert len(entries) <= limit
            assert sum(len(text.encode()) for text in found.entries) <= 1000 or len(entries) == 1
            met += [entry["id"] for entry in entries]
            if found.position is None:
                break
            assert int(found.position) >= walked
            walked = int(found.position) + 1
    assert met == [item["sort"] for item in items if item["size"] != LEFT_OUT]


@given(sizes)
def test_a_page_is_as_long_as_its_size_allows(sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listing, "MAX_BYTES", 1000)
        found = listing.listing(page(records(sizes), 30, more=False), view)
    fits, used = 0, 0
    texts = [api.encoded(shown) for record in records(sizes) if (shown := view(record)) is not None]
    for text in texts:
        used += len(text.encode())
        if fits and used > 1000:
            break
        fits += 1
    assert found.entries == texts[:fits]


def test_entries_that_do_not_fit_are_not_read() -> None:
    read: list[str] = []

    def entries() -> Iterator[tuple[str, Item]]:
        for record in records([900] * 5):
            read.append(str(record["sort"]))
            yield read[-1], record

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listing, "MAX_BYTES", 1000)
        found = listing.listing(Page(entries(), "004"), view)
    assert (len(found.entries), found.position, read) == (1, "000", ["000", "001"])


class Shelf(Table):
    """A table whose library holds a hundred assets; `read` are those whose records were asked for."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def query(self, *_: Any, limit: int, **__: Any) -> tuple[list[Item], bool]:
        names = [f"{number:03}" for number in range(limit)]
        return [{"pk": f"ASSET#{name}", "sort": name} for name in names], False

    def get_all(self, pks: list[str], *, consistent: bool = False) -> list[Item]:
        self.read += pks
        return [{"pk": pk, "sort": pk.removeprefix("ASSET#"), "seen": "2|", "size": 900} for pk in pks]


def test_a_page_of_everybodys_largest_assets_reads_only_a_few_records() -> None:
    """Else an administrator's page would read and throw away tens of megabytes."""
    shelf = Shelf()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listing, "MAX_BYTES", 10_000)
        found = listing.listing(Assets(shelf, Ledger(shelf, {})).library(limit=100, after=None), view)
    assert (len(found.entries), found.position) == (2, "001")
    assert len(shelf.read) <= 25


class LargeRecords(Table):
    """A table that answers each query with one record, as DynamoDB does when two are larger than 1 MB."""

    def __init__(self) -> None:
        self.queries = 0

    def query(self, *_: Any, **__: Any) -> tuple[list[Item], bool]:
        self.queries += 1
        return [{"sort": keys.sort(1_790_000_000, f"asset{self.queries}")}], True


@pytest.mark.parametrize("matching", [True, False])
def test_a_search_in_the_largest_records_makes_few_calls_and_says_where_it_goes_on(matching: bool) -> None:
    table = LargeRecords()
    found = Assets(table, Ledger(table, {})).page("ada", None, limit=100, after=None, matches=lambda _: matching)
    assert table.queries == SEARCHED // SEARCHED_AT_ONCE
    assert len(list(found.entries)) == (table.queries if matching else 0)
    assert found.after == keys.sort(1_790_000_000, f"asset{table.queries}")


def test_an_empty_page_of_what_goes_on_leads_on() -> None:
    assert listing.listing(Page([], "007"), view) == ([], "007")


@pytest.mark.parametrize(
    ("text", "written"),
    [("Hafen", "Hafen"), ("港 🚢", "港 🚢"), ('"\\\n', '\\"\\\\\\n'), ("a\ud83d", "a?"), ("\udea2b", "?b")],
)
def test_answers_are_written_in_utf8_without_needless_escapes(text: str, written: str) -> None:
    body = api.ok({"title": text}).body
    assert body == f'{{"data":{{"title":"{written}"}}}}'
    assert body.encode().decode() == body


@given(st.recursive(st.text(st.characters()), lambda inner: st.dictionaries(st.text(st.characters()), inner)))
def test_any_text_can_be_answered(value: object) -> None:
    body = api.ok(value).body
    assert body is not None
    assert json.loads(body.encode()).keys() == {"data"}


def test_a_page_of_encoded_entries_is_one_json_object() -> None:
    body = api.page([api.encoded({"id": 1}), api.encoded({"id": "ü"})], 'a"b').body
    assert body == '{"data":[{"id":1},{"id":"ü"}],"next_cursor":"a\\"b"}'
    assert api.page([], None).body == '{"data":[],"next_cursor":null}'
