"""A stack whose owners have a budget."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from local.mux import MuxEmulator
from tests.world import Json, World

FILM: Final = {"input": "https://storage.example.com/film.mp4"}


@pytest.fixture
def world(mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Time passes only when a test says so: no bucket fills because this machine is slow."""
    with World(mux, monkeypatch, tick=False) as still:
        still.advance(0)
        yield still


@pytest.fixture
def budgeted(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The stack as the template makes it: an owner may take a quarter of each of Mux's buckets."""
    monkeypatch.setenv("MUX_PERCENT_PER_OWNER", "25")
    world.cold_start()
    return world


@pytest.fixture
def table_calls(world: World) -> list[str]:
    """The operations on the table since a test has cleared them."""
    calls: list[str] = []
    world.on_aws_call("provide-client-params.dynamodb", lambda model, **_: calls.append(model.name))
    return calls


@pytest.fixture
def asset(world: World) -> Json:
    """A ready asset of ada's with a bit of everything, and an upload that waits."""
    return make_asset(world, "ada")


def make_asset(world: World, owner: str) -> Json:
    waiting = world.call("create_upload", owner=owner, json_body={}).data["id"]
    made = world.call("create_asset", owner=owner, json_body=FILM | {"captions": "en"}).data["id"]
    world.advance(1)
    world.wait_for(lambda: world.mux_get(f"/video/v1/assets/{made}").json()["data"]["status"] == "ready")
    world.mux_post(f"/video/v1/assets/{made}/static-renditions", {"resolution": "720p"})
    world.advance(1)
    # The record learns what Mux has.
    world.call("playback_ids:DELETE", owner=owner, id=made, pid="missing")
    return {**world.call("get_asset", owner=owner, id=made).data, "waiting": waiting}


def sent_to_mux(world: World) -> Counter[str]:
    """How many calls Mux has got, by method."""
    return Counter(request["method"] for request in world.mux.requests() if request["path"].startswith("/video"))
