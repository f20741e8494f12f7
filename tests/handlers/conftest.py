"""Fixtures around the functions: their callers, a Mux that misbehaves, waiting that takes no time."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from tests.handlers.client import Client
from tests.handlers.front import Front
from tests.world import World


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


@pytest.fixture(scope="module")
def standing_world(emulator: MuxEmulator) -> Iterator[World]:
    """One world for all tests of a module: for those that leave nothing behind that another would trip over."""
    emulator.reset()
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world


@pytest.fixture(scope="module")
def standing(standing_world: World) -> Client:
    return Client(standing_world)


@pytest.fixture
def front(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """All calls of the functions to Mux go through here."""
    with Front(world.mux.url) as front:
        monkeypatch.setenv("MUX_API_URL", front.url)
        world.cold_start()
        yield front


@pytest.fixture
def hurried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting between two attempts costs no time."""
    monkeypatch.setattr("mux_lifecycle.mux.client.sleep", lambda _seconds: None)
    passing = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=lambda _seconds: None)
    monkeypatch.setattr(runtime, "time", passing)
    world.cold_start()
