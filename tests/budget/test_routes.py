"""Every route that calls Mux is behind the budget: once it is used up, nothing is sent."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import keys
from tests.budget.conftest import FILM, sent_to_mux
from tests.world import FUNCTIONS, STACK, Answer, Json, World, template_document

CAPTIONS: Final = {"url": "https://storage.example.com/captions.vtt", "type": "text", "language_code": "en"}
ENGLISH: Final = {"generated_subtitles": [{"language_code": "en"}]}

type Call = Callable[[World, Json], Answer]


def _on_asset(function: str, body: object = None, **ids: str) -> Call:
    def call(world: World, asset: Json) -> Answer:
        found = {name: _part(asset, path) for name, path in ids.items()}
        return world.call(function, json_body=body, id=asset["id"], **found)

    return call


def _part(asset: Json, path: str) -> str:
    """`tracks/audio`: the id of the first such entry."""
    kind, _, wanted = path.partition("/")
    return next(str(entry["id"]) for entry in asset[kind] if wanted in entry.values())


def _cancel(world: World, asset: Json) -> Answer:
    return world.call("cancel_upload", id=asset["waiting"])


CALLS: Final[dict[str, Call]] = {
    "POST /uploads": lambda world, _: world.call("create_upload", json_body={}),
    "DELETE /uploads/{id}": _cancel,
    "POST /assets": lambda world, _: world.call("create_asset", json_body=FILM),
    "PATCH /assets/{id}": _on_asset("update_asset", {"title": "Harbour"}),
    "DELETE /assets/{id}": _on_asset("delete_asset"),
    "POST /assets/{id}/playback-ids": _on_asset("playback_ids:POST", {"policy": "public"}),
    "DELETE /assets/{id}/playback-ids/{pid}": _on_asset("playback_ids:DELETE", pid="playback_ids/signed"),
    "GET /assets/{id}/input-info": _on_asset("input_info"),
    "POST /assets/{id}/tracks": _on_asset("tracks:POST", CAPTIONS),
    "PATCH /assets/{id}/tracks/{tid}": _on_asset("tracks:PATCH", {"name": "Voice"}, tid="tracks/audio"),
    "DELETE /assets/{id}/tracks/{tid}": _on_asset("tracks:DELETE", tid="tracks/text"),
    "POST /assets/{id}/tracks/{tid}/generate-subtitles": _on_asset(
        "tracks:POST generate-subtitles", ENGLISH, tid="tracks/audio"
    ),
    "POST /assets/{id}/static-renditions": _on_asset("static_renditions:POST", {"resolution": "highest"}),
    "DELETE /assets/{id}/static-renditions/{rid}": _on_asset("static_renditions:DELETE", rid="static_renditions/720p"),
    "PUT /assets/{id}/mp4-support": _on_asset("static_renditions:PUT", {"mp4_support": "none"}),
    "PUT /assets/{id}/master-access": _on_asset("master_access", {"master_access": "temporary"}),
}
# Several routes of a function that calls Mux only read the table.
FROM_THE_TABLE: Final = {"GET /assets/{id}/playback-ids/{pid}"}


def routes_with_a_mux_token() -> set[str]:
    """The routes of the functions that may call Mux, as the template has them."""
    found: set[str] = set()
    for resource in template_document()["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] != "AWS::Serverless::Function" or "MUX_TOKEN_SECRET_ARN" not in str(properties):
            continue
        events = [event["Properties"] for event in properties["Events"].values() if event["Type"] == "HttpApi"]
        found |= {f"{event['Method']} {event['Path']}" for event in events}
    return found


def use_up(world: World, owner: str = "ada") -> None:
    """The owner's budget is used up for an hour."""
    now = int(world.mux.advance(0) * 1000)
    world.dynamodb.update_item(
        TableName=world.table_name,
        Key={"pk": {"S": keys.quota(owner)}},
        UpdateExpression="SET mux_post = :at, mux_other = :at",
        ExpressionAttributeValues={":at": {"N": str(now + 900_000)}},
    )


def test_no_route_is_forgotten_here() -> None:
    assert routes_with_a_mux_token() == CALLS.keys() | FROM_THE_TABLE
    assert CALLS.keys() <= {f"{method} {path}" for method, path in FUNCTIONS.values()}


@pytest.mark.parametrize("route", sorted(CALLS.keys() - {"DELETE /assets/{id}"}))
def test_with_a_budget_used_up_the_route_sends_nothing_and_says_when_to_try_again(
    budgeted: World, asset: Json, route: str
) -> None:
    use_up(budgeted)
    before, records = sent_to_mux(budgeted), budgeted.records()
    refused = CALLS[route](budgeted, asset)
    assert refused.status == 429
    assert refused.body["error"]["type"] == "too_many_requests"
    seconds = refused.headers["retry-after"]
    assert re.fullmatch(r"[1-9][0-9]{0,2}", seconds)
    assert refused.messages == [f"too many requests in a short time: try again in {seconds} seconds"]
    assert sent_to_mux(budgeted) == before
    assert budgeted.records() == records


@pytest.mark.parametrize("route", sorted(CALLS))
def test_with_a_budget_the_route_calls_mux(budgeted: World, asset: Json, route: str) -> None:
    before = sent_to_mux(budgeted)
    assert CALLS[route](budgeted, asset).status < 500
    assert (sent_to_mux(budgeted) - before).total() >= 1


def test_with_a_budget_used_up_a_deletion_is_kept_and_carried_out_by_the_cleanup(budgeted: World, asset: Json) -> None:
    use_up(budgeted)
    before = sent_to_mux(budgeted)
    answer = budgeted.call("delete_asset", id=asset["id"])
    assert (answer.status, answer.data["status"]) == (202, "deleting")
    assert sent_to_mux(budgeted) == before
    budgeted.advance(120)
    budgeted.schedule()
    assert asset["id"] not in {found["id"] for found in budgeted.mux_assets()}
    assert budgeted.call("get_asset", id=asset["id"]).status == 404


@pytest.mark.parametrize("route", sorted(CALLS.keys() - {"POST /uploads", "POST /assets", "DELETE /uploads/{id}"}))
def test_an_administrator_is_charged_to_no_owner_s_budget(budgeted: World, asset: Json, route: str) -> None:
    """Nor to their own: they have the reserve."""
    use_up(budgeted)
    use_up(budgeted, owner="root")
    as_admin = _Admin(budgeted)
    before = sent_to_mux(budgeted)
    assert CALLS[route](as_admin, asset).status < 429  # type: ignore[arg-type]
    assert (sent_to_mux(budgeted) - before).total() >= 1


class _Admin:
    """The same calls by an administrator."""

    def __init__(self, world: World) -> None:
        self._world = world

    def call(self, function: str, **event: Any) -> Answer:
        return self._world.call(function, owner="root", groups=["admin"], **event)


@pytest.mark.parametrize("body", [{}, FILM])
def test_a_refused_post_leaves_nothing_behind_and_its_key_can_be_used_again(budgeted: World, body: Json) -> None:
    function = "create_asset" if body else "create_upload"
    use_up(budgeted)
    headers = {"idempotency-key": "the-one"}
    refused = budgeted.call(function, json_body=body, headers=headers)
    assert refused.status == 429
    assert [pk for pk in budgeted.records() if not pk.startswith("QUOTA#")] == []
    budgeted.advance(int(refused.headers["retry-after"]))
    assert budgeted.call(function, json_body=body, headers=headers).status == 201


def test_a_repetition_by_mux_s_client_is_paid_for_too(budgeted: World, asset: Json) -> None:
    budgeted.mux.set_faults({"api": {"error_rate": 1}})
    statuses = [budgeted.call("input_info", id=asset["id"]).status for _ in range(3)]
    assert statuses == [503, 503, 503]
    [quota] = [item for pk, item in budgeted.records().items() if pk.startswith("QUOTA#")]
    assert int(quota["mux_other"]) >= budgeted.mux.advance(0) * 1000 + 5 * 800


def test_a_change_of_two_calls_sends_both_or_none(budgeted: World, asset: Json) -> None:
    """A playback id is made and then looked for: with room for one call only, none is made that nobody hears of."""
    now = int(budgeted.mux.advance(0) * 1000)
    budgeted.dynamodb.update_item(
        TableName=budgeted.table_name,
        Key={"pk": {"S": keys.quota("ada")}},
        UpdateExpression="SET mux_other = :at",
        ExpressionAttributeValues={":at": {"N": str(now + 60_000)}},
    )
    before = sent_to_mux(budgeted)
    assert budgeted.call("playback_ids:POST", json_body={"policy": "public"}, id=asset["id"]).status == 429
    assert sent_to_mux(budgeted) == before


def test_tags_of_a_budgeted_upload_are_as_ever(budgeted: World) -> None:
    made = budgeted.call("create_upload", json_body={}).data["id"]
    found = budgeted.mux_get(f"/video/v1/uploads/{made}").json()["data"]
    tag = Tag.decode(found["new_asset_settings"]["passthrough"], stack=STACK)
    assert tag is not None
    assert tag.owner == "ada"
