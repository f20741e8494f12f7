"""What the budget costs: no further table call where there is a write to share, one or two small ones elsewhere."""

from mux_lifecycle.store import keys
from tests import mux_events
from tests.budget.conftest import FILM
from tests.world import Json, World


def test_a_webhook_stays_one_write(budgeted: World, asset: Json, table_calls: list[str]) -> None:
    found = budgeted.mux_get(f"/video/v1/assets/{asset['id']}").json()["data"]
    event = mux_events.event("video.asset.updated", found, at=budgeted.mux.advance(0) + 60)
    table_calls.clear()
    assert budgeted.deliver(event).status == 200
    assert table_calls == ["UpdateItem"]


def test_an_upload_is_one_write_and_the_owner_s(budgeted: World, table_calls: list[str]) -> None:
    assert budgeted.call("create_upload", json_body={}).status == 201
    assert table_calls == ["UpdateItem", "UpdateItem"]


def test_an_upload_with_a_key_is_two_calls_and_the_owner_s(budgeted: World, table_calls: list[str]) -> None:
    headers = {"idempotency-key": "the-one"}
    assert budgeted.call("create_upload", json_body={}, headers=headers).status == 201
    assert table_calls == ["PutItem", "UpdateItem", "TransactWriteItems"]


def test_uploads_soon_after_another_cost_no_more(budgeted: World, table_calls: list[str]) -> None:
    for _ in range(5):
        table_calls.clear()
        assert budgeted.call("create_upload", json_body={}).status == 201
        assert table_calls == ["UpdateItem", "UpdateItem"]


def test_a_process_that_has_seen_nothing_yet_needs_one_write_more(budgeted: World, table_calls: list[str]) -> None:
    """It supposes that the bucket is full, and hears that it is not."""
    budgeted.call("create_upload", json_body={})
    budgeted.cold_start()
    table_calls.clear()
    assert budgeted.call("create_upload", json_body={}).status == 201
    assert table_calls == ["UpdateItem"] * 3


def test_a_budget_known_to_be_used_up_is_refused_without_a_call(budgeted: World, table_calls: list[str]) -> None:
    for _ in range(5):
        budgeted.call("create_upload", json_body={})
    table_calls.clear()
    for _ in range(20):
        assert budgeted.call("create_upload", json_body={}).status == 429
    assert table_calls == []
    budgeted.cold_start()
    assert budgeted.call("create_upload", json_body={}).status == 429
    assert table_calls == ["UpdateItem"]


def test_an_asset_from_a_url_pays_in_the_write_that_it_makes_anyway(budgeted: World, table_calls: list[str]) -> None:
    assert budgeted.call("create_asset", json_body=FILM).status == 201
    paid = table_calls.copy()
    [quota] = [record for pk, record in budgeted.records().items() if pk == keys.quota("ada")]
    assert "mux_post" in quota
    assert paid == ["PutItem", "UpdateItem", "UpdateItem", "UpdateItem"]
    assert keys.BUDGET_OF_ALL not in budgeted.records()


def test_a_change_is_two_writes_more(budgeted: World, asset: Json, table_calls: list[str]) -> None:
    budgeted.advance(60)
    table_calls.clear()
    assert budgeted.call("update_asset", id=asset["id"], json_body={"title": "Harbour"}).status == 200
    assert table_calls == ["GetItem", "UpdateItem", "UpdateItem", "UpdateItem", "GetItem"]
    assert keys.BUDGET_OF_ALL in budgeted.records()
