"""GET /assets for administrators: everybody's assets, foreign ones too, or one owner's."""

from urllib.parse import urlencode

import pytest

from tests import mux_events
from tests.resources.site import Site
from tests.world import Json

ADMIN: Json = {"owner": "root", "groups": "[admin]"}


def arrive(site: Site, asset_id: str, owner: str | None, second: int, status: str = "ready") -> None:
    """An asset that Mux tells of; owner None stands for one that this stack did not make."""
    at = mux_events.BASE + second
    kind = {"preparing": "created", "ready": "ready", "errored": "errored"}[status]
    passthrough = mux_events.tag(owner) if owner else None
    event = mux_events.asset_event(kind, asset_id=asset_id, passthrough=passthrough, created_at=at, at=at)
    site.world.deliver(event)


def walk(site: Site, limit: int = 100, **query: str) -> list[str]:
    """The ids on all pages of an administrator's list."""
    found: list[str] = []
    cursor = ""
    while True:
        parameters = {"limit": limit} | query | ({"cursor": cursor} if cursor else {})
        answer = site.call("list_assets", query=urlencode(parameters), **ADMIN)
        found += [asset["id"] for asset in answer.data]
        cursor = answer.body["next_cursor"]
        if not cursor:
            return found


@pytest.fixture
def mixed(site: Site) -> Site:
    """Assets of two owners and of none, in every state, two of them of the same second."""
    arrive(site, "ada1", "ada", 1)
    arrive(site, "bob1", "bob", 2, "preparing")
    arrive(site, "foreign1", None, 3)
    arrive(site, "ada2", "ada", 4, "errored")
    arrive(site, "bob2", "bob", 5)
    arrive(site, "foreign2", None, 5, "preparing")
    arrive(site, "ada3", "ada", 6, "preparing")
    return site


EVERYBODYS = ["ada3", "foreign2", "bob2", "ada2", "foreign1", "bob1", "ada1"]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_scope_all_walks_everybodys_assets_newest_first(mixed: Site, limit: int) -> None:
    assert walk(mixed, limit, scope="all") == EVERYBODYS


def test_deleted_assets_and_parts_without_an_asset_are_not_in_it(mixed: Site) -> None:
    mixed.world.deliver(mux_events.asset_event("deleted", asset_id="bob2", at=mux_events.BASE + 60))
    mixed.world.deliver(mux_events.asset_event("deleted", asset_id="never-seen1", at=mux_events.BASE + 60))
    mixed.world.deliver(mux_events.track_event("ready", asset_id="never-seen2", track_id="text1"))
    mixed.world.deliver(mux_events.upload_event("created", upload_id="upload1"))
    for limit in (1, 2, 100):
        assert walk(mixed, limit, scope="all") == [asset for asset in EVERYBODYS if asset != "bob2"]


def test_an_asset_whose_deletion_is_open_is_shown_as_such(mixed: Site) -> None:
    mixed.world.mux.set_faults({"api": {"error_rate": 1}})
    assert mixed.call("delete_asset", owner="ada", id="ada1").status == 202
    mixed.world.mux.set_faults({})
    [asset] = [asset for asset in mixed.call("list_assets", query="scope=all", **ADMIN).data if asset["id"] == "ada1"]
    assert asset["status"] == "deleting"
    assert walk(mixed, owner="ada", status="deleting") == ["ada1"]


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
def test_owner_lists_that_owners_assets(mixed: Site, query: dict[str, str], expected: list[str]) -> None:
    for limit in (1, 100):
        assert walk(mixed, limit, **query) == expected


def test_an_administrator_sees_of_an_asset_exactly_what_its_owner_sees(mixed: Site) -> None:
    theirs = mixed.call("list_assets", owner="bob").data
    assert mixed.call("list_assets", query="owner=bob", **ADMIN).data == theirs
    everybodys = mixed.call("list_assets", query="scope=all", **ADMIN).data
    assert [asset for asset in everybodys if asset["id"].startswith("bob")] == theirs


@pytest.mark.parametrize("query", ["scope=all", "owner=ada", "owner=bob", "scope=all&limit=1"])
@pytest.mark.parametrize("groups", ["", "[editor]", "[administrators]", "[ADMIN]"])
def test_others_may_not_ask_for_more_than_their_own(mixed: Site, query: str, groups: str) -> None:
    before = mixed.calls()
    answer = mixed.call("list_assets", owner="ada", groups=groups, query=query)
    assert (answer.status, answer.messages) == (403, ["scope and owner are for administrators"])
    assert mixed.calls() == before


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
def test_a_query_that_makes_no_sense_is_refused_before_anything_is_read(site: Site, query: str) -> None:
    before = site.calls()
    answer = site.call("list_assets", query=query, **ADMIN)
    assert answer.status == 400
    assert site.calls() == before


def test_a_cursor_belongs_to_one_list(mixed: Site) -> None:
    lists = ["scope=all", "owner=ada", "owner=bob", "owner=ada&status=ready", "owner=ada&status=errored"]
    arrive(mixed, "ada4", "ada", 8)
    arrive(mixed, "ada5", "ada", 9, "errored")
    cursors = {
        query: mixed.call("list_assets", query=f"{query}&limit=1", **ADMIN).body["next_cursor"] for query in lists
    }
    assert all(cursors.values())
    for query in lists:
        for origin, cursor in cursors.items():
            answer = mixed.call("list_assets", query=f"{query}&cursor={cursor}", **ADMIN)
            assert (query, origin, answer.status) == (query, origin, 200 if query == origin else 400)


def test_an_administrator_deletes_anybodys_asset_but_no_foreign_one(site: Site) -> None:
    bobs, foreign = site.ready_film("bob"), site.foreign_film()
    assert site.call("delete_asset", id=bobs, **ADMIN).status == 204
    answer = site.call("delete_asset", id=foreign, **ADMIN)
    assert (answer.status, answer.messages) == (409, ["the asset was not made through this API: delete it at Mux"])
    site.world.advance(3600)
    site.world.schedule()
    assert [asset["id"] for asset in site.world.mux_assets()] == [foreign]
    assert walk(site, scope="all") == [foreign]
