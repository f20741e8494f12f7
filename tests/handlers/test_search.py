"""GET /assets with a search, a visibility or an order: what is found, and what it costs."""

import unicodedata
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle import titles
from mux_lifecycle.models import AssetWish
from mux_lifecycle.store import assets
from tests import mux_events
from tests.handlers.client import Client
from tests.handlers.listing import all_pages, ids, page
from tests.world import Answer

ADMIN = {"owner": "grace", "groups": ["admin"]}


def put(
    client: Client, asset_id: str, title: object, *, owner: str = "ada", age: int = 0, public: bool = False
) -> None:
    event = mux_events.asset_event(
        "ready",
        asset_id=asset_id,
        passthrough=mux_events.tag(owner, visibility="public" if public else "private"),
        created_at=mux_events.BASE - age,
        meta={"title": title} if title is not None else None,
        playback_ids=[{"id": f"{asset_id}Play", "policy": "public" if public else "signed"}],
    )
    assert client.world.deliver(event).data == {"outcome": "applied"}


def found(client: Client, **query: Any) -> list[str]:
    return ids(all_pages(client, **query))


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Harbour at dawn", "bour at"),
        ("Harbour at dawn", "HARBOUR"),
        ("STRASSE", "straße"),
        ("Café", "cafe\u0301"),
        ("Cafe\u0301", "café"),
        ("ＴＯＫＹＯ", "tokyo"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("100 % #1?&=", "% #1?&="),
        ("ΌΣΟΣ", "όσος"),
    ],
)
def test_a_search_ignores_case_unicode_form_and_width(client: Client, title: str, words: str) -> None:
    put(client, "wanted", title)
    put(client, "other", "Something else", age=1)
    assert found(client, q=words) == ["wanted"]


def test_accents_make_a_difference(client: Client) -> None:
    put(client, "plain", "Cafe")
    assert found(client, q="café") == []


@pytest.mark.parametrize("title", [None, "", 7, ["harbour"]])
def test_an_asset_without_a_readable_title_is_not_found(client: Client, title: object) -> None:
    put(client, "untitled", title)
    assert found(client, q="harbour") == []
    assert found(client) == ["untitled"]


def test_a_search_finds_the_callers_own_assets_only(client: Client) -> None:
    put(client, "mine", "Harbour")
    put(client, "theirs", "Harbour", owner="bob")
    assert found(client, q="harbour") == ["mine"]
    answer = client.call("list_assets", query="q=harbour&owner=bob", **ADMIN)
    assert [asset["id"] for asset in answer.data] == ["theirs"]


def test_visibility_and_status_narrow_a_search(client: Client) -> None:
    put(client, "private1", "Harbour one")
    put(client, "public1", "Harbour two", age=1, public=True)
    put(client, "public2", "Elsewhere", age=2, public=True)
    assert found(client, visibility="public") == ["public1", "public2"]
    assert found(client, visibility="private") == ["private1"]
    assert found(client, visibility="public", q="harbour") == ["public1"]
    assert found(client, visibility="public", q="harbour", status="errored") == []


def test_the_oldest_come_first_when_asked_for(client: Client) -> None:
    for number in range(5):
        put(client, f"film{number}", f"Harbour {number}", age=number)
    expected = [f"film{number}" for number in reversed(range(5))]
    for limit in (1, 2, 5):
        assert found(client, order="oldest", limit=limit) == expected
        assert found(client, order="oldest", limit=limit, q="harbour") == expected
    answer = client.call("list_assets", query="scope=all&order=oldest", **ADMIN)
    assert [asset["id"] for asset in answer.data] == expected
    assert found(client, order="newest") == list(reversed(expected))


def test_a_page_of_a_search_reads_a_bounded_number_of_records_and_goes_on(client: Client) -> None:
    for number in range(12):
        put(client, f"film{number}", "Harbour" if number in (0, 7, 11) else "Elsewhere", age=number)
    with patch.object(assets, "SEARCHED", 4):
        answers = all_pages(client, q="harbour", limit=2)
    assert ids(answers) == ["film0", "film7", "film11"]
    assert [len(answer.data) for answer in answers] == [1, 1, 1]
    with patch.object(assets, "SEARCHED", 3):
        answers = all_pages(client, q="nothing")
    assert ids(answers) == []
    assert len(answers) == 4


def test_a_full_page_is_the_last_one_when_nothing_else_matches(client: Client) -> None:
    for number in range(4):
        put(client, f"film{number}", "Harbour" if number < 2 else "Elsewhere", age=number)
    answer = page(client, q="harbour", limit=2)
    assert (len(answer.data), answer.body["next_cursor"]) == (2, None)


def test_a_search_reads_its_records_in_parts_and_stops_when_its_page_is_full(client: Client) -> None:
    for number in range(13):
        put(client, f"film{number}", "Harbour" if number < 6 else "Elsewhere", age=number)
    page(client)
    with patch.object(assets, "SEARCHED_AT_ONCE", 3):
        # What is searched for, the size of the page, and how many parts are read for it.
        for words, limit, parts in (("harbour", 2, 1), ("harbour", 3, 2), ("harbour", 6, 5), ("elsewhere", 2, 3)):
            before, _ = client.calls()
            answer = page(client, q=words, limit=limit)
            assert client.calls()[0] - before == parts
            assert len(answer.data) == limit
        assert ids(all_pages(client, q="harbour", limit=1)) == [f"film{number}" for number in range(6)]


def test_a_search_is_one_query(client: Client) -> None:
    for number in range(30):
        put(client, f"film{number}", "Harbour", age=number)
    page(client)
    aws, mux = client.calls()
    page(client, q="harbour")
    assert client.calls() == (aws + 1, mux)


@pytest.mark.parametrize("changed", [{"q": "harbou"}, {"visibility": "private"}, {"order": "oldest"}, {"q": ""}])
def test_a_cursor_is_good_for_its_own_search_only(client: Client, changed: dict[str, str]) -> None:
    for number in range(3):
        put(client, f"film{number}", "Harbour", age=number)
    query: dict[str, Any] = {"q": "harbour", "limit": 1}
    cursor = page(client, **query).body["next_cursor"]
    other = {name: value for name, value in (query | changed).items() if value != ""}
    answer = refused(client, cursor=cursor, **other)
    assert "cursor" in answer.messages[0]


@pytest.mark.parametrize(
    "query",
    [
        {"q": ""},
        {"q": "x" * 101},
        {"visibility": "secret"},
        {"visibility": ""},
        {"order": "title"},
        {"order": ""},
    ],
)
def test_a_filter_that_makes_no_sense_is_named(client: Client, query: dict[str, str]) -> None:
    [message] = refused(client, **query).messages
    assert message.startswith(next(iter(query)))


@pytest.mark.parametrize("filtered", ["q=harbour", "visibility=public"])
def test_everybodys_assets_are_not_searched(client: Client, filtered: str) -> None:
    answer = client.call("list_assets", query=f"scope=all&{filtered}", **ADMIN)
    assert answer.status == 400


def test_titles_are_stored_in_one_unicode_form() -> None:
    assert AssetWish.parse({"title": "Cafe\u0301"}).title == "Café"


def test_a_title_that_mux_tells_is_shown_in_one_unicode_form(client: Client) -> None:
    put(client, "film", "Cafe\u0301")
    assert page(client).data[0]["title"] == "Café"


@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_a_text_is_found_in_whatever_it_is_part_of_and_however_it_is_written(
    text: str, before: str, after: str
) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert titles.folded(unicodedata.normalize(form, text)) == titles.folded(text)
    title = f"{before} {text} {after}"
    assert f" {titles.folded(text)} ".strip() in titles.folded(title)


def refused(client: Client, **query: object) -> Answer:
    answer = client.call("list_assets", query=urlencode(query))
    assert answer.status == 400, answer
    return answer
