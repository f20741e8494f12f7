"""A world whose waits take no time, and an ear on all that the functions print and answer."""

import time
from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from botocore import endpoint

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from mux_lifecycle.mux import client
from tests.bridge import webhooks
from tests.faults.audit import MAY_TELL, Output, leaks
from tests.faults.sweep import ExternalCalls
from tests.world import Answer, Json, World

__all__ = ["webhooks"]


def wait_no_more(monkeypatch: pytest.MonkeyPatch, naps: list[float]) -> None:
    """Whoever waits is told at once that the time has passed, and written down."""

    def monotonic() -> float:
        return time.monotonic() + sum(naps)

    passed = SimpleNamespace(time=time.time, monotonic=monotonic, sleep=naps.append)
    monkeypatch.setattr(runtime, "time", passed)
    monkeypatch.setattr(client, "sleep", naps.append)
    monkeypatch.setattr(endpoint, "time", passed)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch, emulator: MuxEmulator) -> Iterator[Output]:
    """Fails a test during which a secret was printed, or answered by a function that is not there to tell it."""
    output, answers = Output(), defaultdict[str, list[str]](list)
    handle = World.handle

    def overheard(world: World, function: str, event: Json) -> Answer:
        answer = handle(world, function, event)
        answers[function].append(f"{answer.body} {dict(answer.headers)}")
        return answer

    monkeypatch.setattr(World, "handle", overheard)
    with output.heard():
        yield output
    signatures = [delivery["headers"]["Mux-Signature"] for delivery in emulator.deliveries()]
    assert leaks(output.text.getvalue(), signatures) == []
    for function, told in answers.items():
        assert set(leaks("\n".join(told), signatures)) <= MAY_TELL.get(function, set())


@pytest.fixture
def naps() -> list[float]:
    """The waits that the functions took, in seconds."""
    return []


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, naps: list[float]) -> None:
    wait_no_more(monkeypatch, naps)


@pytest.fixture
def world(waits: None, world: World) -> World:
    """The stack, where no wait takes time."""
    return world


@pytest.fixture
def external_calls(monkeypatch: pytest.MonkeyPatch) -> ExternalCalls:
    """What the functions ask of AWS and Mux, to count and to disturb."""
    calls = ExternalCalls()
    calls.patch(monkeypatch)
    return calls
