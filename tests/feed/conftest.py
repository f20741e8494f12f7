"""A site whose changes of assets are announced, on a Mux where nothing becomes ready before a test lets time pass."""

from collections.abc import Iterator

import pytest

from local.mux import MuxEmulator
from tests.bridge import Webhooks, webhooks
from tests.feed.pipe import ChangeFeed
from tests.resources.site import PROCESSING_SECONDS, Site
from tests.world import ENVIRONMENT, World

__all__ = ["webhooks"]


@pytest.fixture(scope="session")
def emulator() -> Iterator[MuxEmulator]:
    with MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=PROCESSING_SECONDS, seed=1) as running:
        yield running


@pytest.fixture
def site(world: World, webhooks: Webhooks) -> Site:
    return Site(world, webhooks)


@pytest.fixture
def feed(world: World) -> ChangeFeed:
    return ChangeFeed(world)
