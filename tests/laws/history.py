"""Histories: every order and repetition of some events, walked through as the states that the table can be in."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.mux_events import BASE
from tests.world import Answer, Json, World

NOW: Final = BASE + 86_400
"""The time in these tests: the events of the story are a day old, so none of them counts as sent from the future."""

type State = dict[str, Any]
"""The items of the table as DynamoDB has them, by partition key."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The whole table and what an owner is answered."""

    records: dict[str, Json]
    assets: dict[str, Answer]
    uploads: dict[str, Answer]
    listed: list[Json]
    listed_by_status: dict[str, list[str]]


def outcome(world: World, event: object) -> str:
    """Deliver, and what the receiver says became of it."""
    answer = world.deliver(event)
    assert answer.status == 200, answer
    return str(answer.data["outcome"])


def tell(world: World, events: Iterable[Json]) -> None:
    for event in events:
        outcome(world, event)


def state(world: World) -> State:
    pages = world.dynamodb.get_paginator("scan").paginate(TableName=world.table_name)
    return {item["pk"]["S"]: item for page in pages for item in page["Items"]}


def restore(world: World, wanted: State, *, present: State | None = None) -> None:
    """Make the table hold `wanted` and nothing else; `present` is what it holds, if that is known."""
    present = state(world) if present is None else present
    for pk in present.keys() - wanted.keys():
        world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": {"S": pk}})
    for pk, item in wanted.items():
        if present.get(pk) != item:
            world.dynamodb.put_item(TableName=world.table_name, Item=item)


def every_order(world: World, events: Sequence[Json], *, after: State | None = None) -> dict[frozenset[int], State]:
    """The table after each set of `events` (by their numbers), whatever the order and however often each came.

    What a delivery does depends on the table alone, so it is enough to deliver each event in each state that can be
    reached: this covers all orders with all repetitions. Fails when one set of events can end in two states.
    """
    reached: dict[frozenset[int], State] = {frozenset(): after or {}}
    open_ends = [frozenset[int]()]
    found = state(world)
    while open_ends:
        known = open_ends.pop()
        for number, event in enumerate(events):
            restore(world, reached[known], present=found)
            outcome(world, event)
            found, told = state(world), known | {number}
            if told not in reached:
                reached[told] = found
                open_ends.append(told)
            assert found == reached[told], (
                f"{[events[n]['type'] for n in sorted(known)]}, then {event['type']}: one of two results\n"
                f"{_difference(found, reached[told])}"
            )
    restore(world, reached[frozenset(range(len(events)))])
    return reached


def look(world: World, events: Sequence[Json], *, owner: str = "ada") -> Seen:
    """All there is to see of what `events` speak of."""
    by_status = {
        status: [asset["id"] for asset in world.call("list_assets", owner=owner, query=f"status={status}").data]
        for status in ("preparing", "ready", "errored")
    }
    return Seen(
        records=world.records(),
        assets={id_: world.call("get_asset", owner=owner, id=id_) for id_ in _ids(events, "asset")},
        uploads={id_: world.call("get_upload", owner=owner, id=id_) for id_ in _ids(events, "upload")},
        listed=world.call("list_assets", owner=owner).data,
        listed_by_status=by_status,
    )


def one_result(world: World, events: Sequence[Json], *, owner: str = "ada") -> Seen:
    """What there is to see after all `events`, having made sure that it is the same after every order of them."""
    every_order(world, events)
    return look(world, events, owner=owner)


def _ids(events: Iterable[Json], kind: str) -> list[str]:
    """The ids of the uploads or assets that events speak of."""
    found: dict[str, None] = {}
    for event in events:
        data, upload = event["data"], event["type"].startswith("video.upload.")
        asset = "asset_id" if upload or "asset_id" in data else "id"
        name = {"upload": "id" if upload else "upload_id", "asset": asset}[kind]
        if name in data:
            found[data[name]] = None
    return list(found)


def _difference(one: State, other: State) -> str:
    return json.dumps(
        [
            {
                pk: {
                    name: value
                    for name, value in sides[0].get(pk, {}).items()
                    if sides[1].get(pk, {}).get(name) != value
                }
            }
            for pk in sorted(one.keys() | other.keys())
            for sides in ((one, other), (other, one))
        ],
        indent=1,
    )
