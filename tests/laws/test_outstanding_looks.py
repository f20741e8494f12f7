"""A record that waits for a look at Mux keeps waiting until something is known from after the doubt."""

import pytest

from mux_lifecycle import runtime
from tests import mux_events
from tests.mux_events import BASE
from tests.world import Json, World

ASSET = "asset1"
DOUBT = BASE + 100
"""When a request was sent whose outcome nobody knows."""
LOOK = BASE + 160


@pytest.fixture
def doubted(world: World) -> World:
    world.cold_start()
    deliver(world, at=BASE)
    runtime.assets().look_again(ASSET, at=LOOK, since=DOUBT + 0.5)
    return world


def deliver(world: World, *, at: float | None, title: str = "Harbour") -> str:
    stamp = at if at is not None else "not a time"
    event = mux_events.asset_event("updated", asset_id=ASSET, status="ready", at=stamp, meta={"title": title})
    return str(world.deliver(event).data["outcome"])


def record(world: World) -> Json:
    """The stored record; numbers are texts, as DynamoDB sends them."""
    return dict(world.records()[f"ASSET#{ASSET}"])


@pytest.mark.parametrize("at", [BASE + 1, DOUBT - 1, DOUBT])
def test_a_snapshot_from_before_the_doubt_is_written_and_the_look_stays(doubted: World, at: float) -> None:
    assert deliver(doubted, at=at, title="Dusk") == "applied"
    assert doubted.call("get_asset", id=ASSET).data["title"] == "Dusk"
    assert record(doubted)["due_at"] == str(LOOK)


def test_a_snapshot_from_after_the_doubt_takes_the_look_away(doubted: World) -> None:
    assert deliver(doubted, at=DOUBT + 1) == "applied"
    assert not {"due", "due_at", "doubt_at"} & record(doubted).keys()


def test_snapshots_in_any_order_leave_the_look_to_the_latest(doubted: World) -> None:
    assert deliver(doubted, at=DOUBT - 2) == "applied"
    assert deliver(doubted, at=DOUBT - 1) == "applied"
    assert record(doubted)["due_at"] == str(LOOK)
    assert deliver(doubted, at=DOUBT + 2) == "applied"
    assert deliver(doubted, at=DOUBT - 1) == "stale"
    assert "due_at" not in record(doubted)


def test_an_asset_that_is_deleted_is_looked_at_no_more(doubted: World) -> None:
    doubted.deliver(mux_events.asset_event("deleted", asset_id=ASSET, at=DOUBT - 1))
    assert not {"due", "doubt_at"} & record(doubted).keys()


def test_the_record_of_a_usual_webhook_is_still_one_write(doubted: World) -> None:
    calls: list[str] = []
    doubted.on_aws_call("provide-client-params", lambda model, **_: calls.append(model.name))
    deliver(doubted, at=DOUBT + 1)
    assert calls == ["UpdateItem"]
