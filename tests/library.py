"""A library of any size in moto's table: records as the store writes them, multiplied inside moto.

Through DynamoDB's API moto takes half a minute for 50,000 records; put into its table, they take some seconds.
"""

from __future__ import annotations

from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.assets import STUCK_SECONDS, Assets
from mux_lifecycle.store.ledger import Ledger
from mux_lifecycle.store.table import Table
from tests import mux_events
from tests.world import STACK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient

OWNERS: Final = ("ada", "bob", "cleo", "dan", "")
"""Each has a fifth of a library; the last stands for assets that this stack did not make."""
STATUSES: Final = ("ready", "preparing", "errored", "deleting")
TOLD_AT: Final = mux_events.BASE + 1_000_000
"""When Mux told of the assets: after the creation of all of them."""

_EVENTS: Final = {"ready": "ready", "preparing": "created", "errored": "errored", "deleting": "ready"}
_PATTERN: Final = 9_999_999


@dataclass(frozen=True, slots=True)
class Film:
    """One asset; `created_at` in epoch seconds."""

    number: int
    owner: str
    status: str
    public: bool
    created_at: int

    @property
    def id(self) -> str:
        """As long as Mux's are."""
        return f"film{self.number:07}02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3"

    @property
    def position(self) -> str:
        """Its place in every list: the newest has the greatest."""
        return keys.sort(self.created_at, self.id)

    @property
    def in_gallery(self) -> bool:
        return self.public and self.status == "ready" and bool(self.owner)

    def told(self) -> projection.AssetChange:
        """What Mux tells of it."""
        visibility = "public" if self.public else "private"
        event = mux_events.asset_event(
            _EVENTS[self.status],
            asset_id=self.id,
            at=TOLD_AT,
            event_id="told",
            passthrough=Tag(STACK, self.owner, "kR7dQ2wXn0VbLs5TzYpHfA", visibility).encode() if self.owner else None,
            created_at=self.created_at,
            playback_ids=[{"id": f"{self.id}Play", "policy": "public" if self.public else "signed"}],
        )
        change = projection.from_event(event, stack=STACK, now=TOLD_AT)
        assert isinstance(change, projection.AssetChange)
        return change


def films(count: int) -> list[Film]:
    """Assets of all owners, in every status, three of each second.

    moto sorts a whole table for each query, which is fast only while records come in the order of their ids. The ids
    follow the time of creation, but begin again in the middle: who sorts by id alone is found out.
    """
    return [
        Film(
            number,
            owner := OWNERS[number % len(OWNERS)],
            STATUSES[number // len(OWNERS) % len(STATUSES)] if owner else "ready",
            public=number % 3 == 0,
            created_at=mux_events.BASE + (number + count // 2) % count // 3,
        )
        for number in range(count)
    ]


class Library:
    """The assets in a table of moto's; `present` is what it holds, by id."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self.present: dict[str, Film] = {}
        self._client = client
        self._table_name = table_name
        table = Table(client, table_name)
        self._store = Assets(table, Ledger(table, {}))
        self._patterns: dict[Film, dict[str, Any]] = {}

    def add(self, film: Film) -> None:
        """Let it arrive as it does in the functions."""
        assert self._store.apply(film.told(), owner=film.owner or None) == "applied"
        if film.status == "deleting":
            self._store.request_deletion(film.id, owner=film.owner, now=TOLD_AT)
        self.present[film.id] = film

    def remove(self, film: Film) -> None:
        """Let it be deleted at Mux."""
        deletion = projection.observed_deletion(film.id, sent_at=TOLD_AT)
        assert self._store.bury(deletion, now=TOLD_AT) == "applied"
        del self.present[film.id]

    def stock(self, films: Iterable[Film]) -> None:
        """Put many in at once, each a copy of a record that the store wrote."""
        table = dynamodb_backends[DEFAULT_ACCOUNT_ID][self._client.meta.region_name].get_table(self._table_name)
        for film in films:
            table.put_item(self._record(film), overwrite=True)
            self.present[film.id] = film

    def _record(self, film: Film) -> dict[str, Any]:
        pattern = replace(film, number=_PATTERN, created_at=mux_events.BASE)
        if pattern not in self._patterns:
            self._patterns[pattern] = self._written(pattern)
        record = {
            name: {kind: text.replace(pattern.id, film.id) for kind, text in value.items()}
            for name, value in self._patterns[pattern].items()
        } | {"sort": {"S": film.position}}
        if film.status == "preparing" and film.owner:
            record["due_at"] = {"N": str(film.created_at + STUCK_SECONDS)}
        return record

    def _written(self, pattern: Film) -> dict[str, Any]:
        """The record of `pattern` as the store writes it; the table is as before."""
        self.add(pattern)
        key = {"pk": {"S": keys.asset(pattern.id)}}
        record = dict(self._client.get_item(TableName=self._table_name, Key=key)["Item"])
        self._client.delete_item(TableName=self._table_name, Key=key)
        del self.present[pattern.id]
        return record
