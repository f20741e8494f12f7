"""One owner asks as often as they can, on every route, with Mux's limits on; nobody else notices."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from mux_lifecycle.mux import client
from tests.budget.conftest import make_asset
from tests.budget.test_routes import CALLS
from tests.world import Answer, Json, World

LOOPS = 8
UPLOADS = 20
SECONDS = 4.1
"""Between two uploads of the other owner, who keeps to their own share: one in four seconds."""


class Mallory:
    """Their calls go to their own asset, so that nothing but a budget refuses them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asset: Json = make_asset(world, "mallory")
        self.answered: Counter[int] = Counter()

    def call(self, function: str, **event: Any) -> Answer:
        return self.world.call(function, owner="mallory", **event)

    def all_routes(self) -> None:
        """Each route once, but for the one that would end the game."""
        for route, call in CALLS.items():
            if route != "DELETE /assets/{id}":
                self.answered[call(self, self.asset).status] += 1  # type: ignore[arg-type]

    def until_refused(self) -> None:
        """As often as it goes, at this very moment."""
        while CALLS["PATCH /assets/{id}"](self, self.asset).status == 200:  # type: ignore[arg-type]
            pass


@pytest.fixture
def mallory(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mallory]:
    monkeypatch.setattr(client, "sleep", lambda _seconds: None)
    attacker = Mallory(world)
    # Mux's buckets are full again.
    world.advance(60)
    world.mux.set_faults({"api": {"rate_limit": True}})
    yield attacker
    world.mux.set_faults({})


def uploads_of_another(world: World, mallory: Mallory, count: int) -> Counter[int]:
    """What grace is answered while mallory goes on."""
    answered: Counter[int] = Counter()
    for _ in range(LOOPS):
        mallory.all_routes()
    for _ in range(count):
        world.advance(SECONDS)
        for _ in range(2):
            mallory.all_routes()
        answered[world.call("create_upload", owner="grace", json_body={}).status] += 1
    return answered


def test_another_owner_s_uploads_succeed_and_the_reconcile_finishes(budgeted: World, mallory: Mallory) -> None:
    assert uploads_of_another(budgeted, mallory, UPLOADS) == {201: UPLOADS}
    assert mallory.answered[429] > mallory.answered.total() / 2
    assert mallory.answered[503] == 0
    mallory.until_refused()
    assert budgeted.reconcile({"start": True})["finished"] == 1


def test_without_a_budget_the_same_attack_keeps_others_from_uploading(world: World, mallory: Mallory) -> None:
    """The attack is one."""
    answered = uploads_of_another(world, mallory, 5)
    assert answered[503] >= 3
    mallory.until_refused()
    assert "finished" not in world.reconcile({"start": True})
