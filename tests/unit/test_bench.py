"""What the bench says about capacity follows DynamoDB's rules, and it leaves no function out."""

import copy
import re
from typing import Any

import pytest

from bench import capacity
from bench.footprint import MEGABYTE, table, too_many
from bench.ledger import Ledger, ledger
from bench.scenarios import SCENARIOS, expected
from local.intrinsics import read
from local.template import Template
from tests import mux_events
from tests.library import Library, films
from tests.world import ROOT, Context, World, delivery, entry_point

INDEX = {
    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "sort", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["doc"]},
}


def item(size: int, **attributes: str) -> dict[str, Any]:
    """An item of `size` bytes."""
    given = {name: {"S": value} for name, value in ({"pk": "A"} | attributes).items()}
    return given | {"fill": {"S": "x" * (size - capacity.size(given) - len("fill"))}}


def test_the_page_shows_what_memory_each_function_has_and_that_it_uses_less(world: World) -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    sizes = {function.handler.partition(".")[0]: function.memory for function in world.template.functions.values()}
    assert {name: int(size) for name, size, _, _ in rows} == sizes
    assert {(name, int(limit)) for name, _, _, limit in rows if limit != "70"} == {
        ("webhook_receiver", 50),
        ("list_assets", 50),
    }
    found = {name: (int(size), int(peak) * MEGABYTE) for name, size, peak, _ in rows}
    assert table(found) in page
    assert not too_many(found)


@pytest.mark.parametrize(("peak", "is_too_many"), [(50, []), (51, ["list_assets"]), (71, ["list_assets", "reconcile"])])
def test_a_function_may_use_so_much_memory(peak: int, is_too_many: list[str]) -> None:
    assert too_many(dict.fromkeys(("list_assets", "reconcile"), (1024, peak * MEGABYTE))) == is_too_many


def test_every_route_and_schedule_of_the_template_has_a_scenario(world: World) -> None:
    assert expected(world.template) == SCENARIOS.keys()


@pytest.mark.parametrize(
    ("events", "missing"),
    [
        ({}, "purge"),
        ({"Nightly": {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 day)"}}}, "purge"),
        ({"Route": {"Type": "HttpApi", "Properties": {"Method": "POST", "Path": "/purge"}}}, "POST /purge"),
    ],
)
def test_a_function_without_one_is_missed(events: dict[str, Any], missing: str) -> None:
    document = copy.deepcopy(read((ROOT / "template.yaml").read_text()))
    document["Resources"]["PurgeFunction"] = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Handler": "purge.handler", "Events": events},
    }
    parameters = {"AllowedOrigins": "https://www.example.com", "JwtIssuer": "https://i.example.com", "JwtAudience": "c"}
    assert expected(Template(document, ROOT, parameters)) - SCENARIOS.keys() == {missing}


@pytest.mark.parametrize(
    ("sizes", "units"), [([], 0.5), ([4096], 0.5), ([4097], 1), ([2048, 2048], 0.5), ([2048, 2049], 1), ([9000], 1.5)]
)
def test_a_read_counts_the_sum_in_blocks_of_four_kilobytes(sizes: list[int], units: float) -> None:
    items: list[capacity.Item] = [item(size) for size in sizes]
    assert capacity.read_units(items, consistent=False) == units
    assert capacity.read_units(items, consistent=True) == 2 * units


def test_a_write_counts_the_item_and_each_index_that_changes() -> None:
    old = item(1024, owner="ada", sort="1", doc="d")
    assert capacity.write_units(None, item(1024), [INDEX]) == 1
    assert capacity.write_units(None, item(1025), [INDEX]) == 2
    assert capacity.write_units(None, old, [INDEX]) == 2
    assert capacity.write_units(old, old | {"other": {"S": ""}}, [INDEX]) == 2, "what is not projected costs no index"
    assert capacity.write_units(old, old | {"doc": {"S": "e"}}, [INDEX]) == 2
    assert capacity.write_units(old, old | {"sort": {"S": "2"}}, [INDEX]) == 3, (
        "another place is a removal and an entry"
    )
    assert capacity.write_units(old, {"pk": {"S": "A"}}, [INDEX]) == 2
    assert capacity.refused_write_units(None) == capacity.refused_write_units(old) == 1
    assert capacity.refused_write_units(item(3000)) == 3


def test_a_page_costs_the_same_in_a_library_ten_times_as_large(world: World) -> None:
    library = Library(world.dynamodb, world.table_name)
    lists = ["limit=4", "limit=4&status=ready", "limit=4&scope=all", "limit=4&owner=bob"]
    found: dict[str, list[Ledger]] = {query: [] for query in lists}
    for size in (100, 1000):
        library.stock(films(size))
        for query, books in found.items():
            with ledger() as book:
                assert len(world.call("list_assets", groups=["admin"], query=query).data) == 4
            books.append(book)
    assert {query: [book.read_units for book in books] for query, books in found.items()} == {
        "limit=4": [0.5, 0.5],
        "limit=4&status=ready": [0.5, 0.5],
        "limit=4&scope=all": [2.5, 2.5],
        "limit=4&owner=bob": [0.5, 0.5],
    }
    assert [book.calls for book in found["limit=4&scope=all"]] == [["Query", "BatchGetItem"]] * 2


def test_what_a_batch_does_not_find_is_paid_for_too(world: World) -> None:
    with ledger() as book:
        keys = [{"pk": {"S": f"ASSET#missing{number}"}} for number in range(4)]
        world.dynamodb.batch_get_item(RequestItems={world.table_name: {"Keys": keys}})
    assert (book.read_units, book.read_bytes) == (2, 0)


def test_a_read_that_hides_what_it_costs_is_not_counted_but_refused(world: World) -> None:
    """A filter drops what was paid for."""
    Library(world.dynamodb, world.table_name).stock(films(10))
    with ledger(), pytest.raises(ValueError, match="Query"):
        world.dynamodb.query(
            TableName=world.table_name,
            IndexName="library",
            KeyConditionExpression="library = :all",
            FilterExpression="sort > :none",
            ExpressionAttributeValues={":all": {"S": "asset"}, ":none": {"S": "9"}},
        )
    with ledger(), pytest.raises(ValueError, match="Scan"):
        world.dynamodb.scan(TableName=world.table_name)


def test_writes_are_counted_also_those_that_are_refused(world: World) -> None:
    ready = mux_events.asset_event("ready", asset_id="film1", at=mux_events.BASE + 9)
    stale = mux_events.asset_event("created", asset_id="film1")
    for event, units in ((ready, 4), (ready, 1), (stale, 1)):
        with ledger() as book:
            # Past World, which would hold the ledger's own looks against the function's role.
            assert entry_point("webhook_receiver")(delivery(event), Context())["statusCode"] == 200
        assert (book.calls, book.read_units, book.write_units) == (["UpdateItem"], 0, units)
