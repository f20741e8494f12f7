"""A Mux client of one's own, pointed at a server that a test has prepared; waits between repeats are not slept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from urllib3 import PoolManager

from mux_lifecycle.mux import client as client_module
from mux_lifecycle.mux import transport
from mux_lifecycle.mux.client import Credentials, MuxClient
from tests.client.hostile import Script, answer

TOKEN = Credentials("token-id-0001", "token-secret-0001")


@dataclass
class Tokens:
    """Gives credentials as Secrets Manager would; `fresh` is what a re-read finds."""

    current: Credentials = TOKEN
    fresh: Credentials | None = None
    refused: list[Credentials] = field(default_factory=list)

    def __call__(self, refused: Credentials | None) -> Credentials:
        if refused:
            self.refused.append(refused)
            self.current = self.fresh or self.current
        return self.current


class MakeClient(Protocol):
    def __call__(self, url: str, **options: Any) -> MuxClient: ...


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def pools() -> Iterator[PoolManager]:
    with transport.pools() as made:
        yield made


@pytest.fixture
def make_client(pools: PoolManager, tokens: Tokens) -> MakeClient:
    def make(url: str, **options: Any) -> MuxClient:
        return MuxClient(pools, url, tokens, **options)

    return make


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between repeats, in seconds, as they were asked for."""
    taken: list[float] = []
    monkeypatch.setattr(client_module, "sleep", taken.append)
    return taken


type Call = Callable[[MuxClient], object]

ASSET_ID = "a1b2c3"
CALLS: dict[str, Call] = {
    "create_upload": lambda mux: mux.create_upload({"cors_origin": "https://www.example.com"}),
    "get_upload": lambda mux: mux.get_upload("u1"),
    "cancel_upload": lambda mux: mux.cancel_upload("u1"),
    "create_asset": lambda mux: mux.create_asset({"inputs": [{"url": "https://example.com/film.mp4"}]}),
    "get_asset": lambda mux: mux.get_asset(ASSET_ID),
    "delete_asset": lambda mux: mux.delete_asset(ASSET_ID),
    "list_assets": lambda mux: mux.list_assets(),
    "environment_id": lambda mux: mux.environment_id(),
}
"""Every operation of the client."""
REPEATABLE = [name for name in CALLS if name != "create_asset"]


def good(name: str) -> Script:
    """The answer that the operation `name` hopes for."""
    found = {"id": "a1", "status": "ready", "url": "https://example.com/upload", "environment_id": "k3v9zq"}
    return answer(200, {"data": [found] if name == "list_assets" else found})
