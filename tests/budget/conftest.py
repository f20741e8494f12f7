"""A stack whose owners have a budget."""

from collections import Counter

import pytest

from tests.world import World


@pytest.fixture
def budgeted(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The stack as the template makes it: an owner may take a quarter of each of Mux's buckets."""
    monkeypatch.setenv("MUX_PERCENT_PER_OWNER", "25")
    world.cold_start()
    return world


@pytest.fixture
def table_calls(world: World) -> list[str]:
    """The operations on the table since a test has cleared them."""
    calls: list[str] = []
    world.on_aws_call("provide-client-params.dynamodb", lambda model, **_: calls.append(model.name))
    return calls


def sent_to_mux(world: World) -> Counter[str]:
    """How many calls Mux has got, by method."""
    return Counter(request["method"] for request in world.mux.requests() if request["path"].startswith("/video"))
