"""One stack per module with an empty table for every test."""

from collections.abc import Iterator

import pytest

from local.mux import MuxEmulator
from tests.world import SIGNING_SECRET, World


@pytest.fixture(scope="module")
def _stack(emulator: MuxEmulator) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world


@pytest.fixture
def world(_stack: World) -> World:
    """An empty table and the usual signing secret."""
    for pk in _stack.records():
        _stack.dynamodb.delete_item(TableName=_stack.table_name, Key={"pk": {"S": pk}})
    _stack.put_secret("MuxWebhookSecret", {"signing_secrets": [SIGNING_SECRET]})
    _stack.cold_start()
    return _stack
