"""The largest assets that anybody can make through this API, and how their lists are walked."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from mux_lifecycle.store.assets import MAX_PARTS
from tests import mux_events
from tests.mux_events import BASE
from tests.world import Context, Json, World, entry_point, http_event

LAMBDA_BYTES: Final = 6_291_556
"""The largest result that Lambda hands on."""
ADMIN: Final[Json] = {"owner": "root", "groups": ["admin"]}
OWNER: Final = "o" * 128
COUNT: Final = 100
PATTERN: Final = "X" * 128
TAG: Final = mux_events.tag(OWNER, visibility="public")


def fat(asset_id: str, name: str, *, parts: bool = True) -> list[Json]:
    """Events of an asset with the longest of everything, its names made of `name`."""
    ids = [{"id": f"{asset_id[:-3]}{number:03}", "policy": "public"} for number in range(9)]
    ids.append({"id": f"{asset_id[:-3]}sig", "policy": "signed"})
    long: Json = {
        "meta": {"title": name[:1] * 512},
        "errors": {"type": "t", "messages": [(name * 5)[:1024]] * 12},
        "upload_id": "U" * 128,
        "tracks": None,
    }
    events = [
        mux_events.asset_event(
            "ready", asset_id=asset_id, at=BASE, created_at=BASE, passthrough=TAG, playback_ids=ids, **long
        )
    ]
    if parts:
        for number in range(MAX_PARTS // 2):
            part: Json = {"asset_id": asset_id, "at": BASE + number, "name": name}
            events += [
                mux_events.track_event("ready", track_id=f"{number:0128}", **part),
                mux_events.rendition_event("ready", rendition_id=f"{number:0128}", **part),
            ]
    return events


def copies(world: World, events: list[Json]) -> list[str]:
    """Fill the table with COUNT assets that are what `events` make of one; their ids, newest first."""
    for event in events:
        assert world.deliver(event).data["outcome"] == "applied"
    [item] = world.items()
    text = json.dumps(item)
    ids = [f"{number:0128}" for number in range(COUNT)]
    for number, asset_id in enumerate(ids):
        # One after the other, for all of them at once are more than a batch may hold.
        made: Json = json.loads(text.replace(PATTERN[:-3], asset_id[:-3]).replace(PATTERN, asset_id))
        made["pk"], made["id"] = {"S": f"ASSET#{asset_id}"}, {"S": asset_id}
        made["sort"] = {"S": re.sub("#.*", f"#{asset_id}", mux_events.stamp(BASE + number)[:19] + f"Z#{asset_id}")}
        world.dynamodb.put_item(TableName=world.table_name, Item=made)
    world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": item["pk"]})
    return ids[::-1]


def handed_to_lambda(world: World, function: str, **request: Any) -> Json:
    """The body of an answer 200, held against what Lambda takes."""
    with world.permissions.of(function):
        result = entry_point(function)(http_event(function, **request), Context())
    assert result["statusCode"] == 200
    # As Lambda's own runtime for Python 3.13 writes it.
    assert len(json.dumps(result, ensure_ascii=False).encode()) < LAMBDA_BYTES
    body: Json = json.loads(result["body"])
    return body


def walk(world: World, function: str, request: Json, *, limit: int = 100) -> Iterator[list[Json]]:
    """The pages of a list."""
    cursor = ""
    while True:
        given = dict(request)
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        given["query"] = f"{given.get('query', '')}&{urlencode(query)}".lstrip("&")
        page = handed_to_lambda(world, function, **given)
        yield page["data"]
        cursor = page["next_cursor"]
        if not cursor:
            return
