"""A watched world in which waiting for Mux takes no time."""

import time
from types import SimpleNamespace

import pytest

from mux_lifecycle import runtime, telemetry
from tests.alarms.watched import Watched
from tests.world import World


@pytest.fixture
def watched(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr("mux_lifecycle.mux.client.sleep", lambda _seconds: None)
    passing = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=lambda _seconds: None)
    monkeypatch.setattr(runtime, "time", passing)
    world.cold_start()
    # Tests that ran before may have counted something outside of a function.
    telemetry.flush()
    capsys.readouterr()
    return Watched(world, capsys)
