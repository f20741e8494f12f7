"""What an owner is told of their counts and limits: the truth at once, and nothing of anybody else."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.mux import sample_mp4
from mux_lifecycle.store import keys
from mux_lifecycle.store.ledger import Ledger
from mux_lifecycle.store.uploads import Uploads
from tests import mux_events
from tests.bridge import Webhooks
from tests.quotas.conftest import Limit, asset, held, upload
from tests.world import Answer, World

HOUR = 3600
LIMITS = {"open_uploads": 5, "assets": 9, "per_day": 20}
ALL_OR_NONE = pytest.mark.parametrize("limits", [LIMITS, {}], ids=["with limits", "without limits"])
LAGGING_INDEXES = ("by-owner", "uploads-by-owner")


def usage(world: World, **event: Any) -> Answer:
    return world.call("usage", **event)


def counts(world: World, owner: str = "ada") -> tuple[int, int, int]:
    """Assets, open uploads, uploads in the last 24 hours."""
    told = usage(world, owner=owner).data
    assert list(told) == ["assets", "open_uploads", "uploads_last_24_hours"]
    assets, open_uploads, day = (entry["count"] for entry in told.values())
    return assets, open_uploads, day


def wait_until_ready(world: World) -> None:
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))


@pytest.fixture
def table_calls(world: World) -> list[str]:
    """What was asked of the table, and of which index."""
    calls: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        calls.append(" ".join([model.name, *([params["IndexName"]] if "IndexName" in params else [])]))

    world.on_aws_call("provide-client-params.dynamodb", note)
    return calls


@pytest.fixture
def stale_indexes(world: World) -> Iterator[list[bool]]:
    """From the time the list is not empty, the indexes answer what they answered last."""
    stale: list[bool] = []
    asked: list[str] = []
    answers: dict[str, Any] = {}

    def note(params: dict[str, Any], **_: object) -> None:
        asked.append(params["IndexName"])

    def answer(parsed: dict[str, Any], **_: object) -> None:
        index = asked.pop()
        if not stale:
            answers[index] = dict(parsed)
        elif index in answers:
            parsed.clear()
            parsed.update(answers[index])

    world.on_aws_call("provide-client-params.dynamodb.Query", note)
    world.on_aws_call("after-call.dynamodb.Query", answer)
    yield stale
    assert set(answers) == set(LAGGING_INDEXES)


def test_an_owner_sees_their_own_counts_and_the_limits_of_the_stack(world: World, limit: Limit) -> None:
    limit(**LIMITS)
    upload(world)
    asset(world)
    assert usage(world).body == {
        "data": {
            "assets": {"count": 2, "limit": 9},
            "open_uploads": {"count": 1, "limit": 5},
            "uploads_last_24_hours": {"count": 2, "limit": 20},
        }
    }


def test_a_limit_of_0_is_told_as_null(world: World, limit: Limit) -> None:
    for name, answered in (
        ("assets", "assets"),
        ("open_uploads", "open_uploads"),
        ("per_day", "uploads_last_24_hours"),
    ):
        limit(**LIMITS | {name: 0})
        limits = {told: entry["limit"] for told, entry in usage(world).data.items()}
        expected = {"assets": 9, "open_uploads": 5, "uploads_last_24_hours": 20}
        assert limits == expected | {answered: None}
    limit()
    assert {entry["limit"] for entry in usage(world).data.values()} == {None}


def test_limits_of_a_stack_that_sets_none_are_those_of_the_template(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("MAX_OPEN_UPLOADS_PER_OWNER", "MAX_ASSETS_PER_OWNER", "MAX_UPLOADS_PER_DAY_PER_OWNER"):
        monkeypatch.delenv(variable)
    world.cold_start()
    assert [entry["limit"] for entry in usage(world).data.values()] == [100, 5, 20]


@ALL_OR_NONE
def test_an_owner_who_has_nothing_counts_zero(world: World, limit: Limit, limits: dict[str, int]) -> None:
    limit(**limits)
    assert counts(world) == (0, 0, 0)
    assert world.records() == {}


@ALL_OR_NONE
def test_another_owner_s_uploads_and_assets_are_not_counted(world: World, limit: Limit, limits: dict[str, int]) -> None:
    limit(**limits)
    for owner in ("ada", "bob", "bob"):
        upload(world, owner=owner)
        asset(world, owner=owner)
    assert (counts(world), counts(world, "bob"), counts(world, "ad")) == ((2, 1, 2), (4, 2, 4), (0, 0, 0))


@ALL_OR_NONE
def test_an_administrator_sees_only_what_is_their_own(world: World, limit: Limit, limits: dict[str, int]) -> None:
    limit(**limits)
    upload(world)
    upload(world, owner="root")
    told = usage(world, owner="root", groups=["admin"]).data
    assert [entry["count"] for entry in told.values()] == [1, 1, 1]
    for query in ("owner=ada", "scope=all"):
        assert usage(world, owner="root", groups=["admin"], query=query).status == 400


@ALL_OR_NONE
def test_an_upload_counts_from_its_creation_until_it_is_cancelled_and_for_its_day(
    world: World, limit: Limit, limits: dict[str, int]
) -> None:
    limit(**limits)
    upload_id = upload(world).data["id"]
    assert counts(world) == (1, 1, 1)
    assert world.call("cancel_upload", id=upload_id).status == 204
    assert counts(world) == (0, 0, 1)


@ALL_OR_NONE
def test_an_upload_that_became_an_asset_counts_once(
    world: World, limit: Limit, webhooks: Webhooks, limits: dict[str, int]
) -> None:
    limit(**limits)
    world.send_file(upload(world).data["url"], sample_mp4())
    webhooks.settle()
    assert counts(world) == (1, 0, 1)


@ALL_OR_NONE
def test_an_asset_counts_until_it_is_deleted(world: World, limit: Limit, limits: dict[str, int]) -> None:
    limit(**limits)
    kept, deleted = asset(world).data["id"], asset(world).data["id"]
    wait_until_ready(world)
    assert world.call("delete_asset", id=deleted).status == 204
    # Only the quota record knows that something was asked for which is gone.
    assert counts(world) == (1, 0, 2 if limits else 1)
    assert world.call("delete_asset", id=kept).status == 204
    assert counts(world)[:2] == (0, 0)


@ALL_OR_NONE
def test_an_asset_that_mux_cannot_delete_yet_counts(world: World, limit: Limit, limits: dict[str, int]) -> None:
    limit(**limits)
    asset_id = asset(world).data["id"]
    wait_until_ready(world)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.call("delete_asset", id=asset_id).status == 202
    world.mux.set_faults({})
    assert counts(world) == (1, 0, 1)


@ALL_OR_NONE
def test_requests_older_than_a_day_are_not_counted(world: World, limit: Limit, limits: dict[str, int]) -> None:
    limit(**limits)
    asset(world)
    upload(world)
    world.advance(12 * HOUR)
    world.schedule()
    upload(world)
    assert counts(world) == (2, 1, 3)
    world.advance(12 * HOUR + 1)
    world.schedule()
    assert counts(world) == (1, 0, 1)
    world.advance(12 * HOUR + 1)
    assert counts(world) == (1, 0, 0)


@ALL_OR_NONE
def test_a_day_begins_with_the_request_however_long_its_upload_stays_open(
    world: World, limit: Limit, webhooks: Webhooks, limits: dict[str, int]
) -> None:
    world.configure("UPLOAD_TIMEOUT_SECONDS", str(72 * HOUR))
    limit(**limits)
    upload(world)
    sent = upload(world).data["url"]
    world.advance(12 * HOUR)
    world.send_file(sent, sample_mp4())
    webhooks.settle()
    assert counts(world) == (2, 1, 2)
    world.advance(12 * HOUR + 1)
    assert counts(world) == (2, 1, 0)


@ALL_OR_NONE
def test_a_request_that_mux_refused_is_not_counted(world: World, limit: Limit, limits: dict[str, int]) -> None:
    limit(**limits)
    world.mux.set_faults({"api": {"rate_limit": 1}})
    assert {upload(world).status, asset(world).status} == {503}
    world.mux.set_faults({})
    assert counts(world) == (0, 0, 0)


@pytest.mark.parametrize("name", LIMITS)
def test_a_request_is_refused_when_a_count_has_reached_its_limit(world: World, limit: Limit, name: str) -> None:
    limit(**LIMITS | {name: 2})
    answered = {"open_uploads": "open_uploads", "assets": "assets", "per_day": "uploads_last_24_hours"}[name]
    for made in range(3):
        assert usage(world).data[answered] == {"count": min(made, 2), "limit": 2}
        assert upload(world).status == (201 if made < 2 else 429)


def test_limits_that_are_set_later_count_what_was_there_before(world: World, limit: Limit) -> None:
    limit()
    for _ in range(3):
        asset(world)
    upload(world)
    upload(world, owner="bob")
    limit(**LIMITS)
    assert counts(world) == (4, 1, 4)
    assert (asset(world).status, upload(world).status) == (201, 201)
    assert counts(world) == (6, 2, 6)


def test_a_table_that_was_rebuilt_counts_as_before(world: World, limit: Limit) -> None:
    limit(**LIMITS)
    upload(world)
    asset(world)
    asset(world)
    wait_until_ready(world)
    world.advance(120)
    before = counts(world)
    world.replace_items([])
    world.reconcile({"rebuild": True})
    assert before == (3, 1, 3)
    assert counts(world) == before


def test_a_quota_record_that_was_not_audited_for_an_hour_is_compared_with_the_records(
    world: World, limit: Limit
) -> None:
    limit(**LIMITS)
    asset_id = asset(world).data["id"]
    limit()
    wait_until_ready(world)
    assert world.call("delete_asset", id=asset_id).status == 204
    asset(world)
    asset(world)
    limit(**LIMITS)
    world.advance(2 * HOUR + 1)
    assert counts(world)[0] == 2
    assert len(held(world, "assets")) == 1


def test_a_request_that_died_half_way_counts_until_it_can_have_become_nothing(world: World, limit: Limit) -> None:
    limit(**LIMITS)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert asset(world).status == 503
    world.mux.set_faults({})
    assert counts(world) == (1, 0, 1)
    world.advance(HOUR + 1)
    assert counts(world) == (1, 0, 1)
    world.advance(HOUR)
    assert counts(world) == (0, 0, 1)


def test_an_upload_whose_end_was_stored_but_not_given_back_is_not_open(world: World, limit: Limit) -> None:
    limit(**LIMITS)
    upload_id = upload(world).data["id"]
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(Ledger, "end_upload", lambda *_args, **_named: None)
        assert world.call("cancel_upload", id=upload_id).status == 204
    assert len(held(world, "open")) == 1
    assert counts(world)[1] == 0


def test_an_upload_that_was_never_recorded_is_open_until_it_must_have_ended(world: World, limit: Limit) -> None:
    limit(**LIMITS)
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(Uploads, "apply", lambda *_args, **_named: "applied")
        assert upload(world).status == 201
    assert counts(world) == (1, 1, 1)
    world.advance(2 * HOUR + 1)
    assert counts(world) == (0, 0, 1)


def test_two_uploads_of_one_request_count_once(world: World, limit: Limit) -> None:
    """Mux's client repeats a call whose answer was lost."""
    limit(**LIMITS)
    upload(world)
    [waiting] = world.mux_get("/video/v1/uploads").json()["data"]
    tag = waiting["new_asset_settings"]["passthrough"]
    lost = world.mux_post("/video/v1/uploads", {"new_asset_settings": {"passthrough": tag}}).json()["data"]["id"]
    assert world.deliver(mux_events.upload_event("created", upload_id=lost, passthrough=tag)).status == 200
    assert counts(world) == (1, 1, 1)
    assert world.call("cancel_upload", id=lost).status == 204
    assert counts(world)[1] == 1


def test_while_the_indexes_lag_behind_the_limited_counts_are_true(
    world: World, limit: Limit, stale_indexes: list[bool]
) -> None:
    limit(**LIMITS)
    cancelled, deleted = upload(world).data["id"], asset(world).data["id"]
    wait_until_ready(world)
    world.advance(HOUR + 1)
    assert counts(world) == (2, 1, 2)
    stale_indexes.append(True)
    assert world.call("cancel_upload", id=cancelled).status == 204
    assert world.call("delete_asset", id=deleted).status == 204
    assert counts(world) == (0, 0, 2)
    upload(world)
    assert counts(world) == (1, 1, 3)


def test_a_cancelled_upload_is_not_open_though_the_index_lags_behind_and_nothing_is_limited(
    world: World, limit: Limit, stale_indexes: list[bool]
) -> None:
    limit()
    upload_id = upload(world).data["id"]
    assert counts(world)[1] == 1
    stale_indexes.append(True)
    assert world.call("cancel_upload", id=upload_id).status == 204
    assert counts(world)[1] == 0


def test_more_assets_than_a_page_of_an_index_are_all_counted(world: World, limit: Limit) -> None:
    limit()
    made_at = int(time.time()) - 10 * 24 * HOUR
    for number in range(601):
        world.dynamodb.put_item(
            TableName=world.table_name,
            Item={
                "pk": {"S": keys.asset(f"A{number}")},
                "owner": {"S": "ada"},
                "sort": {"S": keys.sort(made_at, f"A{number}")},
                "seen": {"S": keys.version("ready", 1, now=2)},
                "status": {"S": "ready"},
            },
        )
    assert counts(world) == (601, 0, 0)
    limit(**LIMITS)
    assert counts(world) == (601, 0, 0)


def test_looking_at_the_usage_changes_nothing_and_asks_mux_nothing(
    world: World, limit: Limit, table_calls: list[str]
) -> None:
    limit(**LIMITS)
    upload(world)
    asset(world)
    records, asked = world.items(), len(world.mux.requests())
    table_calls.clear()
    counts(world)
    assert table_calls == ["GetItem", "Query uploads-by-owner", "Query by-owner"]
    world.advance(HOUR + 1)
    counts(world)
    limit()
    counts(world)
    assert (world.items(), len(world.mux.requests())) == (records, asked)


def test_older_assets_are_not_read_while_the_quota_record_is_trusted(world: World, limit: Limit) -> None:
    limit(**LIMITS)
    asset(world)
    asked: list[str] = []

    def note(params: dict[str, Any], **_: object) -> None:
        if params["IndexName"] == "by-owner":
            asked.append(params["KeyConditionExpression"])

    world.on_aws_call("provide-client-params.dynamodb.Query", note)
    assert counts(world)[0] == 1
    world.advance(HOUR + 1)
    assert counts(world)[0] == 1
    assert asked == ["#owner = :owner AND #sort >= :since", "#owner = :owner"]


def test_without_limits_no_quota_record_is_read(world: World, limit: Limit, table_calls: list[str]) -> None:
    limit()
    counts(world)
    assert table_calls == ["Query uploads-by-owner", "Query by-owner"]


def test_a_caller_without_a_token_is_unauthorized(world: World) -> None:
    assert usage(world, owner=None).status == 401


@pytest.mark.parametrize("owner", ["", "a" * 129, "a#b", "a b", "ädå"])
def test_a_sub_that_cannot_own_anything_is_forbidden_to_see_a_usage(
    world: World, table_calls: list[str], owner: str
) -> None:
    answer = usage(world, owner=owner)
    assert (answer.status, answer.body["error"]["type"]) == (403, "forbidden")
    assert table_calls == []


@pytest.mark.parametrize("query", ["limit=1", "owner=ada", "x"])
def test_a_usage_takes_no_parameter(world: World, query: str) -> None:
    assert usage(world, query=query).status == 400
