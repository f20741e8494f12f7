"""GET /assets: pages newest first that neither skip nor repeat, whatever happens between two of them."""

from urllib.parse import urlencode

import pytest

from tests.handlers.client import Client
from tests.handlers.front import Front, Reply
from tests.handlers.listing import all_pages, ids, page, put, remove

DAY = 86_400


def test_an_empty_list_is_one_empty_page(client: Client) -> None:
    assert page(client).body == {"data": [], "next_cursor": None}


def test_the_newest_comes_first(client: Client) -> None:
    for asset_id, age in (("middle", 10), ("newest", 0), ("oldest", DAY)):
        put(client, asset_id, age=age)
    assert ids(all_pages(client)) == ["newest", "middle", "oldest"]
    assert ids(all_pages(client, limit=1)) == ["newest", "middle", "oldest"]


def test_assets_of_the_same_second_are_all_there_in_one_order(client: Client) -> None:
    for number in range(7):
        put(client, f"same{number}")
    order = ids(all_pages(client))
    assert sorted(order) == [f"same{number}" for number in range(7)]
    for limit in range(1, 8):
        assert ids(all_pages(client, limit=limit)) == order


def test_a_page_holds_25_unless_told_otherwise_and_100_at_most(client: Client) -> None:
    for number in range(102):
        put(client, f"film{number}", age=number)
    assert len(page(client).data) == 25
    assert len(page(client, limit=100).data) == 100
    assert ids(all_pages(client)) == [f"film{number}" for number in range(102)]
    assert [len(answer.data) for answer in all_pages(client, limit=100)] == [100, 2]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_last_page_says_so_and_is_never_empty(client: Client, count: int) -> None:
    for number in range(count):
        put(client, f"film{number}", age=number)
    for limit in range(1, count + 2):
        answers = all_pages(client, limit=limit)
        assert all(len(answer.data) == limit for answer in answers[:-1])
        assert 0 < len(answers[-1].data) <= limit


def test_a_filter_shows_its_status_in_full_pages(client: Client) -> None:
    """Whatever lies between: a page costs what it shows."""
    for number in range(8):
        put(client, f"film{number}", age=number, kind="ready" if number % 2 else "errored")
    put(client, "young1", kind="created")
    answers = all_pages(client, status="errored", limit=3)
    assert [len(answer.data) for answer in answers] == [3, 1]
    assert ids(answers) == ["film0", "film2", "film4", "film6"]
    assert ids(all_pages(client, status="preparing")) == ["young1"]
    assert ids(all_pages(client, status="deleting")) == []


def test_a_filter_follows_the_status(client: Client) -> None:
    put(client, "film1", kind="created")
    assert ids([page(client, status="preparing")]) == ["film1"]
    put(client, "film1", kind="ready")
    assert ids([page(client, status="preparing")]) == []
    assert ids([page(client, status="ready")]) == ["film1"]


def test_what_is_deleted_is_in_no_list(client: Client) -> None:
    for number in range(6):
        put(client, f"film{number}", age=number)
    for number in (0, 1, 4, 5):
        remove(client, f"film{number}")
    assert ids(all_pages(client, limit=2)) == ["film2", "film3"]
    assert ids(all_pages(client, limit=2, status="ready")) == ["film2", "film3"]
    client.world.advance(8 * DAY)
    assert ids(all_pages(client, limit=2)) == ["film2", "film3"]


def test_a_cursor_outlives_the_asset_it_points_at(client: Client) -> None:
    for number in range(4):
        put(client, f"film{number}", age=number)
    cursor = page(client, limit=2).body["next_cursor"]
    remove(client, "film1")
    assert ids([page(client, limit=2, cursor=cursor)]) == ["film2", "film3"]


def test_an_asset_that_is_being_deleted_keeps_its_place(client: Client, front: Front) -> None:
    for number in range(3):
        put(client, f"film{number}", age=number)
    front.answer("DELETE", "/video/v1/assets/.*", Reply(403))
    assert client.call("delete_asset", id="film1").status == 202
    assert ids(all_pages(client, limit=1)) == ["film0", "film1", "film2"]


@pytest.mark.parametrize(
    ("owner", "query"), [("bob", {}), ("ad", {}), ("ada", {"status": "ready"}), ("bob", {"status": "ready"})]
)
def test_a_cursor_is_good_for_its_own_list_only(client: Client, owner: str, query: dict[str, str]) -> None:
    for number in range(3):
        put(client, f"film{number}", age=number)
        put(client, f"bobs{number}", age=number, owner="bob")
    cursor = page(client, limit=1).body["next_cursor"]
    messages = client.refused("list_assets", 400, owner=owner, query=urlencode(query | {"cursor": cursor}))
    assert messages[0].startswith("cursor: ")


def test_a_cursor_of_a_filtered_list_does_not_open_another(client: Client) -> None:
    for number in range(3):
        put(client, f"film{number}", age=number)
    cursor = page(client, limit=1, status="ready").body["next_cursor"]
    for other in ({}, {"status": "errored"}, {"status": "deleting"}):
        client.refused("list_assets", 400, query=urlencode(other | {"cursor": cursor}))
    assert ids([page(client, status="ready", cursor=cursor)]) == ["film1", "film2"]


def test_a_cursor_says_nothing_about_the_length_of_pages(client: Client) -> None:
    for number in range(5):
        put(client, f"film{number}", age=number)
    cursor = page(client, limit=1).body["next_cursor"]
    assert ids([page(client, limit=100, cursor=cursor)]) == ["film1", "film2", "film3", "film4"]


def test_a_cursor_that_was_altered_anywhere_is_refused(client: Client) -> None:
    for number in range(2):
        put(client, f"film{number}", age=number)
    cursor = page(client, limit=1).body["next_cursor"]
    altered = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(len(cursor))
    ]
    altered += [
        cursor[1:],
        cursor[:-1],
        cursor[:-4],
        cursor + "A",
        cursor + "=",
        cursor + "AAAA",
        cursor * 2,
        cursor.swapcase(),
    ]
    for wrong in altered:
        client.refused("list_assets", 400, query=urlencode({"cursor": wrong}))


def test_a_page_costs_one_query(client: Client) -> None:
    for number in range(12):
        put(client, f"film{number}", age=number, kind="ready" if number % 10 else "errored")
    for query in ({}, {"status": "errored"}, {"limit": 1}):
        before = client.calls()
        page(client, **query)
        aws, mux = client.calls()
        assert (aws - before[0], mux - before[1]) == (1, 0)
