"""An Idempotency-Key: the same request again gets the same answer, and makes nothing a second time."""

import json
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from local.mux import sample_mp4
from mux_lifecycle import runtime
from mux_lifecycle.mux.client import MuxClient
from tests import mux_events
from tests.handlers import contract
from tests.handlers.client import FILM, Client
from tests.handlers.front import Front, Reply
from tests.world import OTHER_ORIGIN, Answer, Json, World

KEY = {"idempotency-key": "7d0f7c52-9f1e-4c55-8d55-1b0a6e1f2c33"}
BODIES: dict[str, Json] = {"create_upload": {"title": "Harbour"}, "create_asset": {"title": "Harbour", "input": FILM}}
TAGGED = ("passthrough", "new_asset_settings")
PATHS = {"create_upload": "/video/v1/uploads", "create_asset": "/video/v1/assets"}


def create(client: Client, function: str, **request: Any) -> Answer:
    return client.call(function, **{"json_body": BODIES[function], "headers": KEY} | request)


def made(client: Client, function: str) -> int:
    """How many were made at Mux, found or not."""
    return client.asked().count(("POST", PATHS[function]))


@pytest.mark.parametrize("function", contract.CREATING)
def test_the_same_request_again_gets_the_same_answer(client: Client, function: str) -> None:
    first = create(client, function)
    assert first.status == 201
    for _ in range(3):
        assert create(client, function) == first
    assert made(client, function) == 1


@pytest.mark.parametrize("function", contract.CREATING)
def test_also_from_another_of_its_sites_and_written_otherwise(client: Client, function: str) -> None:
    first = create(client, function)
    reordered = dict(reversed(BODIES[function].items()))
    again = create(client, function, json_body=reordered, headers=KEY | {"origin": OTHER_ORIGIN})
    assert again == first


@pytest.mark.parametrize("function", contract.CREATING)
def test_without_a_key_every_request_makes_something(client: Client, function: str) -> None:
    answers = [create(client, function, headers={}) for _ in range(3)]
    assert len({answer.data["id"] for answer in answers}) == 3


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize(
    "change", [{"title": "Another"}, {"title": None}, {"playback_policy": "public"}, {"captions": "en"}]
)
def test_the_same_key_for_another_body_is_refused(client: Client, function: str, change: Json) -> None:
    first = create(client, function)
    other = {name: value for name, value in (BODIES[function] | change).items() if value is not None}
    refused = create(client, function, json_body=other)
    assert refused.status == 422
    assert refused.messages == ["Idempotency-Key: was used for another request; use a new one"]
    assert create(client, function) == first
    assert made(client, function) == 1


def test_another_file_is_another_body(client: Client) -> None:
    create(client, "create_asset")
    assert create(client, "create_asset", json_body=BODIES["create_asset"] | {"input": FILM + "?v=2"}).status == 422


@pytest.mark.parametrize("first", contract.CREATING)
def test_the_same_key_on_the_other_route_is_refused(client: Client, first: str) -> None:
    [second] = {*contract.CREATING} - {first}
    assert create(client, first).status == 201
    assert create(client, second).status == 422
    assert made(client, second) == 0


@pytest.mark.parametrize("function", contract.CREATING)
def test_a_bad_body_is_refused_whatever_the_key_made_before(client: Client, function: str) -> None:
    create(client, function)
    assert create(client, function, json_body={"title": 7}).status == 400


@pytest.mark.parametrize("function", contract.CREATING)
def test_a_refused_body_uses_no_key_up(client: Client, function: str) -> None:
    assert create(client, function, json_body={"title": 7}).status == 400
    assert create(client, function).status == 201


@pytest.mark.parametrize("function", contract.CREATING)
def test_owners_do_not_share_keys(client: Client, function: str) -> None:
    hers, his = (
        create(client, function),
        create(client, function, owner="bob", json_body=BODIES[function] | {"title": "B"}),
    )
    assert (hers.status, his.status) == (201, 201)
    assert hers.data["id"] != his.data["id"]
    assert create(client, function) == hers


@pytest.mark.parametrize("function", contract.CREATING)
def test_an_owner_and_a_key_are_not_mixed_up(client: Client, function: str) -> None:
    """`ad` with key `a|k` is not `ada` with key `|k`, whatever they are joined with."""
    pairs = [("ada", "k"), ("ad", "ak"), ("ada", "#k"), ("ada:", "k"), ("ada", ":k"), ("ada|", "k"), ("ada", "|k")]
    ids = {create(client, function, owner=owner, headers={"idempotency-key": key}).data["id"] for owner, key in pairs}
    assert len(ids) == len(pairs)


@pytest.mark.parametrize("function", contract.CREATING)
def test_a_key_is_forgotten_after_a_day(client: Client, function: str) -> None:
    """DynamoDB removes what has expired days later; a key must not last as long."""
    first = create(client, function)
    client.world.advance(86_400 - 60)
    assert create(client, function).data["id"] == first.data["id"]
    client.world.advance(120)
    second = create(client, function)
    assert second.status == 201
    assert second.data["id"] != first.data["id"]
    assert create(client, function).data["id"] == second.data["id"]


@pytest.mark.parametrize("function", contract.CREATING)
def test_after_a_day_a_key_may_name_another_request(client: Client, function: str) -> None:
    create(client, function)
    client.world.advance(86_400 + 60)
    assert create(client, function, json_body=BODIES[function] | {"title": "Another"}).status == 201


def test_an_upload_that_became_an_asset_is_repeated_without_its_url(client: Client) -> None:
    first = create(client, "create_upload")
    client.world.send_file(first.data["url"], sample_mp4())
    again = create(client, "create_upload")
    assert again.status == 201
    expected = {name: value for name, value in first.data.items() if name != "url"} | {"status": "asset_created"}
    assert again.data == expected


def test_a_cancelled_upload_is_repeated_without_its_url(client: Client) -> None:
    first = create(client, "create_upload")
    assert client.call("cancel_upload", id=first.data["id"]).status == 204
    again = create(client, "create_upload")
    assert (again.status, again.data["status"]) == (201, "cancelled")
    assert made(client, "create_upload") == 1


def test_a_timed_out_upload_is_repeated_without_its_url(client: Client) -> None:
    create(client, "create_upload")
    client.world.advance(3700)
    again = create(client, "create_upload")
    assert (again.status, again.data["status"]) == (201, "timed_out")


def test_an_upload_of_which_mux_says_nothing_known_is_a_502_and_may_be_sent_again(client: Client, front: Front) -> None:
    front.answer(
        "POST", PATHS["create_upload"], Reply(201, {"data": {"id": "abc", "status": "?", "url": FILM}}), times=1
    )
    assert create(client, "create_upload").status == 502
    assert create(client, "create_upload").status == 201


def test_an_upload_is_repeated_also_when_the_webhook_was_faster_than_the_answer(client: Client, front: Front) -> None:
    """Mux's event is delivered before Mux's answer to the POST arrives."""

    def event_first(mux: Callable[[], Reply]) -> Reply:
        reply = mux()
        made = json.loads(reply.content)["data"]
        passthrough = made["new_asset_settings"]["passthrough"]
        event = mux_events.upload_event("created", upload_id=made["id"], passthrough=passthrough, at=time.time())
        client.elsewhere_delivered(event)
        return reply

    # The receiver is warm: it reads its secret under its own role.
    client.world.deliver(mux_events.upload_event("created", upload_id="another1"))
    front.misbehave("POST", PATHS["create_upload"], event_first)
    first = create(client, "create_upload")
    assert first.status == 201
    assert create(client, "create_upload") == first
    assert client.call("get_upload", id=first.data["id"]).data["status"] == "waiting"


def test_an_upload_that_mux_does_not_know_any_more_is_not_called_waiting(client: Client, front: Front) -> None:
    """Its URL cannot be given, so `waiting` would be a promise without a door."""
    create(client, "create_upload")
    front.answer("GET", "/video/v1/uploads/.*", Reply(404, {"error": {"type": "not_found", "messages": ["no"]}}))
    again = create(client, "create_upload")
    assert again.status in {502, 503} or again.data["status"] != "waiting"


def test_a_waiting_upload_without_its_url_is_nonsense(client: Client, front: Front) -> None:
    first = create(client, "create_upload")
    waiting = {"id": first.data["id"], "status": "waiting", "timeout": 3600}
    front.answer("GET", "/video/v1/uploads/.*", Reply(200, {"data": waiting}))
    assert create(client, "create_upload").status == 502
    front.behave()
    assert create(client, "create_upload") == first


@pytest.mark.parametrize("reply", [Reply(500), Reply(429), Reply(503, b"<html>")], ids=["500", "429", "503"])
def test_an_upload_cannot_be_repeated_while_mux_does_not_answer(
    client: Client, front: Front, hurried: None, reply: Reply
) -> None:
    first = create(client, "create_upload")
    front.answer("GET", "/video/v1/uploads/.*", reply)
    assert create(client, "create_upload").status == 503
    front.behave()
    assert create(client, "create_upload") == first


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize("headers", [{}, KEY], ids=["no key", "key"])
def test_it_is_the_caller_s_although_mux_s_answer_does_not_say_so(
    client: Client, front: Front, function: str, headers: dict[str, str]
) -> None:
    def forget(mux: Callable[[], Reply]) -> Reply:
        told = json.loads(mux().content)["data"]
        return Reply(201, {"data": {name: told[name] for name in told if name not in TAGGED}})

    front.misbehave("POST", PATHS[function], forget)
    made_id = create(client, function, headers=headers).data["id"]
    assert client.call(function.replace("create", "get"), id=made_id).status == 200


def test_an_asset_is_repeated_as_it_is_by_now(client: Client) -> None:
    first = create(client, "create_asset")
    asset_id = first.data["id"]
    client.world.deliver(mux_events.asset_event("ready", asset_id=asset_id))
    again = create(client, "create_asset")
    assert again.status == 201
    assert again.data == client.call("get_asset", id=asset_id).data
    assert again.data["status"] == "ready"


def test_an_asset_that_was_deleted_is_not_made_again(client: Client) -> None:
    asset_id = client.asset(headers=KEY)
    assert client.call("delete_asset", id=asset_id).status == 204
    client.world.advance(61)
    again = client.call("create_asset", json_body={"input": FILM}, headers=KEY)
    assert again.status == 409
    assert again.messages == ["the asset that this Idempotency-Key made has been deleted; use a new key"]
    assert made(client, "create_asset") == 1
    assert ("GET", PATHS["create_asset"]) not in client.asked(), "what is known to be done is not looked for"


@pytest.mark.parametrize("function", contract.CREATING)
def test_the_same_request_while_the_first_is_under_way_makes_nothing(
    client: Client, front: Front, hurried: None, function: str
) -> None:
    meanwhile: list[Answer] = []

    def second(mux: Callable[[], Reply]) -> Reply:
        request = {"headers": KEY, "json_body": BODIES[function]}
        meanwhile.append(client.elsewhere(function, **request))
        meanwhile.append(client.elsewhere(function, **request | {"json_body": BODIES[function] | {"title": "B"}}))
        return mux()

    front.misbehave("POST", PATHS[function], second, times=1)
    first = create(client, function)
    assert first.status == 201
    assert [answer.status for answer in meanwhile] == [503, 422]
    assert create(client, function) == first
    assert front.count("POST", PATHS[function]) == 1


@pytest.mark.parametrize("function", contract.CREATING)
def test_the_same_request_waits_a_little_for_the_first(
    client: Client, front: Front, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, second = threading.Event(), []

    def ask() -> None:
        second.append(client.elsewhere(function, headers=KEY, json_body=BODIES[function]))

    def pause(_seconds: float) -> None:
        waiting.set()
        time.sleep(0.02)

    def hold(mux: Callable[[], Reply]) -> Reply:
        thread.start()
        assert waiting.wait(10)
        return mux()

    thread = threading.Thread(target=ask)
    monkeypatch.setattr(runtime, "time", SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=pause))
    monkeypatch.setattr("mux_lifecycle.workflows.creation.PATIENCE_SECONDS", 60)
    client.world.cold_start()
    front.misbehave("POST", PATHS[function], hold, times=1)
    first = create(client, function)
    thread.join(10)
    assert first.status == 201
    assert second == [first]
    assert front.count("POST", PATHS[function]) == 1


class Died(BaseException):
    """The process is gone."""


def die_under_way(client: Client, function: str) -> None:
    """A first request that ends before Mux hears of it, and leaves its intent behind."""

    def die(_mux: MuxClient, _body: Json) -> Json:
        raise Died

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(MuxClient, function, die)
        with pytest.raises(Died):
            create(client, function)


@pytest.fixture
def pauses(world: World, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How many seconds the functions paused for, each time; it takes none."""
    made: list[float] = []
    clock = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=made.append)
    monkeypatch.setattr(runtime, "time", clock)
    world.cold_start()
    return made


@pytest.mark.parametrize(("function", "settled"), [("create_upload", 30), ("create_asset", 60)])
def test_what_may_still_be_under_way_is_not_sent_again(
    client: Client, pauses: list[float], function: str, settled: int
) -> None:
    """Three seconds of patience while the first may yet answer, then the caller is told how long to stay away."""
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        die_under_way(client, function)
        for age, patience in ((0, 3.0), (29, 3.0), (30, 0.0), (59, 0.0)):
            if age < settled:
                traveller.move_to(1_800_000_000 + age)
                early = create(client, function)
                assert (early.status, early.headers["retry-after"]) == (503, str(settled - age))
                assert early.messages == ["the same request is being carried out: try again"]
                assert sum(pauses) == patience
                pauses.clear()
        traveller.move_to(1_800_000_000 + settled)
        first = create(client, function)
    assert first.status == 201
    assert pauses == []
    assert made(client, function) == 1
    assert create(client, function).data["id"] == first.data["id"]


@pytest.mark.parametrize("function", contract.CREATING)
def test_waiting_ends_when_the_first_request_has_come_to_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """Mux refused the first, so its intent is gone; both may be sent again at once."""
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        client.world.replace_items([])

    monkeypatch.setattr(runtime, "time", SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=pause))
    client.world.cold_start()
    die_under_way(client, function)
    second = create(client, function)
    assert (second.status, second.headers["retry-after"]) == (503, "5")
    assert second.messages == ["the same request has just come to nothing: try again"]
    assert len(pauses) == 1
    assert create(client, function).status == 201
    assert made(client, function) == 1


def test_an_upload_that_mux_has_forgotten_is_repeated_as_our_record_has_it(client: Client, front: Front) -> None:
    first = create(client, "create_upload")
    assert client.call("cancel_upload", id=first.data["id"]).status == 204
    front.answer("GET", "/video/v1/uploads/.*", Reply(404, {"error": {"type": "not_found", "messages": ["no"]}}))
    again = create(client, "create_upload")
    assert again.status == 201
    assert again.data == {"id": first.data["id"], "status": "cancelled", "expires_at": first.data["expires_at"]}
    intents = [item for item in client.world.items() if item["pk"]["S"].startswith("IDEMPOTENCY#")]
    client.world.replace_items(intents)
    assert create(client, "create_upload").status == 502


@pytest.mark.parametrize(
    "said",
    [
        {"status": "asset_created", "url": "https://storage.example.com/upload"},
        {"status": "cancelled", "url": None},
    ],
)
def test_a_repeated_answer_has_a_url_only_while_a_file_may_be_sent_to_it(
    client: Client, front: Front, said: Json
) -> None:
    upload_id = create(client, "create_upload").data["id"]
    front.answer("GET", "/video/v1/uploads/.*", Reply(200, {"data": {"id": upload_id} | said}))
    again = create(client, "create_upload")
    assert (again.status, again.data["status"]) == (201, said["status"])
    assert "url" not in again.data
