"""POST /assets when Mux or we fail in the middle: never two assets for one wish, and none that nobody finds."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from botocore.client import BaseClient
from urllib3 import PoolManager

from mux_lifecycle.mux.client import MuxClient
from tests.handlers.client import FILM, Client
from tests.handlers.front import Front, Reply
from tests.world import Answer

KEY = {"idempotency-key": "key-1"}
ASSETS = "/video/v1/assets"


def create(client: Client, **request: Any) -> Answer:
    return client.call("create_asset", **{"json_body": {"input": FILM}, "headers": KEY} | request)


def wait_and_retry(client: Client, refused: Answer) -> Answer:
    """What a well-behaved caller does."""
    assert refused.status == 503
    client.world.advance(int(refused.headers["retry-after"]))
    return create(client)


def test_an_answer_lost_by_mux_is_found_again(client: Client) -> None:
    client.world.mux.set_faults({"api": {"lose_response": 1}})
    lost = create(client)
    assert (lost.status, lost.headers["retry-after"]) == (503, "60")
    client.world.mux.set_faults({})
    [at_mux] = client.world.mux_assets()
    found = wait_and_retry(client, lost)
    assert found.status == 201
    assert found.data["id"] == at_mux["id"]
    assert len(client.world.mux_assets()) == 1
    assert create(client).data["id"] == at_mux["id"]
    assert client.call("get_asset", id=at_mux["id"]).status == 200


LOST: dict[str, Reply] = {
    "half a body": Reply(201, b'{"data": {"id": "abc', cut=True),
    "an outage in HTML": Reply(502, b"<html>bad gateway</html>"),
    "an outage": Reply(500, {"error": {"type": "x", "messages": ["x"]}}),
}


@pytest.mark.parametrize("reply", LOST.values(), ids=LOST)
def test_an_outcome_that_is_not_known_is_not_repeated_blindly(client: Client, front: Front, reply: Reply) -> None:
    def act(mux: Callable[[], Reply]) -> Reply:
        mux()
        return reply

    front.misbehave("POST", ASSETS, act, times=1)
    unknown = create(client)
    assert unknown.status == 503
    assert front.count("POST", ASSETS) == 1
    early = create_in_a_hurry(client, unknown)
    assert early.status == 503
    assert wait_and_retry(client, early).status == 201
    assert front.count("POST", ASSETS) == 1
    assert len(client.world.mux_assets()) == 1


def create_in_a_hurry(client: Client, unknown: Answer) -> Answer:
    client.world.advance(int(unknown.headers["retry-after"]) - 10)
    return create(client)


ODD: dict[str, Reply] = {
    "HTML": Reply(201, b"<html>created</html>"),
    "nothing": Reply(201),
    "a list": Reply(201, []),
    "no id": Reply(201, {"data": {"status": "preparing"}}),
    "an odd id": Reply(201, {"data": {"id": "../../x", "status": "preparing"}}),
    "an odd status": Reply(201, {"data": {"id": "abc", "status": "?"}}),
    "a redirect": Reply(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}),
}


@pytest.mark.parametrize("reply", ODD.values(), ids=ODD)
def test_nonsense_from_mux_is_a_502_and_what_it_made_is_found(client: Client, front: Front, reply: Reply) -> None:
    def act(mux: Callable[[], Reply]) -> Reply:
        mux()
        return reply

    front.misbehave("POST", ASSETS, act, times=1)
    assert create(client).status == 502
    client.world.advance(61)
    assert create(client).status == 201
    assert front.count("POST", ASSETS) == 1
    assert len(client.world.mux_assets()) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_what_mux_refuses_is_a_502_without_mux_s_words_and_may_be_sent_again(
    client: Client, front: Front, status: int
) -> None:
    words = {"error": {"type": "x", "messages": ["Free plan is limited; https://secret.example.com/?token=abc"]}}
    front.answer("POST", ASSETS, Reply(status, words), times=2)
    refused = create(client)
    assert refused.status == 502
    assert not any("plan" in message or "secret" in message for message in refused.messages)
    front.behave()
    assert create(client).status == 201
    assert len(client.world.mux_assets()) == 1


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "7"}, {"Retry-After": "9" * 40}, {"Retry-After": "soon"}])
def test_a_busy_mux_is_asked_twice_at_most_and_did_nothing(
    client: Client, front: Front, hurried: None, headers: dict[str, str]
) -> None:
    front.answer("POST", ASSETS, Reply(429, b"{}", headers))
    assert create(client).status == 503
    assert front.count("POST", ASSETS) <= 2
    front.behave()
    assert create(client).status == 201
    assert len(client.world.mux_assets()) == 1


def test_a_request_that_never_arrived_is_sent_again_after_a_minute(client: Client, front: Front) -> None:
    front.refuse("POST", ASSETS, times=1)
    assert wait_and_retry(client, create(client)).status == 201
    assert len(client.world.mux_assets()) == 1


def test_a_minute_is_enough_to_look_for_it(client: Client, front: Front) -> None:
    """To the second: who sent it again without a look would pay for it twice."""
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        front.lose_answer("POST", ASSETS, times=1)
        assert create(client).status == 503
        traveller.shift(60)
        assert create(client).status == 201
    assert front.count("POST", ASSETS) == 1


def test_what_the_cleanup_has_given_up_is_sent_again_without_another_look(client: Client, front: Front) -> None:
    front.refuse("POST", ASSETS, times=1)
    assert create(client).status == 503
    client.world.advance(120)
    assert client.world.schedule()["lost"] == 1
    looks = front.count("GET", ASSETS)
    assert create(client).status == 201
    assert front.count("GET", ASSETS) == looks
    assert len(client.world.mux_assets()) == 1


def test_without_a_key_the_cleanup_finds_what_was_lost(client: Client, front: Front) -> None:
    front.lose_answer("POST", ASSETS, times=1)
    assert create(client, headers={}).status == 503
    assert client.call("list_assets").data == []
    client.world.advance(120)
    client.world.schedule()
    [at_mux] = client.world.mux_assets()
    assert [asset["id"] for asset in client.call("list_assets").data] == [at_mux["id"]]


def test_two_retries_in_the_same_second_send_once(client: Client, front: Front) -> None:
    """Both callers have waited the minute they were told to; one looks at Mux before, and acts after, the other."""
    meanwhile: list[Answer] = []

    def overtake(mux: Callable[[], Reply]) -> Reply:
        seen = mux()
        meanwhile.append(client.elsewhere("create_asset", json_body={"input": FILM}, headers=KEY))
        return seen

    with time_machine.travel(1_800_000_000.1, tick=False) as traveller:
        front.refuse("POST", ASSETS, times=1)
        assert create(client).status == 503
        traveller.shift(61)
        front.misbehave("GET", ASSETS, overtake, times=1)
        slower = create(client)
    assert [answer.status for answer in meanwhile] == [201]
    assert (slower.status, slower.messages) == (503, ["the same request is being carried out: try again"])
    assert len(client.world.mux_assets()) == 1


class Killed(BaseException):
    """The process is gone."""


class Killer:
    """Counts calls to AWS and Mux, and kills the process before or after one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.at = -1
        self.after = False
        aws, mux = BaseClient._make_api_call, PoolManager.request  # type: ignore[attr-defined]
        monkeypatch.setattr(BaseClient, "_make_api_call", lambda *call: self._run(lambda: aws(*call)))
        monkeypatch.setattr(PoolManager, "request", lambda *call, **how: self._run(lambda: mux(*call, **how)))

    def _run(self, call: Callable[[], Any]) -> Any:
        number = self.calls
        self.calls += 1
        if number == self.at and not self.after:
            raise Killed
        result = call()
        if number == self.at:
            raise Killed
        return result


@pytest.fixture
def killer(client: Client) -> Iterator[Killer]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Killer(monkeypatch)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(6))
def test_killed_at_any_call_the_same_request_makes_one_asset(
    client: Client, killer: Killer, number: int, after: bool
) -> None:
    """A first request makes five calls: the token, the intent, Mux, the asset, the intent again."""
    killer.at, killer.after = number, after
    try:
        assert create(client).status == 201
        assert number >= killer.calls
    except Killed:
        pass
    killer.at = -1
    client.world.cold_start()
    client.world.advance(90)
    assert create(client).status == 201
    [at_mux] = client.world.mux_assets()
    assert [asset["id"] for asset in client.call("list_assets").data] == [at_mux["id"]]


def test_a_mux_that_answers_too_late_costs_one_asset(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The POST takes effect after we have given up."""
    defaults = MuxClient.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "seconds", 0.15)
    client.world.cold_start()
    client.world.mux.set_faults({"api": {"latency_seconds": 0.3}})
    late = create(client)
    client.world.mux.set_faults({})
    client.world.wait_for(client.world.mux_assets)
    assert wait_and_retry(client, late).status == 201
    assert len(client.world.mux_assets()) == 1


def test_a_token_that_mux_refuses_is_no_fault_of_the_caller(client: Client) -> None:
    """Not a 401, which would send the caller to sign in again; a rotated token then works without a deploy."""
    client.world.put_secret("MuxTokenSecret", {"token_id": "old", "token_secret": "old"})
    assert create(client).status == 502
    assert client.asked().count(("POST", ASSETS)) <= 2
    mux = client.world.mux
    client.world.put_secret("MuxTokenSecret", {"token_id": mux.token_id, "token_secret": mux.token_secret})
    client.world.cold_start()
    assert create(client).status == 201
