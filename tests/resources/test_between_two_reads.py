"""Lists while somebody writes in the middle of a call: a page may be short or empty, but always leads to the next."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from botocore import client

from tests import mux_events
from tests.resources.site import Site
from tests.world import Json

# Untyped: every client call passes one private method.
BaseClient: Any = client.BaseClient

type BeforeCall = Callable[[str, Callable[[], object], int], None]

ADMIN: Final[Json] = {"owner": "root", "groups": ["admin"]}


@pytest.fixture
def before_call(monkeypatch: pytest.MonkeyPatch) -> BeforeCall:
    """Lets something happen just before the `number`th call of a DynamoDB operation."""

    def register(operation: str, happens: Callable[[], object], number: int) -> None:
        send = BaseClient._make_api_call
        left = [number]

        def make_api_call(client: Any, name: str, arguments: Json) -> Any:
            if name == operation:
                left[0] -= 1
                if left[0] == 0:
                    happens()
            return send(client, name, arguments)

        monkeypatch.setattr(BaseClient, "_make_api_call", make_api_call)

    return register


def put(site: Site, asset_id: str, second: int, **fields: Any) -> None:
    at = mux_events.BASE + second
    site.world.deliver(mux_events.asset_event("ready", asset_id=asset_id, at=at, created_at=at, **fields))


def remove(site: Site, *asset_ids: str) -> None:
    for asset_id in asset_ids:
        site.world.deliver(mux_events.asset_event("deleted", asset_id=asset_id, at=mux_events.BASE + 600))


def pages(site: Site, limit: int, caller: Json, **query: str) -> Iterator[list[str]]:
    cursor = ""
    while True:
        parameters: Json = {"limit": limit} | query | ({"cursor": cursor} if cursor else {})
        answer = site.call("list_assets", query=urlencode(parameters), **caller)
        yield [asset["id"] for asset in answer.data]
        cursor = answer.body["next_cursor"]
        if not cursor:
            return


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (["film5", "film4"], [[], ["film3", "film2"], ["film1"]]),
        (["film5"], [["film4"], ["film3", "film2"], ["film1"]]),
        (["film4", "film3"], [["film5"], ["film2", "film1"]]),
        (["film5", "film4", "film3", "film2", "film1"], [[], []]),
    ],
)
def test_assets_that_go_between_index_and_records_leave_a_page_that_leads_on(
    site: Site, before_call: BeforeCall, gone: list[str], expected: list[list[str]]
) -> None:
    """An administrator's list of everybody's assets reads an index first, then the records."""
    for number in range(1, 6):
        put(site, f"film{number}", number)
    before_call("BatchGetItem", lambda: remove(site, *gone), 1)
    found = list(pages(site, 2, ADMIN, scope="all"))
    # When nothing is left, the page after the empty one says so.
    assert found == expected


@pytest.mark.parametrize(("caller", "query"), [({}, {}), ({}, {"status": "ready"}), (ADMIN, {"owner": "ada"})])
def test_records_too_large_for_one_answer_make_short_pages_and_no_gap(site: Site, caller: Json, query: Json) -> None:
    """A query reads a megabyte at most, whatever its limit."""
    expected = [f"film{number:02}" for number in range(20)][::-1]
    tracks = [{"id": f"Track{number}", "type": "text", "status": "ready", "name": "x" * 1000} for number in range(60)]
    for number, asset_id in enumerate(reversed(expected)):
        put(site, asset_id, number, tracks=tracks)
    found = list(pages(site, 100, caller, **query))
    assert [asset_id for page in found for asset_id in page] == expected
    assert len(found) > 1
    assert all(found)


def test_an_owner_found_late_does_not_bring_back_what_is_being_deleted(site: Site, before_call: BeforeCall) -> None:
    """Two stale events tell whose the asset is; between their writes the owner deletes it."""
    public = {"playback_ids": [{"id": "film1Play", "policy": "public"}]}
    put(site, "film1", 60, passthrough=None, **public)
    stale = mux_events.asset_event("created", asset_id="film1", passthrough=mux_events.tag(visibility="public"))

    def meanwhile() -> None:
        site.world.deliver(stale)
        assert site.gallery() == ["film1"]
        site.world.mux.set_faults({"api": {"error_rate": 1}})
        assert site.call("delete_asset", id="film1").status == 202
        site.world.mux.set_faults({})

    before_call("UpdateItem", meanwhile, 2)
    assert site.world.deliver(stale).data == {"outcome": "stale"}
    assert site.gallery() == []
    assert list(pages(site, 1, {}, status="ready")) == [[]]
    assert list(pages(site, 1, {}, status="deleting")) == [["film1"]]
