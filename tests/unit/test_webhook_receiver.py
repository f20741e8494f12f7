"""The receiver against hostile and broken deliveries: 401 with one body, never a 5xx for what Mux signed."""

import base64
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from mux_lifecycle import runtime, telemetry
from mux_lifecycle.mux import webhooks
from tests import mux_events
from tests.unit.test_webhooks import REFUSED
from tests.world import SIGNING_SECRET, Context, Json, World, delivery, entry_point, http_event

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
READY = mux_events.asset_event("ready", asset_id=ASSET)
UNAUTHORIZED = '{"error":{"type":"unauthorized","messages":["Unauthorized"]}}'


def receive(event: Json) -> Json:
    answer: Json = entry_point("webhook_receiver")(event, Context())
    return answer


def with_header(value: str | None, *, name: str = "mux-signature", body: bytes = b"{}") -> Json:
    headers = {} if value is None else {name: value}
    return http_event("webhook_receiver", owner=None, body=body, headers=headers)


def count_secret_reads() -> list[str]:
    """Every GetSecretValue from now on."""
    reads: list[str] = []
    events: Any = runtime._secrets()._client.meta.events
    events.register("before-call.secretsmanager.GetSecretValue", lambda model, **_: reads.append(model.name))
    return reads


def test_every_hostile_header_is_answered_alike(world: World) -> None:
    before = world.records()
    for header in [None, *REFUSED.values()]:
        answer = receive(with_header(header))
        assert (answer["statusCode"], answer["body"]) == (401, UNAUTHORIZED), header
        assert answer["headers"] == {
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "content-type": "application/json",
        }
    assert world.records() == before


@pytest.mark.parametrize("name", ["Mux-Signature", "MUX-SIGNATURE", "mux-signature"])
def test_the_header_may_be_in_any_case(world: World, name: str) -> None:
    raw = json.dumps(READY).encode()
    signature = webhooks.sign(raw, SIGNING_SECRET, timestamp=int(runtime.now()))
    assert receive(with_header(signature, name=name, body=raw))["statusCode"] == 200


@pytest.mark.parametrize("seconds", [-302, -86_400, 302, 86_400])
def test_a_replay_outside_the_window_stores_nothing(world: World, seconds: int) -> None:
    assert world.deliver(READY, at=runtime.now() + seconds).status == 401
    assert world.records() == {}


@pytest.mark.parametrize("seconds", [-290, 290])
def test_within_the_window_it_is_stored(world: World, seconds: int) -> None:
    assert world.deliver(READY, at=runtime.now() + seconds).data == {"outcome": "applied"}


def altered_bodies() -> dict[str, bytes]:
    raw = json.dumps(READY).encode()
    return {
        "other spaces": json.dumps(READY, separators=(",", ":")).encode(),
        "other order": json.dumps(READY, sort_keys=True).encode(),
        "a line break": raw + b"\n",
        "a space first": b" " + raw,
        "a byte order mark": b"\xef\xbb\xbf" + raw,
        "UTF-16": raw.decode().encode("utf-16"),
        "empty": b"",
    }


@pytest.mark.parametrize("body", altered_bodies().values(), ids=altered_bodies())
def test_only_the_very_bytes_that_were_signed_pass(world: World, body: bytes) -> None:
    signature = webhooks.sign(json.dumps(READY).encode(), SIGNING_SECRET, timestamp=int(runtime.now()))
    event = with_header(signature) | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    assert receive(event)["statusCode"] == 401
    assert world.records() == {}


def test_a_base64_body_is_decoded_and_then_verified(world: World) -> None:
    event = delivery(READY)
    encoded = event | {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
    assert receive(encoded)["statusCode"] == 200
    assert f"ASSET#{ASSET}" in world.records()
    signed_as_text = webhooks.sign(encoded["body"].encode(), SIGNING_SECRET, timestamp=int(runtime.now()))
    assert receive(encoded | {"headers": {"mux-signature": signed_as_text}})["statusCode"] == 401


@pytest.mark.parametrize("body", ["%%%", "e30", "e30=\n", "e30=e30=", "é", " "])
def test_a_body_that_is_no_base64_is_a_bad_request(world: World, body: str) -> None:
    answer = receive(delivery({}) | {"body": body, "isBase64Encoded": True})
    assert answer["statusCode"] == 400


def test_a_body_with_text_outside_ascii_is_verified_as_utf8(world: World) -> None:
    event = mux_events.asset_event("ready", asset_id=ASSET, meta={"title": "Überfahrt 🚢"})
    body = json.dumps(event, ensure_ascii=False).encode()
    assert world.deliver(None, body=body).data == {"outcome": "applied"}
    assert world.call("get_asset", id=ASSET).data["title"] == "Überfahrt 🚢"


UNUSABLE_SECRETS: dict[str, object] = {
    "no list": {},
    "an empty list": {"signing_secrets": []},
    "an empty text": {"signing_secrets": [""]},
    "blank": {"signing_secrets": [" ", "\t"]},
    "None as text": {"signing_secrets": ["None", "null"]},
    "null": {"signing_secrets": [None]},
    "no list but text": {"signing_secrets": SIGNING_SECRET},
    "null for a list": {"signing_secrets": None},
    "another name": {"signing_secret": SIGNING_SECRET},
    "no JSON": SIGNING_SECRET,
    "no object": json.dumps([SIGNING_SECRET]),
    "empty": " ",
}


@pytest.mark.parametrize("value", UNUSABLE_SECRETS.values(), ids=UNUSABLE_SECRETS)
@pytest.mark.parametrize("guess", ["", " ", "None", "null", "[]", "undefined"])
def test_without_a_usable_secret_nothing_verifies(world: World, value: object, guess: str) -> None:
    world.put_secret("MuxWebhookSecret", value)
    world.cold_start()
    answer = world.deliver(READY, secret=guess)
    assert (answer.status, answer.body["error"]["type"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert world.records() == {}


def test_a_blank_second_slot_opens_nothing(world: World) -> None:
    world.put_secret("MuxWebhookSecret", {"signing_secrets": [SIGNING_SECRET, "", None, " "]})
    world.cold_start()
    assert world.deliver(READY, secret="").status == 401
    assert world.deliver(READY, secret=" ").status == 401
    assert world.deliver(READY).status == 200


def test_a_rotated_secret_is_picked_up_at_once_and_the_retired_one_refused(world: World) -> None:
    assert world.deliver(READY).status == 200
    world.put_secret("MuxWebhookSecret", {"signing_secrets": ["new", SIGNING_SECRET]})
    assert world.deliver(READY, secret="new").status == 200
    assert world.deliver(READY).status == 200, "both are valid while Mux still signs with the old one"
    world.put_secret("MuxWebhookSecret", {"signing_secrets": ["newest"]})
    world.cold_start()
    assert [world.deliver(READY, secret=secret).status for secret in ("newest", "new", SIGNING_SECRET)] == [
        200,
        401,
        401,
    ]


def test_a_hundred_forged_calls_ask_for_the_secret_once_more_at_most(world: World) -> None:
    world.deliver(READY)
    reads = count_secret_reads()
    assert {world.deliver(READY, secret="forged").status for _ in range(100)} == {401}
    assert len(reads) <= 1
    assert world.deliver(READY).status == 200


def no_secrets_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.example.com")

    monkeypatch.setattr(runtime._secrets()._client, "get_secret_value", fail)


def test_secrets_manager_down_before_the_first_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    no_secrets_manager(monkeypatch)
    answer = world.deliver(READY)
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    assert world.records() == {}


def test_secrets_manager_down_after_the_first_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.deliver(READY).status == 200
    no_secrets_manager(monkeypatch)
    assert world.deliver(READY, secret="forged").status == 401
    assert world.deliver(READY).status == 200


def garbage() -> Iterator[tuple[str, bytes]]:
    def asset(**fields: object) -> bytes:
        return json.dumps(mux_events.asset_event("ready", asset_id=ASSET, **fields)).encode()  # type: ignore[arg-type]

    yield from {"empty": b"", "list": b"[]", "null": b"null", "number": b"7", "text": b'"video.asset.ready"'}.items()
    yield "no JSON", b"{"
    yield "not UTF-8", b'{"type":"\xff"}'
    yield "NUL", b"\x00"
    yield "no type", b"{}"
    yield "type null", json.dumps(READY | {"type": None}).encode()
    yield "type list", json.dumps(READY | {"type": ["video.asset.ready"]}).encode()
    yield "type object", json.dumps(READY | {"type": {"a": 1}}).encode()
    yield "status list", asset().replace(b'"status": "ready"', b'"status": ["ready"]', 1)
    yield "id list", json.dumps(READY | {"id": ["a"]}).encode()
    yield "NaN", asset(duration=math.nan)
    yield "infinity", asset(duration=-math.inf)
    yield "40 digits", asset(duration=10**40, created_at=10**40)
    yield "400 digits", asset(duration=10**400)
    yield "5,000 digits", asset(duration=7).replace(b'"duration": 7', b'"duration": ' + b"7" * 5000)
    yield "1e999", asset(duration=7).replace(b'"duration": 7', b'"duration": 1e999')
    yield "lone surrogates", asset(meta={"title": "\ud800"}, playback_ids=[{"id": "\udfff", "policy": "\ud800"}])
    yield "a lone surrogate for a type", json.dumps(READY | {"type": "video.\ud800"}).encode()
    yield "a lone surrogate for an id", json.dumps(READY | {"id": "\ud800"}).encode()
    yield "empty strings", asset(meta={"title": ""}, playback_ids=[{"id": "", "policy": ""}], aspect_ratio="")
    yield "20,000 deep", b'{"type":"video.asset.ready","data":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    yield "20,000 deep, open", b'{"a":' * 20_000
    yield "450 KB of title", asset(meta={"title": "x" * 450_000})
    yield "450 KB of wide text", asset(playback_ids=[{"id": "𝕏" * 1024, "policy": "𝕏" * 1024}] * 50)
    yield "10,000 tracks", asset(tracks=[{"id": f"T{n}", "name": "x" * 20} for n in range(10_000)])
    yield "10,000 messages", asset(errors={"type": "x", "messages": ["ü" * 2000] * 10_000})
    yield "10,000 playback ids", asset(playback_ids=[{"id": f"P{n}", "policy": "signed"} for n in range(10_000)])
    yield "scalars for objects", asset(meta=7, tracks="x", static_renditions=7, playback_ids={}, master=1, errors=[])
    yield "lists of scalars", asset(tracks=[7, None, "x", []], playback_ids=[7], errors={"messages": [7, None]})
    yield "objects for scalars", asset(duration={}, aspect_ratio=[], video_quality={"a": 1})
    yield "wild times", asset(created_at=-1, at="9999-12-31T23:59:59-23:59")


GARBAGE = dict(garbage())


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_signed_garbage_is_acknowledged_and_readable(world: World, body: bytes) -> None:
    """A 5xx would have Mux repeat it for a day, for nothing."""
    event = delivery(None, body=b"{}")
    signature = webhooks.sign(body, SIGNING_SECRET, timestamp=int(runtime.now()))
    event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    event["headers"]["mux-signature"] = signature
    answer = receive(event)
    assert answer["statusCode"] in (200, 413)
    assert world.call("list_assets").status == 200
    assert world.call("get_asset", id=ASSET).status in (200, 404)


def test_nothing_secret_and_one_json_object_per_line_in_the_log(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = mux_events.upload_event("created", upload_id="Shore")
    url, forged = waiting["data"]["url"], "f" * 64
    signed = delivery(waiting)
    log = io.StringIO()
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", log)
    assert receive(signed)["statusCode"] == 200
    receive(with_header(f"t=1,v1={forged}"))
    receive(delivery(READY | {"type": 'video.\n{"level":"INFO"}\r\u2028', "id": "\n\x1b[31m"}))
    receive(delivery({}) | {"body": "%%%", "isBase64Encoded": True})
    world.put_secret("MuxWebhookSecret", {"signing_secrets": []})
    world.cold_start()
    receive(delivery(READY))
    printed = log.getvalue() + "".join(capsys.readouterr())
    lines = printed.split("\n")[:-1]
    assert len(lines) >= 10
    assert all(isinstance(json.loads(line), dict) for line in lines)
    signature = signed["headers"]["mux-signature"].partition("v1=")[2]
    for secret in (SIGNING_SECRET, signature, forged, url, "a-key-to-write-with", "eu-central-1:testing"):
        assert secret not in printed


def test_an_event_of_another_environment_is_ignored_and_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = world.records()
    answer = world.deliver(READY | {"environment": {"name": "Production", "id": "other1"}})
    assert (answer.status, answer.data) == (200, {"outcome": "ignored"})
    assert world.records() == before
    assert '"WebhookWrongEnvironment":[1.0]' in capsys.readouterr().out
