"""GET /assets for administrators: everybody's assets, foreign ones too, or one owner's."""

import pytest

from tests.resources.mixture import ADMIN, EVERYBODYS, mix, walk
from tests.resources.site import Site


@pytest.fixture(scope="module")
def shown(standing: Site) -> Site:
    return mix(standing)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_scope_all_walks_everybodys_assets_newest_first(shown: Site, limit: int) -> None:
    assert walk(shown, limit, scope="all") == EVERYBODYS


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"owner": "ada"}, ["ada3", "ada2", "ada1"]),
        ({"owner": "bob"}, ["bob2", "bob1"]),
        ({"owner": "nobody"}, []),
        ({"owner": "ada", "status": "errored"}, ["ada2"]),
        ({"owner": "ada", "status": "preparing"}, ["ada3"]),
        ({"owner": "bob", "status": "ready"}, ["bob2"]),
        ({"owner": "bob", "status": "deleting"}, []),
        ({}, []),
    ],
)
def test_owner_lists_that_owners_assets(shown: Site, query: dict[str, str], expected: list[str]) -> None:
    for limit in (1, 100):
        assert walk(shown, limit, **query) == expected


def test_an_administrator_sees_of_an_asset_exactly_what_its_owner_sees(shown: Site) -> None:
    theirs = shown.call("list_assets", owner="bob").data
    assert shown.call("list_assets", query="owner=bob", **ADMIN).data == theirs
    everybodys = shown.call("list_assets", query="scope=all", **ADMIN).data
    assert [asset for asset in everybodys if asset["id"].startswith("bob")] == theirs


@pytest.mark.parametrize("query", ["scope=all", "owner=ada", "owner=bob", "scope=all&limit=1"])
@pytest.mark.parametrize("groups", [None, ["editor"], ["administrators"], ["ADMIN"], ["video admin"], ["admin editor"]])
def test_others_may_not_ask_for_more_than_their_own(shown: Site, query: str, groups: list[str] | None) -> None:
    before = shown.calls()
    answer = shown.call("list_assets", owner="ada", groups=groups, query=query)
    assert (answer.status, answer.messages) == (403, ["scope and owner are for administrators"])
    assert shown.calls() == before


@pytest.mark.parametrize(
    "query",
    [
        "scope=all&status=ready",
        "scope=all&owner=ada",
        "scope=mine",
        "scope=",
        "scope=ALL",
        "scope=all&scope=all",
        "owner=",
        "owner=a%23b",
        "owner=%C3%A4da",
        "owner=" + "x" * 129,
        "owner=a%20b",
        "owner=ada&status=gone",
        "owner=ada&limit=0",
    ],
)
def test_a_query_that_makes_no_sense_is_refused_before_anything_is_read(standing: Site, query: str) -> None:
    before = standing.calls()
    answer = standing.call("list_assets", query=query, **ADMIN)
    assert answer.status == 400
    assert standing.calls() == before
