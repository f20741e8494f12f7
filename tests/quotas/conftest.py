"""A stack with limits that a test chooses, and Mux's events on their way to it."""

from collections.abc import Callable
from typing import Any

import pytest

from mux_lifecycle.store import keys
from tests.bridge import webhooks
from tests.world import World

__all__ = ["webhooks"]

FILM = {"input": "https://storage.example.com/film.mp4"}
VARIABLES = {
    "open_uploads": "MAX_OPEN_UPLOADS_PER_OWNER",
    "assets": "MAX_ASSETS_PER_OWNER",
    "per_day": "MAX_UPLOADS_PER_DAY_PER_OWNER",
    "extras": "MAX_EXTRAS_PER_DAY_PER_OWNER",
    "duration": "MAX_DURATION_SECONDS",
    "all_per_day": "MAX_UPLOADS_PER_DAY",
    "all_extras": "MAX_EXTRAS_PER_DAY",
    "minutes": "MAX_STORED_MINUTES",
}

type Limit = Callable[..., None]


@pytest.fixture
def limit(world: World, monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Deploys the stack with other limits: `limit(open_uploads=2, assets=5)`; those not named are off."""

    def deploy(**limits: int) -> None:
        for name, variable in VARIABLES.items():
            monkeypatch.setenv(variable, str(limits.get(name, 0)))
        world.cold_start()

    return deploy


def upload(world: World, **event: Any) -> Any:
    """POST /uploads."""
    return world.call("create_upload", **{"json_body": {}} | event)


def asset(world: World, **event: Any) -> Any:
    """POST /assets."""
    return world.call("create_asset", **{"json_body": FILM} | event)


def held(world: World, account: str, owner: str = "ada") -> set[str]:
    """What the ledger says that an owner holds."""
    [item] = [item for item in world.items() if item["pk"]["S"] == keys.quota(owner)]
    return set(item.get(account, {}).get("SS", []))
