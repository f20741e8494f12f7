"""What one owner may have: refused beyond the limit, possible again as soon as something ends."""

from typing import Any

import pytest

from local.mux import sample_mp4
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.mux.tag import Tag
from tests import mux_events
from tests.bridge import Webhooks
from tests.quotas.conftest import Limit, asset, held, upload
from tests.world import STACK, World

KEY = {"idempotency-key": "one"}


def statuses(answers: list[Any]) -> list[int]:
    return [answer.status for answer in answers]


def wait_until_ready(world: World) -> None:
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))


def test_an_owner_with_too_many_open_uploads_is_told_what_to_do(world: World, limit: Limit) -> None:
    limit(open_uploads=2)
    first, second, third = [upload(world) for _ in range(3)]
    assert statuses([first, second, third]) == [201, 201, 429]
    assert third.body == {
        "error": {
            "type": "quota_exceeded",
            "messages": ["at most 2 uploads may be open at once: send their files, or cancel one"],
        }
    }
    assert len(world.mux_get("/video/v1/uploads").json()["data"]) == 2
    assert statuses([upload(world, owner="bob"), asset(world)]) == [201, 201]
    assert world.call("cancel_upload", id=first.data["id"]).status == 204
    assert statuses([upload(world), upload(world)]) == [201, 429]


def test_an_upload_whose_file_has_come_is_not_open_any_more(world: World, limit: Limit, webhooks: Webhooks) -> None:
    limit(open_uploads=1)
    world.send_file(upload(world).data["url"], sample_mp4())
    webhooks.settle()
    assert statuses([upload(world), upload(world)]) == [201, 429]


def test_an_upload_that_has_timed_out_is_not_open_any_more(world: World, limit: Limit) -> None:
    limit(open_uploads=2, assets=2)
    assert statuses([upload(world) for _ in range(3)]) == [201, 201, 429]
    world.advance(3700)
    world.schedule()
    assert statuses([upload(world) for _ in range(3)]) == [201, 201, 429]


def test_assets_count_from_the_moment_they_are_asked_for_until_they_are_gone(
    world: World, limit: Limit, webhooks: Webhooks
) -> None:
    limit(assets=2)
    sent, made = upload(world), asset(world)
    refused = [upload(world), asset(world)]
    assert statuses([sent, made, *refused]) == [201, 201, 429, 429]
    assert refused[0].messages == ["at most 2 assets, uploads under way included: delete one"]
    world.send_file(sent.data["url"], sample_mp4())
    webhooks.settle()
    assert statuses([upload(world), asset(world)]) == [429, 429]
    assert world.call("delete_asset", id=made.data["id"]).status == 204
    assert statuses([asset(world), asset(world)]) == [201, 429]
    webhooks.settle()
    [from_upload] = [shown for shown in world.call("list_assets").data if "upload_id" in shown]
    assert world.mux_call("DELETE", f"/video/v1/assets/{from_upload['id']}").status_code == 204
    webhooks.settle()
    assert statuses([upload(world), asset(world)]) == [201, 429]


def test_a_wish_to_delete_counts_until_it_is_carried_out(world: World, limit: Limit) -> None:
    limit(assets=1)
    asset_id = asset(world).data["id"]
    wait_until_ready(world)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.call("delete_asset", id=asset_id).status == 202
    world.mux.set_faults({})
    assert asset(world).status == 429
    world.advance(120)
    world.schedule()
    assert asset(world).status == 201


def test_an_asset_that_is_gone_without_a_word_makes_room_when_the_cleanup_finds_out(world: World, limit: Limit) -> None:
    limit(assets=1)
    asset_id = asset(world).data["id"]
    wait_until_ready(world)
    assert world.mux_call("DELETE", f"/video/v1/assets/{asset_id}").status_code == 204
    assert asset(world).status == 429
    world.advance(3600)
    world.schedule()
    assert asset(world).status == 201


def test_a_day_is_any_24_hours_and_both_kinds_count(world: World, limit: Limit) -> None:
    limit(per_day=3)
    assert upload(world).status == 201
    world.advance(12 * 3600)
    made = asset(world)
    cancelled = upload(world)
    assert statuses([made, cancelled]) == [201, 201]
    wait_until_ready(world)
    assert world.call("cancel_upload", id=cancelled.data["id"]).status == 204
    assert world.call("delete_asset", id=made.data["id"]).status == 204
    refused = asset(world)
    assert refused.status == 429
    assert refused.messages[0].startswith("at most 3 uploads and assets within a day: try again after 20")
    world.advance(12 * 3600 + 1)
    assert statuses([asset(world), upload(world)]) == [201, 429]
    world.advance(12 * 3600 + 1)
    assert statuses([asset(world), upload(world), upload(world)]) == [201, 201, 429]


def test_administrators_are_owners_too(world: World, limit: Limit) -> None:
    limit(open_uploads=1)
    assert statuses([upload(world, groups=["admin"]), upload(world, groups=["admin"])]) == [201, 429]


@pytest.mark.parametrize("create", [upload, asset])
def test_what_mux_refused_counts_for_nothing(world: World, limit: Limit, create: Any) -> None:
    limit(open_uploads=1, assets=1, per_day=1)
    world.put_secret("MuxTokenSecret", {"token_id": "old", "token_secret": "old"})
    assert create(world).status == 502
    assert create(world, headers=KEY).status == 502
    world.put_secret("MuxTokenSecret", {"token_id": world.mux.token_id, "token_secret": world.mux.token_secret})
    world.cold_start()
    assert statuses([create(world, headers=KEY), create(world)]) == [201, 429]


def test_nor_does_an_upload_whose_url_was_lost(world: World, limit: Limit) -> None:
    """Nobody can send a file to it, and Mux forgets it."""
    limit(open_uploads=1, assets=1, per_day=1)
    world.mux.set_faults({"api": {"lose_response": 1}})
    assert statuses([upload(world), upload(world, headers=KEY)]) == [503, 503]
    world.mux.set_faults({})
    assert statuses([upload(world, headers=KEY), upload(world)]) == [201, 429]


def test_a_lost_upload_takes_nothing_away_when_it_ends(world: World, limit: Limit) -> None:
    """Mux's client repeats a call whose answer was lost: two uploads carry one tag, and the second became an asset."""
    limit(open_uploads=1, assets=1)
    made = upload(world).data
    [used] = world.mux_get("/video/v1/uploads").json()["data"]
    tag = used["new_asset_settings"]["passthrough"]
    lost = world.mux_post("/video/v1/uploads", {"new_asset_settings": {"passthrough": tag}}).json()["data"]["id"]
    world.send_file(made["url"], sample_mp4())
    wait_until_ready(world)
    [asset_at_mux] = world.mux_assets()
    told = [
        mux_events.upload_event("created", upload_id=lost, passthrough=tag),
        mux_events.upload_event("asset_created", upload_id=made["id"], passthrough=tag, asset_id=asset_at_mux["id"]),
        mux_events.asset_event("ready", asset_id=asset_at_mux["id"], upload_id=made["id"], passthrough=tag),
    ]
    for event in told:
        assert world.deliver(event).status == 200
    world.advance(3700)
    assert world.schedule()["closed"] == 1
    assert len(held(world, "assets")) == 1
    assert upload(world).status == 429


def test_an_asset_of_which_nobody_knows_counts_until_it_was_looked_for(world: World, limit: Limit) -> None:
    limit(assets=1, per_day=1)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert asset(world).status == 503
    world.mux.set_faults({})
    assert asset(world).status == 429
    world.advance(120)
    world.schedule()
    assert statuses([asset(world), asset(world)]) == [201, 429]


def test_the_same_request_again_counts_once(world: World, limit: Limit) -> None:
    limit(open_uploads=2, assets=2, per_day=2)
    assert statuses([upload(world, headers=KEY) for _ in range(3)]) == [201] * 3
    assert statuses([upload(world), upload(world)]) == [201, 429]
    assert statuses([upload(world, headers=KEY)]) == [201]


def test_a_request_that_is_sent_again_keeps_its_place(world: World, limit: Limit) -> None:
    limit(assets=1, per_day=1)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert asset(world, headers=KEY).status == 503
    world.mux.set_faults({})
    world.advance(61)
    assert statuses([asset(world, headers=KEY), asset(world)]) == [201, 429]
    [made] = world.mux_assets()
    tag = Tag.decode(made["passthrough"], stack=STACK)
    assert tag
    assert (held(world, "assets"), held(world, "day")) == ({tag.request}, {tag.request})


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("create", [upload, asset])
def test_so_does_one_that_died_before_mux_heard_of_it(world: World, limit: Limit, create: Any) -> None:
    limit(open_uploads=1, assets=1, per_day=1)

    def die(*_: object) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(MuxClient, f"create_{create.__name__}", die)
        with pytest.raises(Died):
            create(world, headers=KEY)
    world.advance(61)
    assert statuses([create(world, headers=KEY), create(world)]) == [201, 429]


def test_a_key_that_was_refused_works_once_there_is_room(world: World, limit: Limit) -> None:
    limit(open_uploads=1, assets=1)
    waiting = upload(world).data["id"]
    assert statuses([upload(world, headers=KEY), asset(world, headers=KEY | {"idempotency-key": "two"})]) == [429, 429]
    assert world.call("cancel_upload", id=waiting).status == 204
    assert upload(world, headers=KEY).status == 201


def test_who_has_too_much_of_everything_is_told_so_at_once(world: World, limit: Limit) -> None:
    limit(open_uploads=1, assets=1, per_day=1)
    upload(world)
    assert [message.partition(":")[0] for message in upload(world).messages] == [
        "at most 1 uploads may be open at once",
        "at most 1 assets, uploads under way included",
        "at most 1 uploads and assets within a day",
    ]


def test_limits_that_are_off_cost_nothing(world: World, limit: Limit) -> None:
    limit()
    calls: list[str] = []
    upload(world)
    asset(world)
    wait_until_ready(world)
    world.on_aws_call("provide-client-params.dynamodb", lambda model, **_: calls.append(model.name))
    waiting, made = upload(world).data["id"], asset(world).data["id"]
    assert calls == ["UpdateItem", "PutItem", "UpdateItem", "UpdateItem"]
    calls.clear()
    wait_until_ready(world)
    assert world.call("cancel_upload", id=waiting).status == 204
    assert world.call("delete_asset", id=made).status == 204
    assert calls == ["GetItem", "UpdateItem", "UpdateItem", "PutItem"]
    assert not [pk for pk in world.records() if pk.startswith("QUOTA#")]


def test_a_limit_costs_one_write_to_take_and_one_to_give_back(world: World, limit: Limit) -> None:
    limit(open_uploads=5, assets=5, per_day=9)
    upload(world)
    calls: list[str] = []
    world.on_aws_call("provide-client-params.dynamodb", lambda model, **_: calls.append(model.name))
    created = upload(world).data
    assert calls == ["UpdateItem", "UpdateItem"]
    [tag] = {
        entry["new_asset_settings"]["passthrough"]
        for entry in world.mux_get("/video/v1/uploads").json()["data"]
        if entry["id"] == created["id"]
    }
    told = [
        (mux_events.upload_event("created", upload_id=created["id"], passthrough=tag, at=0), 1),
        (mux_events.upload_event("asset_created", upload_id=created["id"], passthrough=tag, asset_id="A"), 2),
        (mux_events.asset_event("created", asset_id="A", passthrough=tag), 1),
        (mux_events.asset_event("ready", asset_id="A", passthrough=tag), 1),
        (mux_events.asset_event("deleted", asset_id="A", passthrough=tag), 2),
    ]
    for event, writes in told:
        calls.clear()
        assert world.deliver(event).status == 200
        assert len(calls) == writes, event["type"]


def test_what_was_made_before_the_limit_counts(world: World, limit: Limit) -> None:
    limit()
    made = [asset(world).data["id"] for _ in range(3)]
    upload(world, owner="bob")
    limit(assets=4)
    assert statuses([asset(world), asset(world)]) == [201, 429]
    wait_until_ready(world)
    for asset_id in made:
        assert world.call("delete_asset", id=asset_id).status == 204
    assert statuses([asset(world) for _ in range(4)]) == [201, 201, 201, 429]


def test_so_does_what_was_made_while_there_was_none(world: World, limit: Limit) -> None:
    limit(assets=2)
    asset(world)
    limit()
    asset(world)
    limit(assets=2)
    world.advance(3601)
    assert asset(world).status == 429


def test_more_than_the_limit_is_nothing_to_be_afraid_of(world: World, limit: Limit) -> None:
    limit()
    made = [asset(world).data["id"] for _ in range(4)]
    limit(assets=2)
    assert asset(world).status == 429
    wait_until_ready(world)
    for asset_id in made[:2]:
        assert world.call("delete_asset", id=asset_id).status == 204
    assert asset(world).status == 429
    assert world.call("delete_asset", id=made[2]).status == 204
    assert statuses([asset(world), asset(world)]) == [201, 429]


def test_a_lost_table_that_is_rebuilt_counts_as_before(world: World, limit: Limit) -> None:
    limit(assets=3)
    assert statuses([asset(world) for _ in range(4)]) == [201, 201, 201, 429]
    wait_until_ready(world)
    world.advance(120)
    world.replace_items([])
    world.reconcile({"rebuild": True})
    assert asset(world).status == 429
    shown = world.call("list_assets").data
    assert world.call("delete_asset", id=shown[0]["id"]).status == 204
    assert statuses([asset(world), asset(world)]) == [201, 429]


def test_a_record_of_an_older_release_is_held_by_its_own_id(world: World, limit: Limit) -> None:
    limit(assets=1)
    event = mux_events.asset_event("ready", asset_id="Old")
    assert world.deliver(event).status == 200
    world.dynamodb.update_item(
        TableName=world.table_name,
        Key={"pk": {"S": "ASSET#Old"}},
        UpdateExpression="REMOVE #request",
        ExpressionAttributeNames={"#request": "request"},
    )
    assert asset(world).status == 429
    assert held(world, "assets") == {"Old"}
    assert world.deliver(event | {"type": "video.asset.deleted"}).status == 200
    assert asset(world).status == 201


def test_a_caller_who_keeps_asking_does_not_make_us_read_everything_each_time(world: World, limit: Limit) -> None:
    limit(assets=1)
    asset(world)
    calls: list[str] = []
    world.on_aws_call("provide-client-params.dynamodb", lambda model, **_: calls.append(model.name))
    world.advance(30)
    assert statuses([upload(world) for _ in range(5)]) == [429] * 5
    assert calls.count("Query") == 1


def test_an_asset_deleted_a_moment_ago_does_not_count_although_the_index_still_shows_it(
    world: World, limit: Limit
) -> None:
    limit(assets=1)
    asset_id = asset(world).data["id"]
    wait_until_ready(world)
    shown = world.dynamodb.query(
        TableName=world.table_name,
        IndexName="by-owner",
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": "ada"}},
    )
    world.advance(3601)
    assert world.call("delete_asset", id=asset_id).status == 204
    answers = [shown]

    def lagging(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
        if answers:
            parsed.clear()
            parsed.update(answers.pop())

    world.on_aws_call("after-call.dynamodb.Query", lagging)
    assert asset(world).status == 201
    assert not answers
