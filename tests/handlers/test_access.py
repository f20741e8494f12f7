"""Who may see and do what: owners, strangers, administrators, foreign sites."""

from typing import Any

import pytest

from tests import mux_events
from tests.handlers import contract
from tests.handlers.client import FILM, Client
from tests.world import ORIGIN, Json, http_event

DONE = {"get_upload": {200}, "cancel_upload": {204}, "get_asset": {200}, "delete_asset": {202, 204}}
BODIES: dict[str, Json] = {"create_upload": {}, "create_asset": {"input": FILM}}


def request(function: str, object_id: str = "missing1", **event: Any) -> Json:
    """What `Client.call` needs for a good request to `function`."""
    return event | ({"id": object_id} if function in contract.ID_ROUTES else {"json_body": BODIES.get(function)})


def made_for(client: Client, function: str, owner: str) -> str:
    """The id of an upload or asset of `owner` that `function` can act on."""
    return str(client.upload(owner)["id"]) if function.endswith("upload") else client.asset(owner)


@pytest.mark.parametrize("function", contract.ID_ROUTES)
def test_an_owner_may(client: Client, function: str) -> None:
    assert client.call(function, id=made_for(client, function, "ada")).status in DONE[function]


@pytest.mark.parametrize("function", contract.ID_ROUTES)
def test_somebody_elses_id_answers_like_a_missing_one_and_nothing_happens(client: Client, function: str) -> None:
    object_id = made_for(client, function, "ada")
    records, asked = client.world.records(), len(client.asked())
    missing = client.call(function, owner="bob", id="missing1")
    foreign = client.call(function, owner="bob", id=object_id)
    assert foreign == missing
    assert foreign.status == 404
    assert client.world.records() == records
    assert len(client.asked()) == asked


@pytest.mark.parametrize("function", ["get_asset", "delete_asset"])
@pytest.mark.parametrize("owner", ["ada", "bob"])
@pytest.mark.parametrize("groups", [None, ["admin"]])
def test_a_deleted_asset_answers_like_a_missing_one_to_everyone(
    client: Client, function: str, owner: str, groups: list[str] | None
) -> None:
    asset_id = client.asset()
    assert client.call("delete_asset", id=asset_id).status == 204
    asked = len(client.asked())
    missing = client.call(function, owner=owner, groups=groups, id="missing1")
    assert client.call(function, owner=owner, groups=groups, id=asset_id) == missing
    assert missing.status == 404
    assert len(client.asked()) == asked


@pytest.mark.parametrize("function", contract.ID_ROUTES)
def test_an_id_of_the_other_kind_is_missing(client: Client, function: str) -> None:
    other = client.asset() if function.endswith("upload") else client.upload()["id"]
    assert client.call(function, id=other).status == 404


def test_an_upload_record_is_no_asset_of_anybody_and_the_other_way_round(client: Client) -> None:
    client.upload("ada")
    client.asset("bob")
    assert client.call("list_assets", owner="ada").data == []
    assert len(client.call("list_assets", owner="bob").data) == 1


def test_a_list_shows_the_callers_own_and_nothing_else(client: Client) -> None:
    hers, his = client.asset("ada"), client.asset("bob")
    client.world.deliver(mux_events.asset_event("ready", asset_id="foreign1", passthrough=None))
    for groups in (None, ["admin"]):
        assert [asset["id"] for asset in client.call("list_assets", owner="ada", groups=groups).data] == [hers]
        assert [asset["id"] for asset in client.call("list_assets", owner="bob", groups=groups).data] == [his]
    assert client.call("list_assets", owner="ad").data == []
    assert client.call("list_assets", owner="adaa").data == []


@pytest.mark.parametrize("function", contract.ID_ROUTES)
@pytest.mark.parametrize("groups", [["admin"], ["editor", "admin"], ["admin", "editor"]])
def test_a_member_of_the_admin_group_acts_on_everybodys(client: Client, function: str, groups: list[str]) -> None:
    object_id = made_for(client, function, "ada")
    assert client.call(function, owner="root", groups=groups, id=object_id).status in DONE[function]


@pytest.mark.parametrize("function", contract.ID_ROUTES)
def test_an_administrator_needs_an_identity_too(client: Client, function: str) -> None:
    event = http_event(function, owner="root", groups=["admin"], id=made_for(client, function, "ada"))
    del event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    assert client.handle(function, event).status == 403


def test_an_asset_that_this_stack_did_not_make_is_seen_by_administrators_only(client: Client) -> None:
    client.world.deliver(mux_events.asset_event("ready", asset_id="foreign1", passthrough=None))
    assert client.call("get_asset", owner="ada", id="foreign1").status == 404
    assert client.call("delete_asset", owner="ada", id="foreign1").status == 404
    assert client.call("get_asset", owner="root", groups=["admin"], id="foreign1").status == 200


def test_nothing_of_ours_deletes_an_asset_that_this_stack_did_not_make(client: Client) -> None:
    """Not even for an administrator: another program relies on it."""
    found = client.world.mux_post("/video/v1/assets", {"inputs": [{"url": FILM}], "passthrough": "another program's"})
    asset_id = found.json()["data"]["id"]
    client.world.wait_for(lambda: client.mux_status(asset_id) == "ready")
    client.world.deliver(mux_events.asset_event("ready", asset_id=asset_id, passthrough="another program's"))
    assert client.call("get_asset", owner="root", groups=["admin"], id=asset_id).status == 200
    assert client.call("delete_asset", owner="root", groups=["admin"], id=asset_id).status in {403, 404, 409}
    client.world.schedule()
    assert client.mux_status(asset_id) == "ready"
    assert client.call("get_asset", owner="root", groups=["admin"], id=asset_id).data["status"] == "ready"


def test_an_upload_never_shows_an_asset_of_another_owner(client: Client) -> None:
    upload = client.upload("ada")
    bobs = mux_events.asset_event("ready", asset_id="bobs1", passthrough=mux_events.tag("bob"))
    client.world.deliver(bobs)
    client.world.deliver(mux_events.upload_event("asset_created", upload_id=upload["id"], asset_id="bobs1"))
    assert "asset" not in client.call("get_upload", id=upload["id"]).data


FOREIGN_ORIGINS = [
    *("https://evil.example.com", "https://www.example.com.evil.test", "https://evil.test?https://www.example.com"),
    *("http://www.example.com", "https://www.example.com:8443", "https://www.example.com/", "HTTPS://WWW.EXAMPLE.COM"),
    *(
        "https://www.example.com,https://two.example.com",
        f"{ORIGIN},{ORIGIN}",
        " https://www.example.com",
        "example.com",
    ),
    *("null", "*", "", "https://*.example.com", "https://www.example.com\x00", "x" * 9000),
]


@pytest.mark.parametrize("function", contract.CHANGING)
def test_a_foreign_site_changes_nothing_and_mux_hears_nothing(client: Client, function: str) -> None:
    event = request(function, made_for(client, function, "ada"))
    before = client.calls()
    for origin in FOREIGN_ORIGINS:
        answer = client.call(function, **event | {"headers": {"origin": origin}})
        assert (origin, answer.status) == (origin, 403)
    assert client.calls() == before


@pytest.mark.parametrize("function", contract.CHANGING)
def test_every_listed_site_may_change_something(client: Client, function: str) -> None:
    event = request(function, made_for(client, function, "ada"))
    answer = client.call(function, **event | {"headers": {"origin": "https://two.example.com"}})
    assert answer.status in DONE.get(function, {201})


@pytest.mark.parametrize("function", ["get_upload", "get_asset", "list_assets"])
def test_reading_is_left_to_the_gateways_cors(client: Client, function: str) -> None:
    event = request(function, "" if function == "list_assets" else made_for(client, function, "ada"))
    assert client.call(function, **event | {"headers": {"origin": "https://evil.example.com"}}).status == 200
