"""Administrators' lists while assets come, are deleted and wait for their deletion."""

import pytest

from tests import mux_events
from tests.resources.mixture import ADMIN, EVERYBODYS, arrive, mix, walk
from tests.resources.site import Site


@pytest.fixture
def mixed(site: Site) -> Site:
    return mix(site)


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
