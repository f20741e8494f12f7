"""A video that is longer than allowed: nobody plays it, it goes at Mux, and its owner is told why."""

from collections.abc import Callable
from typing import Any

import pytest

from local.mux import sample_mp4
from mux_lifecycle.errors import WrongEnvironment
from mux_lifecycle.mux.tag import Tag
from tests.bridge import Webhooks
from tests.quotas.conftest import FILM, Limit, asset, upload
from tests.world import STACK, World

LIMIT = 5
REASON = {"type": "too_long", "messages": ["The video is longer than 5 seconds, so it is removed."]}

type LimitDuration = Callable[[int], None]


@pytest.fixture
def limit_duration(world: World, monkeypatch: pytest.MonkeyPatch) -> LimitDuration:
    """Deploys the stack with another limit. Every film from a URL takes 10 s in this Mux."""

    def deploy(seconds: int) -> None:
        monkeypatch.setenv("MAX_DURATION_SECONDS", str(seconds))
        world.cold_start()

    return deploy


def long_film(world: World, webhooks: Webhooks, **body: Any) -> str:
    """An asset that has turned out too long, as the webhooks told."""
    asset_id: str = world.call("create_asset", json_body=FILM | body).data["id"]
    webhooks.settle()
    return asset_id


def at_mux(world: World, asset_id: str) -> int:
    return world.mux_get(f"/video/v1/assets/{asset_id}").status_code


def test_it_is_shown_as_errored_with_the_reason_until_its_owner_deletes_it(
    world: World, webhooks: Webhooks, limit_duration: LimitDuration
) -> None:
    limit_duration(LIMIT)
    asset_id = long_film(world, webhooks, title="Harbour")
    shown = world.call("get_asset", id=asset_id).data
    assert (shown["status"], shown["title"], shown["errors"]) == ("errored", "Harbour", REASON)
    assert (shown["duration"], "playback_ids" in shown, "tracks" in shown) == (10, False, False)
    assert world.call("list_assets", query="status=errored").data == [shown]
    assert at_mux(world, asset_id) == 200, "no webhook waits for Mux"
    assert world.schedule()["removed"] == 1
    assert at_mux(world, asset_id) == 404
    webhooks.settle()
    world.advance(86_400)
    assert not world.schedule()
    world.reconcile()
    assert world.call("get_asset", id=asset_id).data == shown
    assert world.call("delete_asset", id=asset_id).status == 204
    assert world.call("get_asset", id=asset_id).status == 404
    assert world.call("list_assets").data == []


def test_nobody_plays_or_changes_it(world: World, webhooks: Webhooks, limit_duration: LimitDuration) -> None:
    limit_duration(LIMIT)
    asset_id = world.call("create_asset", json_body=FILM | {"playback_policy": "public"}).data["id"]
    [playback_id] = world.mux_get(f"/video/v1/assets/{asset_id}").json()["data"]["playback_ids"]
    # Its length may be known by now.
    assert world.call("update_asset", id=asset_id, json_body={"visibility": "public"}).status in (200, 409)
    webhooks.settle()
    assert world.call("gallery", owner=None).data == []
    for _ in range(2):
        refused = [
            world.call("playback_tokens", id=asset_id, json_body={}),
            world.call("playback_tokens", id=asset_id, json_body={"playback_id": playback_id["id"]}),
            world.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}),
            world.call("update_asset", id=asset_id, json_body={"title": "Dusk"}),
            world.call("static_renditions:POST", id=asset_id, json_body={"resolution": "highest"}),
            world.call("master_access", id=asset_id, json_body={"master_access": "temporary"}),
        ]
        assert [answer.status for answer in refused] == [409] * 6
        assert world.call("playback_ids:GET", id=asset_id, pid=playback_id["id"]).status == 404
        world.schedule()


def test_an_uploaded_file_is_measured_too(world: World, webhooks: Webhooks, limit_duration: LimitDuration) -> None:
    limit_duration(1)
    made = upload(world).data
    world.send_file(made["url"], sample_mp4(seconds=1.5))
    webhooks.settle()
    shown = world.call("get_upload", id=made["id"]).data
    assert (shown["status"], shown["asset"]["status"]) == ("asset_created", "errored")
    assert shown["asset"]["errors"]["type"] == "too_long"


def test_what_is_not_too_long_stays(world: World, webhooks: Webhooks, limit_duration: LimitDuration) -> None:
    limit_duration(10)
    asset_id = long_film(world, webhooks)
    assert world.call("get_asset", id=asset_id).data["status"] == "ready"
    assert not world.schedule()


def test_a_limit_is_never_applied_to_what_was_made_before_it(
    world: World, webhooks: Webhooks, limit_duration: LimitDuration
) -> None:
    """Switching it on, or rebuilding a lost table, deletes nobody's library."""
    old = long_film(world, webhooks)
    limit_duration(LIMIT)
    assert world.call("update_asset", id=old, json_body={"title": "Dusk"}).status == 200
    webhooks.settle()
    world.replace_items([])
    world.reconcile({"rebuild": True})
    world.advance(3600)
    world.schedule()
    assert world.call("get_asset", id=old).data["status"] == "ready"
    assert at_mux(world, old) == 200


def test_and_holds_for_what_was_made_under_it_when_it_is_lifted(
    world: World, webhooks: Webhooks, limit_duration: LimitDuration
) -> None:
    limit_duration(LIMIT)
    asset_id = asset(world).data["id"]
    limit_duration(0)
    webhooks.settle()
    assert world.call("get_asset", id=asset_id).data["errors"] == REASON


def test_nobody_gets_round_it_by_changing_the_asset_meanwhile(
    world: World, webhooks: Webhooks, limit_duration: LimitDuration
) -> None:
    limit_duration(LIMIT)
    world.mux.set_faults({"webhooks": {"delay_seconds": 1}})
    asset_id = world.call("create_asset", json_body=FILM | {"playback_policy": "public"}).data["id"]
    assert world.call("update_asset", id=asset_id, json_body={"visibility": "public"}).status == 200
    world.mux.set_faults({})
    tag = Tag.decode(world.mux_get(f"/video/v1/assets/{asset_id}").json()["data"]["passthrough"], stack=STACK)
    assert tag
    assert (tag.visibility, tag.max_duration) == ("public", LIMIT)
    webhooks.settle()
    assert world.call("get_asset", id=asset_id).data["errors"] == REASON


def test_without_any_webhook_it_is_found_all_the_same(world: World, limit_duration: LimitDuration) -> None:
    limit_duration(LIMIT)
    asset_id = asset(world).data["id"]
    world.wait_for(lambda: [one["status"] for one in world.mux_assets()] == ["ready"])
    world.advance(3600)
    world.schedule()
    assert world.call("get_asset", id=asset_id).data["errors"] == REASON
    world.schedule()
    assert at_mux(world, asset_id) == 404
    assert world.call("get_asset", id=asset_id).data["errors"] == REASON


def test_a_lost_table_learns_of_it_again_and_the_walk_leaves_it_alone(
    world: World, webhooks: Webhooks, limit_duration: LimitDuration
) -> None:
    limit_duration(LIMIT)
    asset_id = long_film(world, webhooks)
    shown = world.call("get_asset", id=asset_id).data
    world.advance(120)
    world.reconcile()
    assert world.call("get_asset", id=asset_id).data == shown
    world.replace_items([])
    world.reconcile({"rebuild": True})
    again = world.call("get_asset", id=asset_id).data
    assert again | {"updated_at": None} == shown | {"updated_at": None}
    world.schedule()
    assert at_mux(world, asset_id) == 404


def test_it_is_removed_as_soon_as_mux_can(world: World, webhooks: Webhooks, limit_duration: LimitDuration) -> None:
    limit_duration(LIMIT)
    asset_id = long_film(world, webhooks)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.schedule()["unreachable"] == 1
    assert world.call("get_asset", id=asset_id).data["errors"] == REASON
    world.mux.set_faults({})
    assert world.schedule()["removed"] == 1
    assert at_mux(world, asset_id) == 404


def test_a_mux_that_is_another_one_does_not_count_as_having_removed_it(
    world: World, webhooks: Webhooks, limit_duration: LimitDuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_duration(LIMIT)
    asset_id = long_film(world, webhooks)
    assert world.mux_call("DELETE", f"/video/v1/assets/{asset_id}").status_code == 204
    monkeypatch.setenv("MUX_ENVIRONMENT_ID", "another")
    world.cold_start()
    with pytest.raises(WrongEnvironment):
        world.schedule()
    assert "due_at" in world.records()[f"ASSET#{asset_id}"]


def test_it_counts_among_its_owner_s_assets_until_it_is_gone(
    world: World, webhooks: Webhooks, limit: Limit, limit_duration: LimitDuration
) -> None:
    limit(assets=1)
    limit_duration(LIMIT)
    asset_id = long_film(world, webhooks)
    assert asset(world).status == 429
    world.schedule()
    assert asset(world).status == 201
    assert asset(world).status == 429
    assert world.call("delete_asset", id=asset_id).status == 204
    world.advance(4 * 3600)
    assert asset(world).status == 429


def test_its_record_ends_by_itself_after_a_month(
    world: World, webhooks: Webhooks, limit_duration: LimitDuration
) -> None:
    limit_duration(LIMIT)
    asset_id = long_film(world, webhooks)
    assert "ttl" not in world.records()[f"ASSET#{asset_id}"]
    world.schedule()
    record = world.records()[f"ASSET#{asset_id}"]
    assert int(record["ttl"]) - int(record["gone_at"]) == 30 * 86_400
