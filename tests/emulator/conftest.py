"""Fixtures around a running emulator; no test here leaves 127.0.0.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.mux import MuxEmulator, sample_mp4
from tests.emulator.doubles import Api, FileHost, MakeReceiver, Receiver, serve_files, serve_receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSING_SECONDS = 0.05


@pytest.fixture
def mux() -> Iterator[MuxEmulator]:
    with MuxEmulator(processing_seconds=PROCESSING_SECONDS, seed=7) as emulator:
        yield emulator


@pytest.fixture
def slow_mux() -> Iterator[MuxEmulator]:
    """An emulator whose processing only ends when the clock is advanced."""
    with MuxEmulator(processing_seconds=600, seed=7) as emulator:
        yield emulator


@pytest.fixture
def api(mux: MuxEmulator) -> Iterator[Api]:
    client = Api(mux)
    yield client
    client.session.close()


@pytest.fixture
def slow_api(slow_mux: MuxEmulator) -> Iterator[Api]:
    client = Api(slow_mux)
    yield client
    client.session.close()


@pytest.fixture
def video() -> bytes:
    return sample_mp4(2.5, 640, 360, 20_000)


@pytest.fixture
def make_receiver(mux: MuxEmulator) -> Iterator[MakeReceiver]:
    """Starts endpoints and registers them with the emulator."""
    started = []

    def make() -> Receiver:
        receiver, running = serve_receiver()
        started.append(running)
        receiver.secret = mux.register_webhook(receiver.url)["signing_secret"]
        return receiver

    yield make
    for running in started:
        running.stop()


@pytest.fixture
def receiver(make_receiver: MakeReceiver) -> Receiver:
    return make_receiver()


@pytest.fixture
def file_host() -> Iterator[FileHost]:
    host, running = serve_files()
    yield host
    running.stop()
