"""Walking a large library page by page while others come and go: who was there all the time is met exactly once."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.table import Table
from tests import mux_events
from tests.resources.site import Site
from tests.world import STACK, Json

OWNERS = ("ada", "bob", "cleo")
NOW = mux_events.BASE + 100_000
ADMIN: Json = {"owner": "root", "groups": "[admin]"}


def store(site: Site) -> Assets:
    return Assets(Table(site.world.dynamodb, site.world.table_name))


def snapshot(number: int, owner: str) -> projection.AssetChange:
    """A ready, public asset; three of every second."""
    asset_id, at = f"film{number}", mux_events.BASE + number // 3
    tag = Tag(STACK, owner, "kR7dQ2wXn0VbLs5TzYpHfA", "public").encode()
    ids = [{"id": f"{asset_id}Play", "policy": "public"}]
    event = mux_events.asset_event(
        "ready", asset_id=asset_id, passthrough=tag, at=at, created_at=at, playback_ids=ids, tracks=None
    )
    change = projection.from_event(event, stack=STACK, now=at)
    assert isinstance(change, projection.AssetChange)
    return change


def fill(site: Site, total: int) -> None:
    """The library; one record is written by the store, the others are copies with other names."""
    assets = store(site)
    assets.apply(snapshot(0, OWNERS[0]), owner=OWNERS[0])
    [item] = site.world.dynamodb.scan(TableName=site.world.table_name)["Items"]
    writes: list[Any] = []
    for number in range(1, total):
        change, owner = snapshot(number, OWNERS[number % 3]), OWNERS[number % 3]
        made = {name: dict(value) for name, value in item.items()}
        texts = {
            "pk": f"ASSET#{change.asset_id}",
            "seen": change.version,
            "doc": change.document,
            "sort": f"{mux_events.stamp(change.created_at)[:19]}Z#{change.asset_id}",
            "owner": owner,
            "owner_status": f"{owner}#ready",
        }
        writes.append({"PutRequest": {"Item": made | {name: {"S": text} for name, text in texts.items()}}})
    for start in range(0, len(writes), 25):
        site.world.dynamodb.batch_write_item(RequestItems={site.world.table_name: writes[start : start + 25]})


def pages(site: Site, function: str, query: Json, caller: Json) -> Iterator[list[str]]:
    cursor = ""
    while True:
        parameters = query | ({"cursor": cursor} if cursor else {})
        answer = site.call(function, query=urlencode(parameters), **caller)
        yield [asset["id"] for asset in answer.data]
        cursor = answer.body["next_cursor"]
        if not cursor:
            return


def test_a_copied_record_equals_what_the_store_writes(site: Site) -> None:
    """Else the library below would prove nothing."""
    assets = store(site)
    change = snapshot(7, "bob")
    assets.apply(change, owner="bob")
    [written] = site.records().values()
    assert written["sort"] == f"{mux_events.stamp(change.created_at)[:19]}Z#film7"
    assert (written["owner_status"], written["gallery"], written["library"]) == ("bob#ready", "public", "asset")


@pytest.mark.parametrize(
    ("function", "total", "query", "caller", "mine"),
    [
        ("list_assets", 1500, {"limit": "25"}, {"owner": "ada"}, lambda number: number % 3 == 0),
        ("list_assets", 600, {"limit": "9", "status": "ready"}, {"owner": "bob"}, lambda number: number % 3 == 1),
        ("list_assets", 600, {"limit": "9", "owner": "cleo"}, ADMIN, lambda number: number % 3 == 2),
        ("list_assets", 600, {"limit": "25", "scope": "all"}, ADMIN, lambda _number: True),
        ("gallery", 600, {"limit": "25"}, {"owner": None}, lambda _number: True),
    ],
    ids=["mine among others", "mine by status", "an owner's", "everybody's", "gallery"],
)
def test_each_asset_that_stays_is_met_exactly_once_while_others_come_and_go(
    site: Site, function: str, total: int, query: Json, caller: Json, mine: Callable[[int], bool]
) -> None:
    fill(site, total)
    assets = store(site)
    at_first = [f"film{number}" for number in range(total) if mine(number)]
    leaving, arriving = at_first[5::17], itertools.count(total)
    left, arrived = set[str](), set[str]()
    met: Counter[str] = Counter()
    for page in pages(site, function, query, caller):
        assert 0 < len(page) <= int(query["limit"])
        met.update(page)
        for asset_id in (leaving.pop(), leaving.pop(0)) if len(leaving) > 1 else ():
            assets.bury(projection.observed_deletion(asset_id, sent_at=NOW), now=NOW)
            left.add(asset_id)
        for owner in OWNERS:
            change = snapshot(next(arriving), owner)
            assets.apply(change, owner=owner)
            arrived.add(change.asset_id)
    assert left
    assert {asset_id: met[asset_id] for asset_id in at_first if asset_id not in left and met[asset_id] != 1} == {}
    assert max(met.values()) == 1
    assert met.keys() <= {*at_first} | arrived
