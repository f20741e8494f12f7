"""Assets at chosen times, and walks through the pages of a list."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from tests import mux_events
from tests.handlers.client import Client
from tests.world import Answer


def put(client: Client, asset_id: str, *, owner: str = "ada", age: int = 0, kind: str = "ready") -> None:
    """An asset that was created `age` seconds before the newest."""
    created_at = mux_events.BASE - age
    event = mux_events.asset_event(kind, asset_id=asset_id, passthrough=mux_events.tag(owner), created_at=created_at)
    assert client.world.deliver(event).data == {"outcome": "applied"}


def remove(client: Client, asset_id: str) -> None:
    client.world.deliver(mux_events.asset_event("deleted", asset_id=asset_id, at=mux_events.BASE + 60))


def page(client: Client, owner: str = "ada", **query: Any) -> Answer:
    known = {name: value for name, value in query.items() if value not in (None, "")}
    answer = client.call("list_assets", owner=owner, query=urlencode(known))
    assert answer.status == 200, answer
    return answer


def ids(answers: Iterable[Answer]) -> list[str]:
    return [asset["id"] for answer in answers for asset in answer.data]


def all_pages(client: Client, owner: str = "ada", **query: Any) -> list[Answer]:
    answers = [page(client, owner, **query)]
    while cursor := answers[-1].body["next_cursor"]:
        answers.append(page(client, owner, **query, cursor=cursor))
    return answers
