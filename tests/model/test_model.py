"""Whatever two owners, Mux, the webhooks, the schedules and trouble do, and in whatever order: the model holds."""

from collections.abc import Iterator
from copy import replace
from typing import Final

import pytest
from hypothesis import HealthCheck, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from local.mux import MuxEmulator
from tests.faults.audit import Output
from tests.faults.sweep import ExternalCalls
from tests.model.disturbed import Theatre
from tests.model.machine import Stack
from tests.simulation import simulation

USUAL: Final = settings(max_examples=12, stateful_step_count=30, derandomize=True, database=None)


@pytest.fixture(scope="module")
def theatre(emulator: MuxEmulator) -> Iterator[Theatre]:
    emulator.reset()
    with pytest.MonkeyPatch.context() as monkeypatch, simulation(emulator, monkeypatch) as world:
        calls = ExternalCalls()
        calls.patch(monkeypatch)
        yield Theatre(world, calls, Output())


def test_every_wish_comes_true_once_and_nobody_sees_what_is_not_theirs(theatre: Theatre) -> None:
    long = settings.get_current_profile_name() == "long"
    chosen = settings() if long else USUAL

    class Played(Stack):
        def __init__(self) -> None:
            super().__init__(replace(theatre, swarms=long))

    with theatre.output.heard(aloud=chosen.verbosity >= Verbosity.verbose):
        run_state_machine_as_test(Played, settings=settings(chosen, suppress_health_check=list(HealthCheck)))
