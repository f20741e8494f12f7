"""What every test may ask for: a clean AWS (moto) built from template.yaml, a Mux emulator, and the functions."""

import os

# Read when the layer is imported, so it has to stand before anything imports it.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "POWERTOOLS_SERVICE_NAME": "videos",
    "POWERTOOLS_METRICS_NAMESPACE": "MuxLifecycle",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}

from collections.abc import Iterator

import pytest
from hypothesis import settings

from local.mux import MuxEmulator
from tests import quick_moto
from tests.world import ENVIRONMENT, World

quick_moto.install()
# How long an example takes depends on the machine and proves nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are processors: tests in browsers wait half of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def emulator() -> Iterator[MuxEmulator]:
    """One emulator per test process; `world` and `mux` hand it out clean."""
    with MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=0.02, attempt_seconds=60, seed=1) as running:
        yield running


@pytest.fixture
def mux(emulator: MuxEmulator) -> MuxEmulator:
    emulator.reset()
    emulator.remove_webhooks()
    return emulator


@pytest.fixture
def world(mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The whole stack in this process: real handlers, moto's AWS, the emulator's Mux."""
    with World(mux, monkeypatch) as world:
        yield world
