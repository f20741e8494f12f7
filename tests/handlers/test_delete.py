"""DELETE /assets/{id}: a wish that is stored first, shown while it stands, and carried out until Mux says gone."""

from collections.abc import Callable

import pytest

from tests import mux_events
from tests.handlers.client import Client
from tests.handlers.front import Front, Reply

ASSET = "/video/v1/assets/.*"
NOT_FOUND = Reply(404, {"error": {"type": "not_found", "messages": ["no"]}})
PREPARING = Reply(400, {"error": {"type": "invalid_parameters", "messages": ["Can't delete a preparing asset."]}})


def listed(client: Client, query: str = "") -> list[tuple[str, str]]:
    return [(asset["id"], asset["status"]) for asset in client.call("list_assets", query=query).data]


def stands_as_deleting(client: Client, asset_id: str) -> None:
    """Get, the list and its filter agree on it."""
    assert client.call("get_asset", id=asset_id).data["status"] == "deleting"
    assert listed(client) == listed(client, "status=deleting") == [(asset_id, "deleting")]
    for status in ("preparing", "ready", "errored"):
        assert listed(client, f"status={status}") == []


def is_gone(client: Client, asset_id: str) -> None:
    assert client.call("get_asset", id=asset_id).status == 404
    assert listed(client) == listed(client, "status=deleting") == listed(client, "status=ready") == []
    assert client.mux_status(asset_id) == ""


def after_the_cleanup(client: Client) -> None:
    client.world.advance(3700)
    client.world.schedule()


def test_a_deleted_asset_is_gone_everywhere(client: Client) -> None:
    asset_id = client.asset()
    assert client.call("delete_asset", id=asset_id).status == 204
    is_gone(client, asset_id)


def test_deleting_again_answers_as_for_a_missing_one(client: Client) -> None:
    asset_id = client.asset()
    assert [client.call("delete_asset", id=asset_id).status for _ in range(3)] == [204, 404, 404]
    assert client.asked().count(("DELETE", f"/video/v1/assets/{asset_id}")) == 1


def test_what_mux_still_prepares_is_deleted_later(client: Client, front: Front) -> None:
    asset_id = client.asset()
    front.answer("DELETE", ASSET, PREPARING)
    accepted = client.call("delete_asset", id=asset_id)
    assert (accepted.status, accepted.data["id"], accepted.data["status"]) == (202, asset_id, "deleting")
    assert accepted.data == client.call("get_asset", id=asset_id).data
    stands_as_deleting(client, asset_id)
    after_the_cleanup(client)
    stands_as_deleting(client, asset_id)
    front.behave()
    after_the_cleanup(client)
    is_gone(client, asset_id)


@pytest.mark.parametrize("late", ["created", "ready", "errored", "updated"])
def test_no_later_event_takes_the_wish_back(client: Client, front: Front, late: str) -> None:
    asset_id = client.asset()
    front.answer("DELETE", ASSET, PREPARING)
    assert client.call("delete_asset", id=asset_id).status == 202
    client.world.deliver(mux_events.asset_event(late, asset_id=asset_id, at=client.now() + 5))
    stands_as_deleting(client, asset_id)
    front.behave()
    after_the_cleanup(client)
    is_gone(client, asset_id)
    client.world.deliver(mux_events.asset_event(late, asset_id=asset_id, at=client.now() + 5))
    is_gone(client, asset_id)


FAILURES: dict[str, Reply | None] = {
    "no answer": None,
    "500": Reply(500),
    "502 in HTML": Reply(502, b"<html>"),
    "503": Reply(503),
    "429": Reply(429, b"{}"),
    "429 for long": Reply(429, b"{}", {"Retry-After": "3600"}),
    "401": Reply(401),
    "403": Reply(403),
    "409": Reply(409),
    "a redirect": Reply(302, b"", {"Location": "http://169.254.169.254/"}),
    "half a body": Reply(500, b'{"err', cut=True),
}


@pytest.mark.parametrize("reply", FAILURES.values(), ids=FAILURES)
def test_a_failing_mux_leaves_the_wish_standing(
    client: Client, front: Front, hurried: None, reply: Reply | None
) -> None:
    asset_id = client.asset()
    front.misbehave("DELETE", ASSET, lambda _mux: reply)
    assert client.call("delete_asset", id=asset_id).status == 202
    stands_as_deleting(client, asset_id)
    assert client.mux_status(asset_id) == "ready"
    assert client.call("delete_asset", id=asset_id).status == 202
    front.behave()
    after_the_cleanup(client)
    is_gone(client, asset_id)


def test_a_lost_answer_is_no_lost_wish(client: Client, front: Front, hurried: None) -> None:
    asset_id = client.asset()
    front.lose_answer("DELETE", ASSET)
    assert client.call("delete_asset", id=asset_id).status == 202
    front.behave()
    after_the_cleanup(client)
    is_gone(client, asset_id)


def test_gone_at_mux_in_the_right_environment_is_gone(client: Client) -> None:
    asset_id = client.asset()
    client.world.mux.delete_asset(asset_id)
    assert client.call("delete_asset", id=asset_id).status == 204
    is_gone(client, asset_id)


@pytest.mark.parametrize(
    "whoami",
    [Reply(200, {"data": {"environment_id": "other1"}}), Reply(500), Reply(401), NOT_FOUND, Reply(200, {"data": {}})],
    ids=["another environment", "500", "401", "404", "no environment"],
)
def test_a_404_proves_nothing_unless_the_token_is_of_our_environment(
    client: Client, front: Front, hurried: None, whoami: Reply
) -> None:
    asset_id = client.asset()
    front.answer("DELETE", ASSET, NOT_FOUND)
    front.answer("GET", "/system/v1/whoami", whoami)
    assert client.call("delete_asset", id=asset_id).status == 202
    stands_as_deleting(client, asset_id)
    front.behave()
    client.world.cold_start()
    after_the_cleanup(client)
    is_gone(client, asset_id)


def test_two_at_once_delete_once_and_both_succeed(client: Client, front: Front) -> None:
    asset_id = client.asset()
    meanwhile: list[int] = []

    def second(mux: Callable[[], Reply]) -> Reply:
        meanwhile.append(client.elsewhere("delete_asset", id=asset_id).status)
        return mux()

    front.misbehave("DELETE", ASSET, second, times=1)
    assert client.call("delete_asset", id=asset_id).status in {204, 404}
    assert meanwhile == [204]
    is_gone(client, asset_id)


def test_the_event_of_our_own_delete_may_come_before_its_answer(client: Client, front: Front) -> None:
    asset_id = client.asset()
    client.world.deliver(mux_events.asset_event("ready", asset_id="another1", passthrough=None))

    def event_first(mux: Callable[[], Reply]) -> Reply:
        reply = mux()
        client.elsewhere_delivered(mux_events.asset_event("deleted", asset_id=asset_id, at=client.now()))
        return reply

    front.misbehave("DELETE", ASSET, event_first)
    assert client.call("delete_asset", id=asset_id).status == 204
    is_gone(client, asset_id)


def test_an_asset_of_which_only_a_part_is_known_cannot_be_deleted(client: Client) -> None:
    client.world.deliver(mux_events.track_event("ready", asset_id="loose1", track_id="track1"))
    for groups in (None, ["admin"]):
        assert client.call("delete_asset", id="loose1", groups=groups).status == 404
        assert client.call("get_asset", id="loose1", groups=groups).status == 404
    assert listed(client) == []


def test_an_administrators_wish_stands_in_the_owners_list(client: Client, front: Front) -> None:
    asset_id = client.asset()
    front.answer("DELETE", ASSET, PREPARING)
    assert client.call("delete_asset", owner="root", groups=["admin"], id=asset_id).status == 202
    stands_as_deleting(client, asset_id)


def test_a_dead_secrets_manager_loses_no_wish(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asset_id = client.asset()
    client.world.put_secret("MuxTokenSecret", "not JSON")
    client.world.cold_start()
    assert client.call("delete_asset", id=asset_id).status in {202, 503}
    mux = client.world.mux
    client.world.put_secret("MuxTokenSecret", {"token_id": mux.token_id, "token_secret": mux.token_secret})
    stands_as_deleting(client, asset_id)
    after_the_cleanup(client)
    is_gone(client, asset_id)
