"""Playback ids beyond what one asset may have: refused here, and what Mux has more of breaks nothing."""

import json
from typing import Final

import pytest

from mux_lifecycle.store.projection import MAX_PLAYBACK_IDS
from tests import mux_events
from tests.resources.fat import ADMIN, OWNER, PATTERN, copies, fat, walk
from tests.resources.site import Site
from tests.world import Json, World

FULL: Final = [f"the asset has {MAX_PLAYBACK_IDS} playback ids: delete one first"]


@pytest.mark.parametrize("function", ["gallery", "list_assets"])
def test_many_public_playback_ids_break_no_list(world: World, function: str) -> None:
    """A hundred assets whose records name a hundred public playback ids, as they could once be made."""
    expected = copies(world, fat(PATTERN, "x", parts=False))
    ids = [{"id": f"{number:0128}", "policy": "public"} for number in range(100)]
    for item in world.items():
        document = json.loads(item["doc"]["S"]) | {"playback_ids": ids}
        world.dynamodb.put_item(TableName=world.table_name, Item=item | {"doc": {"S": json.dumps(document)}})
    for caller in ({"owner": None},) if function == "gallery" else ({"owner": OWNER}, ADMIN | {"query": "scope=all"}):
        found = [asset for page in walk(world, function, caller) for asset in page]
        assert [asset["id"] for asset in found] == expected
        most = 1 if function == "gallery" else MAX_PLAYBACK_IDS
        assert {len(asset["playback_ids"]) for asset in found} == {most}


@pytest.mark.parametrize("policy", ["public", "signed"])
def test_an_asset_with_ten_playback_ids_gets_no_more_and_mux_is_not_asked(site: Site, policy: str) -> None:
    asset_id = site.ready_film()
    while len(shown := site.show(asset_id)["playback_ids"]) < MAX_PLAYBACK_IDS:
        assert site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).status == 201
    before = site.calls()[1]
    answer = site.call("playback_ids:POST", id=asset_id, json_body={"policy": policy})
    assert (answer.status, answer.messages) == (409, FULL)
    assert site.calls()[1] == before
    assert site.call("playback_ids:DELETE", id=asset_id, pid=shown[-1]["id"]).status == 204
    assert site.call("playback_ids:POST", id=asset_id, json_body={"policy": policy}).status == 201


def test_playback_ids_made_in_muxs_dashboard_count_as_soon_as_mux_tells_of_them(site: Site) -> None:
    asset_id = site.ready_film()
    for _ in range(MAX_PLAYBACK_IDS + 5):
        site.world.mux_post(f"/video/v1/assets/{asset_id}/playback-ids", {"policy": "signed"})
    site.world.mux_post(f"/video/v1/assets/{asset_id}/playback-ids", {"policy": "public"})
    site.world.advance(2)
    site.mux_patch(asset_id, {"meta": {"title": "Told"}})
    site.webhooks.settle()
    shown = site.show(asset_id)["playback_ids"]
    assert len(shown) == MAX_PLAYBACK_IDS
    assert {entry["policy"] for entry in shown} == {"signed", "public"}
    assert site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).messages == FULL


@pytest.mark.parametrize("place", [0, 50, 150])
@pytest.mark.parametrize("policy", ["public", "signed", "drm"])
def test_a_record_with_too_many_playback_ids_keeps_the_first_of_each_policy(
    world: World, place: int, policy: str
) -> None:
    other = "signed" if policy == "public" else "public"
    ids: list[Json] = [{"id": f"P{number}", "policy": other} for number in range(160)]
    ids[place] = {"id": "rare", "policy": policy}
    tag = mux_events.tag(visibility="public")
    world.deliver(mux_events.asset_event("ready", asset_id="film1", playback_ids=ids, passthrough=tag))
    shown = world.call("get_asset", id="film1").data["playback_ids"]
    assert len(shown) == MAX_PLAYBACK_IDS
    assert [entry["id"] for entry in ids if entry["id"] in {entry["id"] for entry in shown}] == [
        entry["id"] for entry in shown
    ]
    assert {entry["policy"] for entry in shown} == {other, policy}
    [published] = world.call("gallery", owner=None).data
    assert [entry["policy"] for entry in published["playback_ids"]] == ["public"]
