"""Fixtures around the functions: callers, passing time, a misbehaving Mux, dead dependencies."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import time_machine

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


class Clock:
    """Time for everyone: our functions and Mux."""

    def __init__(self, traveller: time_machine.Traveller, mux: MuxEmulator) -> None:
        self._traveller = traveller
        self._mux = mux

    def advance(self, seconds: float) -> None:
        self._traveller.shift(seconds)
        # Mux's clock has moved along; this only makes it notice what fell due.
        self._mux.advance(0)


@pytest.fixture
def clock(world: World) -> Iterator[Clock]:
    with time_machine.travel(time.time(), tick=True) as traveller:
        yield Clock(traveller, world.mux)


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
