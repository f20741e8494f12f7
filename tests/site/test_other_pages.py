"""A page of another origin attacks the running stack from a real browser, and comes away with nothing."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
import requests

from local.embedded import LocalStack
from tests.site.visitor import REBOUND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

MUX_AUTH: Final = ("local-token-id", "local-token-secret")
SCOPE: Final = "20261130/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=" + "0" * 64
# What a page can do: ask, and look if it may; or send what needs no leave, without looking.
SEND: Final = """async ({url, method, headers, body, mode}) => {
  try {
    const answer = await fetch(url, {method, headers, body: body ?? undefined, mode, credentials: "include"});
    return answer.type === "opaque" ? {opaque: true} : {status: answer.status, text: await answer.text()};
  } catch (error) {
    return {blocked: true};
  }
}"""
LOAD: Final = """async ({url, tag}) => new Promise((resolve) => {
  const element = document.createElement(tag);
  element.onload = () => resolve("loaded");
  element.onerror = () => resolve("failed");
  element.src = url;
  document.body.append(element);
})"""
SUBMIT: Final = """({action, name, value}) => {
  const form = document.createElement("form");
  Object.assign(form, {action, method: "post", enctype: "text/plain"});
  const field = document.createElement("input");
  Object.assign(field, {name, value, type: "hidden"});
  form.append(field);
  document.body.append(form);
  form.submit();
}"""


@dataclass(frozen=True)
class Belongings:
    """What the stack has, as its own user sees it."""

    dynamodb: Any
    secrets: Any
    stack: LocalStack

    @property
    def table(self) -> str:
        return str(self.dynamodb.list_tables()["TableNames"][0])

    @property
    def secret(self) -> str:
        names = [str(secret["Name"]) for secret in self.secrets.list_secrets()["SecretList"]]
        return next(name for name in names if "local-token-secret" in self._value(name))

    def state(self) -> dict[str, Any]:
        """All that an attack might change."""
        emulator = self._mux("/_emulator/state")
        return {
            "records": sorted(item["pk"]["S"] for item in self.dynamodb.scan(TableName=self.table)["Items"]),
            "secret": self._value(self.secret),
            "assets": self._mux("/video/v1/assets"),
            "uploads": [upload["id"] for upload in self._mux("/video/v1/uploads")],
            "keys": self._mux("/system/v1/signing-keys"),
            "faults": emulator["faults"],
            "hours ahead": round((emulator["now"] - time.time()) / 3600),
            "runs": self.stack.log("ReconcileFunction"),
        }

    def _mux(self, path: str) -> Any:
        return requests.get(self.stack.mux_url + path, auth=MUX_AUTH, timeout=10).json()["data"]

    def _value(self, name: str) -> str:
        return str(self.secrets.get_secret_value(SecretId=name).get("SecretString", ""))


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """One of this module's own, in which nothing else happens."""
    with LocalStack() as running:
        created = running.request("POST", "/uploads", running.token("alice"), json={"title": "Not yours"})
        assert created.status_code == 201
        yield running


@pytest.fixture
def belongings(stack: LocalStack) -> Belongings:
    script = f'. "{stack.aws_file}" && env -0'
    told = subprocess.run(["sh", "-euc", script], env={}, capture_output=True, text=True, check=True).stdout
    variables = dict(line.split("=", 1) for line in told.split("\0") if line)
    arguments: dict[str, Any] = {
        "endpoint_url": variables["AWS_ENDPOINT_URL"],
        "region_name": variables["AWS_REGION"],
        "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
    }
    return Belongings(boto3.client("dynamodb", **arguments), boto3.client("secretsmanager", **arguments), stack)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def foreign_server() -> Iterator[int]:
    """A page of somebody else's, on a port of its own."""

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><body>Cute cats</body>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def aws_calls(belongings: Belongings) -> dict[str, dict[str, Any]]:
    """Calls of the local AWS by name; moto would take any credentials for them."""

    def call(service: str, target: str, body: str) -> dict[str, Any]:
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential=local/{SCOPE.format(service=service)}",
            "Content-Type": "application/x-amz-json-1.1",
            **({"X-Amz-Target": target} if target else {}),
        }
        return {"method": "POST", "path": "/", "headers": headers, "body": body}

    table, secret = belongings.table, belongings.secret
    item = f'{{"TableName": "{table}", "Item": {{"pk": {{"S": "ASSET#evil"}}}}}}'
    functions = {"method": "GET", "path": "/2015-03-31/functions/", "body": None}
    return {
        "read the Mux token": call("secretsmanager", "secretsmanager.GetSecretValue", f'{{"SecretId": "{secret}"}}'),
        "scan the table": call("dynamodb", "DynamoDB_20120810.Scan", f'{{"TableName": "{table}"}}'),
        "rewrite the table": call("dynamodb", "DynamoDB_20120810.PutItem", item),
        "make an administrator": call("iam", "", "Action=CreateUser&Version=2010-05-08&UserName=evil"),
        "list functions": functions | {"headers": call("lambda", "", "")["headers"]},
        "see what moto holds": {"method": "GET", "path": "/moto-api/data.json", "headers": {}, "body": None},
        "reset moto": {"method": "POST", "path": "/moto-api/reset", "headers": {}, "body": None},
    }


def api_calls() -> dict[str, dict[str, Any]]:
    """Calls of the stack's own routes by name; as text they need no preflight."""
    text = {"Content-Type": "text/plain"}
    invoke = "/_local/functions/ReconcileFunction/invoke"
    return {
        "mint a token": {"method": "POST", "path": "/_local/token", "headers": text, "body": '{"sub": "olga"}'},
        "run a function": {"method": "POST", "path": invoke, "headers": text, "body": '{"start": true}'},
        "read the status": {"method": "GET", "path": "/_local/state", "headers": {}, "body": None},
    }


def mux_calls() -> dict[str, dict[str, Any]]:
    """Calls of the emulator by name."""
    text, json = {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}
    basic = {"Authorization": "Basic bG9jYWwtdG9rZW4taWQ6bG9jYWwtdG9rZW4tc2VjcmV0"}
    faults = '{"api": {"error_rate": 1}}'
    return {
        "reset the emulator": {"method": "POST", "path": "/_emulator/reset", "headers": text, "body": ""},
        "set faults": {"method": "PUT", "path": "/_emulator/faults", "headers": json, "body": faults},
        "read upload URLs": {"method": "GET", "path": "/_emulator/requests", "headers": {}, "body": None},
        "list assets": {"method": "GET", "path": "/video/v1/assets", "headers": basic, "body": None},
        "make a key": {"method": "POST", "path": "/system/v1/signing-keys", "headers": basic, "body": None},
    }


def attacks(belongings: Belongings) -> dict[str, dict[str, Any]]:
    """All of them, with whole addresses."""
    stack = belongings.stack
    ports = {stack.aws_url: aws_calls(belongings), stack.api_url: api_calls(), stack.mux_url: mux_calls()}
    return {name: {**call, "url": url + call["path"]} for url, calls in ports.items() for name, call in calls.items()}


@pytest.mark.parametrize("host", ["127.0.0.1", "attacker.localhost", REBOUND])
def test_a_page_of_another_origin_reads_and_changes_nothing(belongings: Belongings, page: Page, host: str) -> None:
    before = belongings.state()
    with foreign_server() as port:
        page.goto(f"http://{host}:{port}/")
        for name, call in attacks(belongings).items():
            assert page.evaluate(SEND, {**call, "mode": "cors"}) == {"blocked": True}, name
            simple = {header: value for header, value in call["headers"].items() if value == "text/plain"}
            if call["method"] != "PUT":
                sent = page.evaluate(SEND, {**call, "headers": simple, "mode": "no-cors"})
                assert sent in ({"opaque": True}, {"blocked": True}), name
        stack = belongings.stack
        addresses = [f"{stack.api_url}/_local/status.js", f"{stack.aws_url}/", f"{stack.mux_url}/_emulator/state"]
        for url in addresses:
            assert {page.evaluate(LOAD, {"url": url, "tag": tag}) for tag in ("script", "img")} == {"failed"}, url
    assert belongings.state() == before


def test_a_page_whose_name_leads_here_is_known_by_it(belongings: Belongings, page: Page) -> None:
    """The browser takes the page and the stack for one origin, so that the page may read every answer."""
    before = belongings.state()
    for name, call in attacks(belongings).items():
        url = call["url"].replace("127.0.0.1", REBOUND)
        first = "/".join([*url.split("/")[:3], "cute-cats"])
        page.route(first, lambda route: route.fulfill(body="<body>Cute cats</body>", content_type="text/html"))
        page.goto(first)
        answer = page.evaluate(SEND, {**call, "url": url, "mode": "same-origin"})
        assert answer.get("status") == 403, (name, answer)
        assert "local-token-secret" not in answer["text"]
    site = belongings.stack.site_url.replace("127.0.0.1", REBOUND)
    answer = page.goto(site)
    assert answer
    assert answer.status == 403
    assert belongings.state() == before


@pytest.mark.parametrize(
    ("port", "path", "name", "value"),
    [
        ("mux", "/_emulator/reset", "a", "b"),
        ("mux", "/_emulator/clock", '{"advance_seconds": 9999999, "a": "', '"}'),
        ("mux", "/video/v1/assets", '{"input": "https://evil.test/film.mp4", "a": "', '"}'),
        ("mux", "/system/v1/signing-keys", "{", "}"),
        ("api", "/_local/token", '{"sub": "olga", "a": "', '"}'),
        ("api", "/_local/functions/ReconcileFunction/invoke", '{"start": true, "a": "', '"}'),
    ],
)
def test_a_form_that_leads_here_does_nothing(
    belongings: Belongings, page: Page, port: str, path: str, name: str, value: str
) -> None:
    """A form needs no leave, and its address may bring the emulator's token along."""
    stack, before = belongings.stack, belongings.state()
    url = (stack.mux_url if port == "mux" else stack.api_url) + path
    with foreign_server() as foreign:
        page.goto(f"http://attacker.localhost:{foreign}/")
        action = url.replace("://", "://local-token-id:local-token-secret@") if port == "mux" else url
        with page.expect_response(lambda answer: path in answer.url) as arrived:
            page.evaluate(SUBMIT, {"action": action, "name": name, "value": value})
        assert arrived.value.status == 403
    assert belongings.state() == before
