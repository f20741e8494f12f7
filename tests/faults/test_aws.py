"""AWS in trouble: what passes is answered 503 and done later, what does not pass is loud, and no wait is long."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from mux_lifecycle import runtime
from tests import mux_events
from tests.faults.story import FILM, KEY
from tests.faults.sweep import ExternalCalls, Fault
from tests.world import FUNCTIONS, Answer, World

WEBHOOK_SECONDS, REQUEST_SECONDS = 4, 25
"""The functions' timeouts."""


def _refusals(*codes: str) -> dict[str, Exception]:
    return {code: ClientError({"Error": {"Code": code, "Message": "injected"}}, "Operation") for code in codes}


TRANSIENT = _refusals(
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "InternalServerError",
    "TransactionConflictException",
    "TransactionInProgressException",
) | {
    "an unknown code with 503": ClientError(
        {"Error": {"Code": "Unheard", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 503}},  # type: ignore[typeddict-item]
        "Operation",
    ),
    "no route": EndpointConnectionError(endpoint_url="https://dynamodb"),
    "no connection": ConnectTimeoutError(endpoint_url="https://dynamodb"),
    "no answer": ReadTimeoutError(endpoint_url="https://dynamodb"),
}
LASTING = _refusals("AccessDeniedException", "ResourceNotFoundException", "ValidationException")


def _raising(error: Exception, *, lasting: bool = True) -> Fault:
    def refuse(client: Any, do: Any) -> Any:
        if client.meta.service_model.service_name != "dynamodb":
            return do()
        raise error

    return Fault(refuse, lambda do: do(), lasting=lasting)


BODIES: dict[str, Any] = {
    "playback_tokens:POST many": {"asset_ids": ["unknown1"]},
    "create_upload": {},
    "create_asset": FILM,
    "update_asset": {"title": "Harbour"},
    "playback_ids:POST": {"policy": "public"},
    "tracks:POST": {"url": "https://media.example.com/harbour.vtt", "type": "text", "language_code": "en"},
    "tracks:PATCH": {"name": "English"},
    "tracks:POST generate-subtitles": {"generated_subtitles": [{"language_code": "en"}]},
    "static_renditions:POST": {"resolution": "720p"},
    "static_renditions:PUT": {"mp4_support": "none"},
    "master_access": {"master_access": "temporary"},
}


def _call(world: World, function: str) -> Answer:
    if function == "webhook_receiver":
        return world.deliver(mux_events.asset_event("ready", asset_id=mux_events.new_id("asset")))
    parts = {name: mux_events.new_id("part") for name in ("pid", "tid", "rid")}
    return world.call(function, json_body=BODIES.get(function), id=mux_events.new_id("any"), **parts)


@pytest.mark.parametrize("trouble", TRANSIENT)
def test_an_event_that_could_not_be_stored_is_refused_and_stored_when_it_comes_again(
    world: World, external_calls: ExternalCalls, trouble: str
) -> None:
    asset_id = mux_events.new_id("asset")
    event = mux_events.asset_event("ready", asset_id=asset_id)
    with external_calls.meeting(_raising(TRANSIENT[trouble]), at=0):
        answer = world.deliver(event)
    assert (answer.status, world.records()) == (503, {})
    assert int(answer.headers["retry-after"]) > 0
    assert world.deliver(event).status == 200
    assert world.call("get_asset", id=asset_id).data["status"] == "ready"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_without_a_table_every_function_says_to_try_again(
    world: World, external_calls: ExternalCalls, function: str
) -> None:
    with external_calls.meeting(_raising(TRANSIENT["ThrottlingException"]), at=0):
        answer = _call(world, function)
    assert external_calls.met
    assert answer.status == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    assert "injected" not in str(answer.body)


@pytest.mark.parametrize("trouble", LASTING)
def test_trouble_that_does_not_pass_is_not_hidden(world: World, external_calls: ExternalCalls, trouble: str) -> None:
    """It escapes: the gateway answers 500, Mux repeats the event, the function's error alarm rings."""
    with external_calls.meeting(_raising(LASTING[trouble]), at=0), pytest.raises(ClientError):
        _call(world, "webhook_receiver")
    assert not world.records()


REASONS: dict[str, tuple[list[str], int]] = {
    "conflict": (["None", "TransactionConflict"], 503),
    "conflict on both": (["TransactionConflict", "TransactionConflict"], 503),
    "throttled": (["ThrottlingError", "None"], 503),
    "no capacity": (["None", "ProvisionedThroughputExceeded"], 503),
    "the record stands already": (["ConditionalCheckFailed", "None"], 201),
    "the intent is closed already": (["None", "ConditionalCheckFailed"], 201),
    "both": (["ConditionalCheckFailed", "ConditionalCheckFailed"], 201),
    "a condition and a conflict": (["ConditionalCheckFailed", "TransactionConflict"], 201),
}


@pytest.mark.parametrize("why", REASONS)
def test_a_cancelled_transaction_is_understood_by_its_reasons(
    world: World, external_calls: ExternalCalls, why: str
) -> None:
    """What may pass is told to the caller, who gets the same upload the next time; a failed condition was our own."""
    codes, status = REASONS[why]
    cancelled = ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": "injected"},
            "CancellationReasons": [{"Code": code} for code in codes],
        },
        "TransactWriteItems",
    )
    with external_calls.meeting():
        world.call("create_upload", json_body={}, headers={"idempotency-key": "to-count-the-calls"})
    at = external_calls.names.index("dynamodb:TransactWriteItems") - 1
    with external_calls.meeting(_raising(cancelled, lasting=False), at=at):
        answer = world.call("create_upload", json_body={}, headers=KEY)
    assert external_calls.names[at] == "dynamodb:TransactWriteItems"
    assert answer.status == status
    world.advance(60)
    again = world.call("create_upload", json_body={}, headers=KEY)
    assert again.status == 201
    assert status == 503 or again.data["id"] == answer.data["id"]
    assert world.call("get_upload", id=again.data["id"]).data["status"] == "waiting"


def test_a_cold_function_without_secrets_says_to_try_again(world: World, external_calls: ExternalCalls) -> None:
    down = Fault(_secrets_down, lambda do: do(), lasting=True)
    for function in ("create_upload", "create_asset", "webhook_receiver"):
        world.cold_start()
        with external_calls.meeting(down, at=0):
            assert _call(world, function).status == 503
        assert external_calls.names.count("secretsmanager:GetSecretValue") <= 2
    assert not world.mux.requests()


def test_a_warm_function_goes_on_without_secrets_manager(world: World, external_calls: ExternalCalls) -> None:
    for function in ("create_upload", "webhook_receiver"):
        assert _call(world, function).status < 300
    with external_calls.meeting(Fault(_secrets_down, lambda do: do(), lasting=True), at=0):
        for function in ("create_upload", "webhook_receiver"):
            assert _call(world, function).status < 300


def _secrets_down(client: Any, do: Any) -> Any:
    if client.meta.service_model.service_name != "secretsmanager":
        return do()
    raise EndpointConnectionError(endpoint_url="https://secretsmanager")


def test_a_hundred_forged_events_cost_two_reads_of_the_secret(world: World, external_calls: ExternalCalls) -> None:
    with external_calls.meeting():
        for _ in range(100):
            answer = world.deliver(mux_events.asset_event("ready", asset_id="a1"), secret="forged")
            assert answer.status == 401
    assert external_calls.names == ["secretsmanager:GetSecretValue"] * 2


def test_a_rotated_token_is_found_by_the_next_request(world: World, external_calls: ExternalCalls) -> None:
    right = {"token_id": world.mux.token_id, "token_secret": world.mux.token_secret}
    world.put_secret("MuxTokenSecret", {"token_id": "old", "token_secret": "old"})
    runtime._credentials(None)
    world.put_secret("MuxTokenSecret", right)
    with external_calls.meeting():
        assert world.call("create_upload", json_body={}).status == 201
    assert [name for name in external_calls.names if not name.startswith("dynamodb")] == [
        "POST /video/v1/uploads",
        "secretsmanager:GetSecretValue",
        "POST /video/v1/uploads",
    ]


def test_a_token_that_mux_refuses_is_not_the_callers_fault(world: World, external_calls: ExternalCalls) -> None:
    world.put_secret("MuxTokenSecret", {"token_id": "old", "token_secret": "old"})
    with external_calls.meeting():
        assert world.call("create_upload", json_body={}).status == 502
        assert world.call("create_asset", json_body=FILM).status == 502
    assert external_calls.names.count("secretsmanager:GetSecretValue") == 2
    assert not [pk for pk, record in world.records().items() if "due_at" in record]


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
@pytest.mark.parametrize(("attempts", "calls", "seconds"), [(1, 3, WEBHOOK_SECONDS), (2, 6, REQUEST_SECONDS)])
def test_no_layer_waits_longer_than_the_function_lives(
    world: World, monkeypatch: pytest.MonkeyPatch, service: str, attempts: int, calls: int, seconds: float
) -> None:
    """`calls` is how many AWS calls the longest path of such a function makes."""
    monkeypatch.setenv("AWS_CALL_ATTEMPTS", str(attempts))
    world.cold_start()
    config = runtime._client(service).meta.config
    assert config.connect_timeout <= 2
    assert config.read_timeout <= 5
    assert config.retries["mode"] == "standard"
    assert config.retries["total_max_attempts"] == attempts
    one_call = attempts * (config.connect_timeout + config.read_timeout) + (attempts - 1) * 1
    assert calls * one_call < seconds
