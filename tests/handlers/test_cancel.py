"""DELETE /uploads/{id}: cancelled is cancelled; what has become an asset is named; nothing is believed too early."""

from collections.abc import Callable

import pytest

from local.mux import sample_mp4
from tests import mux_events
from tests.handlers.client import Client
from tests.handlers.front import Front, Reply

CANCEL = "/video/v1/uploads/.*/cancel"
NOT_FOUND = Reply(404, {"error": {"type": "not_found", "messages": ["no"]}})
TOO_LATE = Reply(403, {"error": {"type": "forbidden", "messages": ["The upload has already completed"]}})


def mux_upload_status(client: Client, upload_id: str) -> str:
    return str(client.world.mux_get(f"/video/v1/uploads/{upload_id}").json()["data"]["status"])


def test_a_waiting_upload_is_cancelled_at_mux_and_here(client: Client) -> None:
    upload_id = client.upload()["id"]
    assert client.call("cancel_upload", id=upload_id).status == 204
    assert mux_upload_status(client, upload_id) == "cancelled"
    assert client.call("get_upload", id=upload_id).data == {"id": upload_id, "status": "cancelled"}


def test_cancelling_twice_is_no_error_and_asks_mux_once(client: Client) -> None:
    upload_id = client.upload()["id"]
    assert [client.call("cancel_upload", id=upload_id).status for _ in range(3)] == [204] * 3
    assert client.asked().count(("PUT", f"/video/v1/uploads/{upload_id}/cancel")) == 1


def test_an_upload_that_was_cancelled_at_mux_counts_as_cancelled(client: Client) -> None:
    upload_id = client.upload()["id"]
    client.world.deliver(mux_events.upload_event("cancelled", upload_id=upload_id))
    assert client.call("cancel_upload", id=upload_id).status == 204


def test_an_upload_that_timed_out_unnoticed_is_as_good_as_cancelled(client: Client) -> None:
    upload_id = client.upload()["id"]
    client.world.advance(3600 + 1)
    assert client.call("cancel_upload", id=upload_id).status == 204
    assert client.call("get_upload", id=upload_id).data["status"] == "timed_out"


def test_an_upload_that_became_an_asset_is_a_conflict_that_names_the_asset(client: Client) -> None:
    """Also when no webhook has told us yet: Mux refuses, and is asked what became of it."""
    upload = client.upload()
    client.world.send_file(upload["url"], sample_mp4())
    conflict = client.call("cancel_upload", id=upload["id"])
    assert conflict.status == 409
    asset_id = client.world.mux_get(f"/video/v1/uploads/{upload['id']}").json()["data"]["asset_id"]
    assert asset_id in conflict.messages[0]
    found = client.call("get_upload", id=upload["id"]).data
    assert (found["status"], found["asset_id"]) == ("asset_created", asset_id)
    assert client.call("cancel_upload", id=upload["id"]) == conflict


def test_an_upload_that_completes_while_it_is_cancelled_is_a_conflict(client: Client, front: Front) -> None:
    upload = client.upload()

    def complete_first(mux: Callable[[], Reply]) -> Reply:
        client.world.send_file(upload["url"], sample_mp4())
        return mux()

    front.misbehave("PUT", CANCEL, complete_first)
    assert client.call("cancel_upload", id=upload["id"]).status == 409


def test_a_lost_answer_is_asked_for_again(client: Client, front: Front, hurried: None) -> None:
    upload_id = client.upload()["id"]
    front.lose_answer("PUT", CANCEL, times=1)
    assert client.call("cancel_upload", id=upload_id).status == 204
    assert client.call("get_upload", id=upload_id).data["status"] == "cancelled"


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_mux_that_fails_is_a_503_and_the_upload_waits(
    client: Client, front: Front, hurried: None, status: int
) -> None:
    upload_id = client.upload()["id"]
    front.answer("PUT", CANCEL, Reply(status))
    assert client.call("cancel_upload", id=upload_id).status == 503
    assert client.call("get_upload", id=upload_id).data["status"] == "waiting"
    front.behave()
    assert client.call("cancel_upload", id=upload_id).status == 204


@pytest.mark.parametrize("status", [400, 401, 422])
def test_a_mux_that_refuses_is_a_502_and_the_upload_waits(client: Client, front: Front, status: int) -> None:
    upload_id = client.upload()["id"]
    front.answer("PUT", CANCEL, Reply(status))
    assert client.call("cancel_upload", id=upload_id).status == 502
    assert client.call("get_upload", id=upload_id).data["status"] == "waiting"


def test_too_late_but_still_waiting_is_no_success(client: Client, front: Front) -> None:
    """Mux contradicts itself for a moment: nobody is told that the upload is cancelled."""
    upload_id = client.upload()["id"]
    front.answer("PUT", CANCEL, TOO_LATE, times=1)
    assert client.call("cancel_upload", id=upload_id).status == 503
    assert client.call("get_upload", id=upload_id).data["status"] == "waiting"


def test_an_upload_gone_from_the_right_environment_is_over(client: Client, front: Front) -> None:
    upload_id = client.upload()["id"]
    front.answer("PUT", CANCEL, NOT_FOUND)
    assert client.call("cancel_upload", id=upload_id).status == 204
    assert client.call("get_upload", id=upload_id).data["status"] == "timed_out"


@pytest.mark.parametrize(
    "whoami",
    [Reply(200, {"data": {"environment_id": "other1"}}), Reply(500), Reply(403), Reply(200, {"data": {}}), Reply(429)],
    ids=["another environment", "500", "403", "no environment", "429"],
)
def test_a_404_proves_nothing_unless_the_token_is_of_our_environment(
    client: Client, front: Front, hurried: None, whoami: Reply
) -> None:
    upload_id = client.upload()["id"]
    front.answer("PUT", CANCEL, NOT_FOUND)
    front.answer("GET", "/system/v1/whoami", whoami)
    assert client.call("cancel_upload", id=upload_id).status in {502, 503}
    assert client.call("get_upload", id=upload_id).data["status"] == "waiting"


def test_a_finished_upload_is_forgotten_when_its_time_is_over(client: Client) -> None:
    """DynamoDB removes what has expired only days later; until then it is not shown either."""
    upload_id = client.upload()["id"]
    assert client.call("cancel_upload", id=upload_id).status == 204
    client.world.advance(31 * 86_400)
    assert client.call("get_upload", id=upload_id).status == 404
