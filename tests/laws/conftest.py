"""One stack per module with an empty table for every test, at a time that stands still."""

from collections.abc import Iterator

import pytest
import time_machine

from local.mux import MuxEmulator
from tests.laws.history import NOW, restore
from tests.world import World


@pytest.fixture(scope="module")
def stack(emulator: MuxEmulator) -> Iterator[World]:
    """Making a table takes longer than most tests here, so the tests of a module share it."""
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world


@pytest.fixture
def world(stack: World) -> Iterator[World]:
    stack.mux.reset()
    restore(stack, {})
    with time_machine.travel(NOW, tick=False):
        yield stack
