"""What runs pass on to each other, and what an older or newer release may have left there."""

from collections import deque

import pytest

from mux_lifecycle.errors import MuxMalformed
from mux_lifecycle.workflows.walk import Walk
from tests.world import World


def test_a_walk_is_passed_on_as_it_is() -> None:
    walk = Walk("walk", 1_700_000_000, adopt_owner="ada", max_share=0.5)
    walk.turn_page("cursor")
    walk.missing.append("asset")
    walk.counts["seen"] = 7
    assert Walk.from_text(walk.to_text()) == walk


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"id": "w", "started_at": 1, "unheard_of": 1}'])
def test_what_is_no_walk_of_this_release_is_none(text: str) -> None:
    assert Walk.from_text(text) is None


def test_a_checkpoint_of_another_release_begins_a_walk(world: World) -> None:
    item = {"pk": {"S": "CHECKPOINT#reconcile"}, "state": {"S": '{"version": 9}'}, "more": {"M": {}}}
    world.dynamodb.put_item(TableName=world.table_name, Item=item)
    assert world.reconcile()["finished"] == 1


@pytest.mark.parametrize("lead_in", [0, 1, 2, 5, 9])
@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_a_list_that_leads_back_to_itself_is_noticed_soon(lead_in: int, length: int) -> None:
    walk = Walk("walk", 0)
    pages = [f"page-{page if page < lead_in else lead_in + (page - lead_in) % length}" for page in range(100)]
    with pytest.raises(MuxMalformed):
        deque(map(walk.turn_page, pages), maxlen=0)
    assert walk.pages <= 4 * (lead_in + length)


def test_a_list_that_ends_is_none() -> None:
    walk = Walk("walk", 0)
    for page in range(1000):
        walk.turn_page(f"page-{page}")
    walk.turn_page("")
    assert walk.cursor == ""
