"""The stack in one process: real handlers called with real payload-2.0 events, moto's AWS, an emulated Mux."""

import base64
import copy
import importlib
import itertools
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import urlencode

import boto3
import pytest
import requests
import time_machine
from moto import mock_aws

from local.intrinsics import read
from local.mux import MuxEmulator
from local.template import Template, create_table
from mux_lifecycle import runtime
from mux_lifecycle.mux import webhooks
from tests import tokens
from tests.permissions import Permissions

ROOT: Final = Path(__file__).parent.parent
ORIGIN: Final = "https://www.example.com"
OTHER_ORIGIN: Final = "https://two.example.com"
SIGNING_SECRET: Final = "0123456789abcdefghijklmnopqrstuv"
ENVIRONMENT: Final = "k3v9zq"
STACK: Final = "videos"
FUNCTIONS: Final = {
    "create_upload": ("POST", "/uploads"),
    "get_upload": ("GET", "/uploads/{id}"),
    "cancel_upload": ("DELETE", "/uploads/{id}"),
    "create_asset": ("POST", "/assets"),
    "list_assets": ("GET", "/assets"),
    "get_asset": ("GET", "/assets/{id}"),
    "update_asset": ("PATCH", "/assets/{id}"),
    "delete_asset": ("DELETE", "/assets/{id}"),
    "playback_ids:POST": ("POST", "/assets/{id}/playback-ids"),
    "playback_ids:GET": ("GET", "/assets/{id}/playback-ids/{pid}"),
    "playback_ids:DELETE": ("DELETE", "/assets/{id}/playback-ids/{pid}"),
    "playback_tokens": ("POST", "/assets/{id}/playback-tokens"),
    "playback_tokens:POST many": ("POST", "/playback-tokens"),
    "input_info": ("GET", "/assets/{id}/input-info"),
    "tracks:POST": ("POST", "/assets/{id}/tracks"),
    "tracks:PATCH": ("PATCH", "/assets/{id}/tracks/{tid}"),
    "tracks:DELETE": ("DELETE", "/assets/{id}/tracks/{tid}"),
    "tracks:POST generate-subtitles": ("POST", "/assets/{id}/tracks/{tid}/generate-subtitles"),
    "static_renditions:POST": ("POST", "/assets/{id}/static-renditions"),
    "static_renditions:DELETE": ("DELETE", "/assets/{id}/static-renditions/{rid}"),
    "static_renditions:PUT": ("PUT", "/assets/{id}/mp4-support"),
    "master_access": ("PUT", "/assets/{id}/master-access"),
    "gallery": ("GET", "/gallery"),
    "usage": ("GET", "/usage"),
    "webhook_receiver": ("POST", "/webhooks/mux"),
}
"""A function's route; one with several routes is called by `function:METHOD` (and what tells two of them apart)."""

_CALLERS_OWN: Final = (
    *("authorization", "content-type", "content-length"),
    *("origin", "idempotency-key", "mux-signature"),
)
_CLAIMS: Final = {"iss": "https://issuer.example.com", "aud": "client", "iat": 1_795_600_500, "exp": 1_795_604_400}
NO_LIMITS: Final = dict.fromkeys(
    (
        *("MaxOpenUploadsPerOwner", "MaxAssetsPerOwner", "MaxUploadsPerDayPerOwner", "MaxExtrasPerDayPerOwner"),
        *("MaxDurationSeconds", "MaxUploadsPerDay", "MaxExtrasPerDay", "MaxStoredMinutes"),
    ),
    "0",
)
"""What an operator says who wants none; tests that are about limits set their own."""
NO_BUDGET: Final = {"MuxPercentPerOwner": "0"}
"""Tests ask Mux for more at once than people do; those of the budget switch it on."""

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answered."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def data(self) -> Any:
        assert self.status < 300, self
        return self.body["data"]

    @property
    def messages(self) -> list[str]:
        return list(self.body["error"]["messages"])


class Context:
    """As much of Lambda's context as the functions use."""

    def __init__(self, seconds: float = 300) -> None:
        self._ends = time.time() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.time()) * 1000))


@cache
def example_event(function: str) -> Json:
    found: Json = json.loads((ROOT / "events" / f"{function}.json").read_text())
    return found


def http_event(
    function: str,
    *,
    owner: str | None = "ada",
    id: str = "",  # noqa: A002 - the route's own word
    pid: str = "",
    tid: str = "",
    rid: str = "",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    query: str = "",
    groups: list[str] | None = None,
    claims: Mapping[str, object] | None = None,
    base64_body: bool = False,
) -> Json:
    """A payload-2.0 event as API Gateway sends it to `function`; `owner` None leaves token and authorizer out.

    The caller's token has `groups` as the array `cognito:groups`, and further `claims`.
    """
    assert not isinstance(groups, str), 'groups are the token\'s array: ["admin"]'
    method, route = FUNCTIONS[function]
    event = copy.deepcopy(example_event(_file(function)))
    event["headers"] = {name: value for name, value in event["headers"].items() if name not in _CALLERS_OWN}
    given = {"id": id, "pid": pid, "tid": tid, "rid": rid}
    parameters = {name: value for name, value in given.items() if f"{{{name}}}" in route}
    event["rawPath"] = route.format(**parameters)
    event["rawQueryString"] = query
    event["pathParameters"] = parameters or None
    event["routeKey"] = event["requestContext"]["routeKey"] = f"{method} {route}"
    event.pop("queryStringParameters", None)
    context = event["requestContext"]
    context["http"] |= {"method": method, "path": event["rawPath"]}
    context.pop("authorizer", None)
    if owner is not None:
        listed = {} if groups is None else {"cognito:groups": groups}
        tokens.sign_in(event, _CLAIMS | {"sub": owner} | listed | dict(claims or {}))
    event["headers"] |= dict(headers or {})
    event["isBase64Encoded"] = base64_body
    if body is None:
        event.pop("body", None)
    else:
        event["body"] = base64.b64encode(body).decode() if base64_body else body.decode()
    return event


def delivery(
    event: object, *, secret: str = SIGNING_SECRET, body: bytes | None = None, at: float | None = None
) -> Json:
    """What API Gateway makes of one webhook, signed as Mux signs."""
    raw = json.dumps(event).encode() if body is None else body
    timestamp = int(time.time() if at is None else at)
    headers = {"content-type": "application/json", "mux-signature": webhooks.sign(raw, secret, timestamp=timestamp)}
    return http_event("webhook_receiver", owner=None, body=raw, headers=headers)


class World:
    """Owners call functions; Mux sends events; time passes when a test says so.

    From the first `advance` on, clocks go on by themselves only if they `tick`.
    """

    def __init__(self, mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch, *, tick: bool = True) -> None:
        self.mux = mux
        self._tick = tick
        self._monkeypatch = monkeypatch
        self._mock = mock_aws()
        self._turn = threading.RLock()
        self._travels: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._function_clients: list[Any] = []
        self._listeners: list[tuple[str, Callable[..., None]]] = []

    def __enter__(self) -> Self:
        self._mock.start()
        self._monkeypatch.setattr(boto3, "DEFAULT_SESSION", _aws_session())
        self._monkeypatch.setattr(runtime, "_client", self._function_client)
        # Tests look at the gallery right after a change; those of its memory set this themselves.
        self._monkeypatch.setattr(runtime, "GALLERY_SECONDS", 0.0)
        self.secrets = _test_client("secretsmanager")
        token = {"token_id": self.mux.token_id, "token_secret": self.mux.token_secret}
        arns = {
            "MuxTokenSecret": self._secret("token", token),
            "MuxWebhookSecret": self._secret("webhook", {"signing_secrets": [SIGNING_SECRET]}),
            "MuxSigningKeySecret": self._secret("signing-key", {}),
        }
        self.template = Template(
            template_document(),
            ROOT,
            parameters={
                "AllowedOrigins": f"{ORIGIN},{OTHER_ORIGIN}",
                "JwtIssuer": "https://issuer.example.com",
                "JwtAudience": "client",
                "StackTag": STACK,
                "MuxEnvironmentId": self.mux.environment_id,
            }
            | NO_LIMITS
            | NO_BUDGET,
            resources=arns,
        )
        self.arns = arns
        self.permissions = Permissions(template_document(), arns)
        self.on_aws_call("provide-client-params.dynamodb", self.permissions.check_table)
        self.on_aws_call("provide-client-params.secretsmanager", self.permissions.check_secret)
        self.dynamodb = _test_client("dynamodb")
        self.table_name = create_table(self.dynamodb, self.template)
        for logical_id in self.template.functions:
            for name, value in self.template.function_environment(logical_id).items():
                # One process runs all functions here, so it gets the sum of their environments; what each of them
                # really gets is held against the template in tests/template and by the local stack.
                self._monkeypatch.setenv(name, value)
        self._monkeypatch.setenv("MUX_API_URL", self.mux.url)
        self._monkeypatch.setenv("AWS_CALL_ATTEMPTS", "2")
        self.cold_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._travels:
            self._travels.stop()
        self.cold_start()
        for client in self._function_clients:
            for event, listener in self._listeners:
                client.meta.events.unregister(event, listener)
        self._mock.stop()
        assert not self.permissions.denied, "the template's roles do not allow what was called"

    def on_aws_call(self, event: str, listener: Callable[..., None]) -> None:
        """Have `listener` called at a botocore event of the functions' clients, for as long as this world lasts."""
        self._listeners.append((event, listener))
        for client in self._function_clients:
            client.meta.events.register(event, listener)

    def _function_client(self, service: str) -> Any:
        client = _kept_function_client(service, os.environ.get("AWS_CALL_ATTEMPTS"))
        if client not in self._function_clients:
            self._function_clients.append(client)
            for event, listener in self._listeners:
                client.meta.events.register(event, listener)
        return client

    def cold_start(self) -> None:
        """Forget every client, setting and secret that a warm function keeps."""
        for kept in vars(runtime).values():
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()

    def configure(self, name: str, value: str) -> None:
        """Deploy the functions with another value of one variable."""
        if os.environ.get(name) != value:
            self._monkeypatch.setenv(name, value)
            self.cold_start()

    def call(self, function: str, *, json_body: object = None, **event: Any) -> Answer:
        """Call a function as its route would."""
        if json_body is not None:
            event["body"] = json.dumps(json_body).encode()
            event["headers"] = {"content-type": "application/json"} | dict(event.get("headers") or {})
        return self.handle(function, http_event(function, **event))

    def handle(self, function: str, event: Json) -> Answer:
        """Call a function; one call at a time, whichever threads ask: a process of Lambda has one invocation."""
        with self._turn, self.permissions.of(_file(function)):
            result = entry_point(function)(event, Context())
        return Answer(result["statusCode"], json.loads(result.get("body") or "null"), result["headers"])

    def deliver(
        self, event: object, *, secret: str = SIGNING_SECRET, body: bytes | None = None, at: float | None = None
    ) -> Answer:
        """One webhook delivery, signed as Mux signs."""
        return self.handle("webhook_receiver", delivery(event, secret=secret, body=body, at=at))

    def schedule(self, event: Json | None = None, *, seconds: float = 300) -> Json:
        """One run of the cleanup."""
        return self._run("cleanup", event, seconds)

    def reconcile(self, event: Json | None = None, *, seconds: float = 900) -> Json:
        """One run of the reconcile; without an event, as the schedule starts it."""
        return self._run("reconcile", event, seconds)

    def setup(self, event: Json | None = None, *, seconds: float = 300) -> Json:
        """One run of the setup at Mux; without an event, as the schedule starts it."""
        return self._run("mux_setup", event, seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass, for the functions and for Mux alike; what Mux has planned until then happens."""
        if self._traveller is None:
            self._travels = time_machine.travel(time.time(), tick=self._tick)
            self._traveller = self._travels.start()
        self._traveller.shift(seconds)
        self.mux.advance(0)

    def records(self) -> dict[str, Json]:
        """The whole table, by partition key."""
        items = [{name: value.get("S", value.get("N")) for name, value in item.items()} for item in self.items()]
        return {str(item["pk"]): item for item in items}

    def items(self) -> list[Json]:
        """The whole table, as DynamoDB has it."""
        with self._turn:
            pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table_name)
            return [dict(item) for page in pages for item in page["Items"]]

    def replace_items(self, items: list[Json]) -> None:
        """Make the table hold these items and nothing else."""
        with self._turn:
            kept = {item["pk"]["S"] for item in items}
            gone = [{"pk": item["pk"]} for item in self.items() if item["pk"]["S"] not in kept]
            writes = [{"DeleteRequest": {"Key": key}} for key in gone] + [
                {"PutRequest": {"Item": item}} for item in items
            ]
            for batch in itertools.batched(writes, 25, strict=False):
                self.dynamodb.batch_write_item(RequestItems={self.table_name: list(batch)})

    def put_secret(self, logical_id: str, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        with self._turn:
            self.secrets.put_secret_value(SecretId=self.arns[logical_id], SecretString=text)

    def send_file(self, url: str, content: bytes) -> None:
        assert requests.put(url, data=content, timeout=10).status_code == 200

    def mux_get(self, path: str) -> requests.Response:
        """Mux's own view, past our functions."""
        return requests.get(self.mux.url + path, auth=(self.mux.token_id, self.mux.token_secret), timeout=10)

    def mux_post(self, path: str, body: Json) -> requests.Response:
        """Something at Mux that no function of ours made."""
        return self.mux_call("POST", path, body)

    def mux_call(self, method: str, path: str, body: Json | None = None) -> requests.Response:
        """A call of Mux's API past our functions, as its dashboard makes them."""
        credentials = (self.mux.token_id, self.mux.token_secret)
        return requests.request(method, self.mux.url + path, json=body, auth=credentials, timeout=10)

    def claim_tag(self, address: str = "") -> str:
        """Have a webhook at Mux whose address claims this stack's tag, as the setup has, but which is told nothing."""
        address = address or f"{os.environ['WEBHOOK_URL']}?tag={STACK}"
        webhook = str(self.mux_post("/system/v1/webhooks", {"address": address}).json()["data"]["id"])
        assert self.mux_call("PATCH", f"/system/v1/webhooks/{webhook}", {"enabled": False}).ok
        return webhook

    def mux_assets(self) -> list[Json]:
        """Every asset at Mux."""
        found: list[Json] = []
        cursor = ""
        while True:
            page = self.mux_get(
                "/video/v1/assets?" + urlencode({"limit": 100} | ({"cursor": cursor} if cursor else {}))
            ).json()
            found += page["data"]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return found

    def wait_for(self, condition: Callable[[], object], seconds: float = 10) -> None:
        ends = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.01)

    def _run(self, function: str, event: Json | None, seconds: float) -> Json:
        with self._turn, self.permissions.of(function):
            result: Json = entry_point(function)(event or {}, Context(seconds))
        return result

    def _secret(self, name: str, value: Json) -> str:
        made = self.secrets.create_secret(Name=f"{name}-{uuid.uuid4().hex}", SecretString=json.dumps(value))
        return str(made["ARN"])


@cache
def template_document() -> Json:
    """template.yaml as it is written; not to be changed."""
    return read((ROOT / "template.yaml").read_text(encoding="utf-8"))


# Making a session and its clients takes longer than most tests, so they outlive a world. They keep no state of it: the
# settings that a client is made with are part of its key here.


@cache
def _aws_session() -> boto3.Session:
    return boto3.Session()


@cache
def _test_client(service: Literal["dynamodb", "secretsmanager"]) -> Any:
    return _aws_session().client(service)


_make_function_client = runtime._client


@cache
def _kept_function_client(service: str, _attempts: str | None) -> Any:
    return _make_function_client(service)


def _file(function: str) -> str:
    """The file in `functions/` and `events/`, without its ending."""
    return function.partition(":")[0]


@cache
def entry_point(function: str) -> Callable[[Json, object], Json]:
    found: Callable[[Json, object], Json] = importlib.import_module(f"functions.{_file(function)}").handler
    return found


def pages(world: World, *, limit: int = 25, **query: str) -> Iterator[list[Json]]:
    """Every page of GET /assets."""
    owner = query.pop("owner", "ada")
    cursor = ""
    while True:
        parameters = {"limit": str(limit)} | query | ({"cursor": cursor} if cursor else {})
        answer = world.call("list_assets", owner=owner, query=urlencode(parameters))
        yield answer.data
        cursor = answer.body["next_cursor"]
        if not cursor:
            return
