"""Deleting what Mux still prepares, against an emulator that takes an hour to prepare a video."""

from collections.abc import Iterator

import pytest

from local.mux import MuxEmulator
from tests.handlers.client import FILM, Client
from tests.world import ENVIRONMENT


@pytest.fixture(scope="module")
def emulator() -> Iterator[MuxEmulator]:
    with MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=3600, seed=1) as running:
        yield running


def test_the_wish_waits_for_the_end_of_the_preparation(client: Client) -> None:
    asset_id = client.call("create_asset", json_body={"input": FILM}).data["id"]
    assert client.call("delete_asset", id=asset_id).status == 202
    client.world.advance(600)
    client.world.schedule()
    assert client.call("get_asset", id=asset_id).data["status"] == "deleting"
    assert client.mux_status(asset_id) == "preparing"
    client.world.advance(3600)
    client.world.schedule()
    assert client.call("get_asset", id=asset_id).status == 404
    assert client.mux_status(asset_id) == ""


def test_what_was_asked_for_twice_waits_once(client: Client) -> None:
    asset_id = client.call("create_asset", json_body={"input": FILM}).data["id"]
    assert [client.call("delete_asset", id=asset_id).status for _ in range(2)] == [202, 202]
    client.world.advance(3700)
    assert client.call("delete_asset", id=asset_id).status == 204
    assert client.call("delete_asset", id=asset_id).status == 404
