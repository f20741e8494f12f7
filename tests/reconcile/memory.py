"""A table and a Mux in memory, for tests that need a thousand of them: the walk's own code, without AWS and sockets."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from mux_lifecycle.store import keys
from mux_lifecycle.store.table import Refused, Table
from tests.faults.sweep import mux_says
from tests.world import STACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType

    from urllib3 import HTTPResponse

    from mux_lifecycle.store.table import Item, Value

type Json = dict[str, Any]

WEBHOOK_URL: Final = "https://api.example.com/webhooks/mux"
_WORDS: Final = {"OR": "or", "AND": "and", "=": "==", "<>": "!=", "<": "<", "<=": "<=", "(": "(", ")": ")"}
_TOKEN: Final = re.compile(r"attribute_not_exists\(#(\w+)\)|attribute_exists\(#(\w+)\)|#(\w+)|:(\w+)|(\w+|[<>=]+|[()])")


class MemoryTable(Table):
    """A table whose items are in `items`. It knows the conditions that records of assets and checkpoints are under."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def get(self, pk: str) -> Item | None:
        return dict(self.items[pk]) if pk in self.items else None

    def get_all(self, pks: list[str], *, consistent: bool = False) -> list[Item]:
        assert len(pks) == len(set(pks)) <= 100
        return [dict(self.items[pk]) for pk in pks if pk in self.items]

    def put(self, item: Item, *, condition: str, values: Mapping[str, Value]) -> Item:
        old = self._checked(str(item["pk"]), condition, values)
        self.items[str(item["pk"])] = dict(item)
        return old

    def update(self, pk: str, **request: Any) -> Item:
        assert not request.keys() & {"names", "add", "take_out"}
        old = self._checked(pk, request["condition"], request.get("values") or {})
        new = {"pk": pk} | dict(request.get("once") or {}) | old | dict(request["put"])
        self.items[pk] = {name: value for name, value in new.items() if name not in set(request.get("remove", ()))}
        return dict(self.items[pk])

    def query(self, index: str, **request: Any) -> tuple[list[Item], bool]:
        assert index == keys.LIBRARY_INDEX
        oldest, newest = request["values"]["oldest"], request["values"]["newest"]
        newest_first = sorted(
            (item for item in self.items.values() if "library" in item and oldest <= str(item["sort"]) <= newest),
            key=lambda item: str(item["sort"]),
            reverse=True,
        )
        if request["start"]:
            newest_first = [item for item in newest_first if item["sort"] < request["start"]["sort"]]
        return [dict(item) for item in newest_first[: request["limit"]]], len(newest_first) > request["limit"]

    def _checked(self, pk: str, condition: str, values: Mapping[str, Value]) -> Item:
        old = self.items.get(pk, {})
        if not eval(_compiled(condition), {}, {"item": old, "values": values}):  # noqa: S307 - only the store's own
            raise Refused(dict(old))
        return dict(old)


@cache
def _compiled(condition: str) -> CodeType:
    """A condition of DynamoDB's as one of Python's."""

    def translated(match: re.Match[str]) -> str:
        absent, present, attribute, value, word = match.groups()
        if absent or present:
            return f" {(absent or present)!r} {'not in' if absent else 'in'} item "
        if attribute:
            return f" item.get({attribute!r}) "
        return f" values[{value!r}] " if value else f" {_WORDS[word]} "

    return compile(_TOKEN.sub(translated, condition).strip(), condition, "eval")


class MemoryMux:
    """Mux with `assets` (as its API shows them) and no uploads. `mood` answers instead, unless its answer is None."""

    def __init__(self, environment_id: str, assets: list[Json]) -> None:
        self.environment_id = environment_id
        self.assets = {asset["id"]: asset for asset in sorted(assets, key=_position, reverse=True)}
        self.mood: Callable[[str], HTTPResponse | None] = lambda _: None
        self.asked: list[str] = []

    def answer(self, method: str, url: str, body: bytes | None = None) -> HTTPResponse:
        """The answer to one request."""
        asked = f"{method} {urlsplit(url).path}"
        self.asked.append(asked)
        answer = self.mood(asked)
        return self._answer(method, url, body) if answer is None else answer

    def _answer(self, method: str, url: str, body: bytes | None) -> HTTPResponse:
        path = urlsplit(url).path
        asset_id = path.rpartition("/")[2]
        if path == "/system/v1/whoami":
            return said({"data": {"environment_id": self.environment_id}})
        if path == "/system/v1/webhooks":
            claim = {"id": "hook", "address": f"{WEBHOOK_URL}?tag={STACK}", "created_at": "2026-01-01T00:00:00Z"}
            return said({"data": [claim]})
        if path == "/video/v1/uploads":
            return said({"data": []})
        if path == "/video/v1/assets":
            return self._page(url)
        if asset_id not in self.assets:
            return mux_says(404, b"{}")
        if method == "PATCH":
            self.assets[asset_id] = self.assets[asset_id] | json.loads(body or b"{}")
        return said({"data": self.assets[asset_id]})

    def _page(self, url: str) -> HTTPResponse:
        found = re.search(r"cursor=(\d+)", urlsplit(url).query)
        start = int(found[1]) if found else 0
        newest_first = list(self.assets.values())
        page: Json = {"data": newest_first[start : start + 7]}
        return said(page | ({"next_cursor": str(start + 7)} if len(newest_first) > start + 7 else {}))


def said(body: Json) -> HTTPResponse:
    """An answer as Mux gives it."""
    return mux_says(200, json.dumps(body).encode())


def _position(asset: Json) -> tuple[str, str]:
    return asset["created_at"], asset["id"]
