"""A world on a clock that stands still unless somebody moves it: hours pass in no time, and always in the same way."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import endpoint

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from mux_lifecycle.mux import client
from tests.world import World


@contextmanager
def simulation(emulator: MuxEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The stack, from a whole second on. Who waits in it moves the clock; a cold start keeps only the AWS clients."""
    with World(emulator, monkeypatch, tick=False) as world:
        world.advance(1 - time.time() % 1)
        monkeypatch.setattr(runtime, "_client", cache(runtime._client))
        passing: Any = SimpleNamespace(time=time.time, monotonic=time.time, sleep=world.advance)
        for module in (runtime, endpoint):
            monkeypatch.setattr(module, "time", passing)
        monkeypatch.setattr(client, "sleep", world.advance)
        yield world
