"""A Mux where nothing becomes ready before a test lets time pass, and whose events reach the receiver function."""

from collections.abc import Iterator

import pytest
import requests

from local.mux import MuxEmulator
from tests.bridge import Webhooks, webhooks
from tests.handlers.front import Front
from tests.resources.site import PROCESSING_SECONDS, Site
from tests.world import ENVIRONMENT, Json, World

__all__ = ["webhooks"]


@pytest.fixture(scope="session")
def emulator() -> Iterator[MuxEmulator]:
    """Slow enough that every state in between can be looked at; `Site.finish` makes that take no time."""
    with MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=PROCESSING_SECONDS, seed=1) as running:
        yield running


@pytest.fixture(scope="session")
def signing_key(emulator: MuxEmulator) -> Json:
    """The answer of Mux to POST /system/v1/signing-keys."""
    return new_signing_key(emulator)


@pytest.fixture
def site(world: World, webhooks: Webhooks, signing_key: Json) -> Site:
    return _furnished(world, webhooks, signing_key)


@pytest.fixture
def front(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """A door to Mux that misbehaves where a test says so; waiting between two attempts costs no time."""
    monkeypatch.setattr("mux_lifecycle.mux.client.sleep", lambda _seconds: None)
    with Front(site.world.mux.url) as front:
        monkeypatch.setenv("MUX_API_URL", front.url)
        site.world.cold_start()
        yield front


@pytest.fixture(scope="module")
def standing(emulator: MuxEmulator, signing_key: Json) -> Iterator[Site]:
    """One site for all tests of a module that leave nothing behind."""
    emulator.reset()
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        World(emulator, monkeypatch) as world,
        Webhooks(world) as webhooks,
    ):
        yield _furnished(world, webhooks, signing_key)


def new_signing_key(mux: MuxEmulator) -> Json:
    """Another signing key; Mux shows its private half only here."""
    answer = requests.post(f"{mux.url}/system/v1/signing-keys", auth=(mux.token_id, mux.token_secret), timeout=10)
    key: Json = answer.json()["data"]
    return key


def _furnished(world: World, webhooks: Webhooks, signing_key: Json) -> Site:
    site = Site(world, webhooks)
    site.use_signing_key(signing_key)
    return site
