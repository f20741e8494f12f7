"""A small API of its own for the tests of the local stack: functions that echo, answer as told, and misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from aiohttp import web

from local import ports
from local.gateway import HttpApi, application_runner
from local.host import FunctionHost
from local.issuer import Issuer
from local.logs import Logs
from local.template import Template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ISSUER = "http://issuer.test"
AUDIENCE = "client-1"
ORIGIN = "http://localhost:8080"

TEMPLATE = """
    AWSTemplateFormatVersion: "2010-09-09"
    Transform: AWS::Serverless-2016-10-31
    Parameters:
      AllowedOrigins: {Type: CommaDelimitedList}
      JwtIssuer: {Type: String}
    Globals:
      Function:
        Runtime: python3.13
        CodeUri: functions/
        Timeout: 5
        MemorySize: 256
        Layers: [!Ref Layer]
        Environment: {Variables: {SHARED: everywhere}}
    Resources:
      Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}
      Api:
        Type: AWS::Serverless::HttpApi
        Properties:
          Auth:
            DefaultAuthorizer: Jwt
            Authorizers:
              Jwt:
                IdentitySource: $request.header.Authorization
                JwtConfiguration: {issuer: !Ref JwtIssuer, audience: [client-1, client-2]}
          CorsConfiguration:
            AllowOrigins: !Ref AllowedOrigins
            AllowMethods: [GET, POST]
            AllowHeaders: [authorization, content-type]
            ExposeHeaders: [retry-after]
            MaxAge: 600
      EchoFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: echo.handler
          Events:
            List: {Type: HttpApi, Properties: {Method: get, Path: /things}}
            Get: {Type: HttpApi, Properties: {Method: GET, Path: "/things/{id}"}}
            Fixed: {Type: HttpApi, Properties: {Method: GET, Path: /things/fixed}}
            Part: {Type: HttpApi, Properties: {Method: GET, Path: "/things/{id}/parts/{part}"}}
            Create: {Type: HttpApi, Properties: {Method: POST, Path: /things}}
            Open: {Type: HttpApi, Properties: {Method: POST, Path: /open, Auth: {Authorizer: NONE}}}
            Scoped:
              Type: HttpApi
              Properties: {Method: GET, Path: /scoped, Auth: {AuthorizationScopes: [things/read, things/all]}}
      ResultFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: result.handler
          Events:
            Post: {Type: HttpApi, Properties: {Method: POST, Path: /result, Auth: {Authorizer: NONE}}}
      BehaveFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: behave.handler
          Timeout: 2
          Environment: {Variables: {OWN: "1"}}
          Events:
            Post: {Type: HttpApi, Properties: {Method: POST, Path: /behave, Auth: {Authorizer: NONE}}}
      BrokenFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: broken.handler
          Events:
            Post: {Type: HttpApi, Properties: {Method: POST, Path: /broken, Auth: {Authorizer: NONE}}}
"""

SOURCES = {
    "functions/echo.py": """
        import json

        def handler(event, context):
            return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}
    """,
    "functions/result.py": """
        import json

        def handler(event, context):
            return json.loads(event["body"])
    """,
    "functions/behave.py": """
        import os
        import sys
        import threading
        import time
        from datetime import UTC, datetime

        import from_layer

        STARTED = time.time()
        CALLS = []

        def handler(event, context):
            if "body" in event:
                import json
                event = json.loads(event["body"])
            CALLS.append(event["do"])
            return globals()[event["do"]](event, context)

        def calls(event, context):
            return {"pid": os.getpid(), "calls": CALLS, "layer": from_layer.VALUE}

        def environment(event, context):
            return dict(os.environ)

        def path(event, context):
            return sys.path

        def describe(event, context):
            remaining = context.get_remaining_time_in_millis()
            return {name: getattr(context, name) for name in event["names"]} | {"remaining": remaining}

        def fail(event, context):
            raise ValueError(event["message"])

        def say(event, context):
            print(event["text"])

        def unserialisable(event, context):
            return object()

        def large(event, context):
            return "x" * event["size"]

        def leave(event, context):
            os._exit(3)

        def sleep(event, context):
            time.sleep(event["seconds"])
            return "slept"

        def now(event, context):
            fired = threading.Event()
            timer = threading.Timer(0.2, fired.set)
            timer.start()
            waited = fired.wait(5)
            timer.join()
            return {
                "time": time.time(),
                "utc": datetime.now(UTC).timestamp(),
                "started": STARTED,
                "timer": waited,
                "remaining": context.get_remaining_time_in_millis(),
            }

        def table(event, context):
            import boto3
            client = boto3.client("dynamodb")
            client.put_item(TableName=event["name"], Item={"pk": {"S": "a"}})
            item = client.get_item(TableName=event["name"], Key={"pk": {"S": "a"}})["Item"]
            return {"item": item, "time": time.time()}
    """,
    "functions/broken.py": """
        import no_such_module
    """,
    "layer/from_layer.py": """
        VALUE = 1
    """,
}


@dataclass
class Gateway:
    """A served API: `port` and `url` of it, its issuer and host, and `offset`, the clock of its functions."""

    folder: Path
    template: Template
    issuer: Issuer
    logs: Logs
    integration_seconds: float
    environment: dict[str, str]
    offset: float = 0.0
    port: int = 0
    loop: asyncio.AbstractEventLoop | None = None
    host: FunctionHost | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return ports.url(self.port)

    def token(self, **claims: Any) -> str:
        """A token of the issuer with claims of the test's own; None takes a claim out."""
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 60}
        kept = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(kept, self.issuer._key, algorithm="RS256", headers={"kid": self.issuer._kid})

    def send(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
        *,
        token: str | None = None,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Send a request exactly as given; answers status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if token is not None:
                connection.putheader("Authorization", f"Bearer {token}")
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def event(self, method: str, target: str, *headers: tuple[str, str], body: bytes | None = None) -> Any:
        """The event that the echo function got for a request with a good token."""
        status, _, answer = self.send(method, target, headers, body, token=self.token())
        assert status == 200, answer
        return json.loads(answer)

    def result(self, result: object) -> tuple[int, http.client.HTTPMessage, bytes]:
        """What the gateway makes of a function's result."""
        body = json.dumps(result).encode()
        return self.send("POST", "/result", [("Content-Type", "application/json")], body)

    def behave(self, do: str, **arguments: Any) -> Any:
        """Run one of the behaviours of the behave function."""
        return self.start(do, **arguments).result()

    def start(self, do: str, **arguments: Any) -> Future[Any]:
        return self.invoke("BehaveFunction", {"do": do, **arguments})

    def invoke(self, function: str, event: object) -> Future[Any]:
        assert self.loop is not None
        assert self.host is not None
        return asyncio.run_coroutine_threadsafe(self.host.invoke(function, event), self.loop)

    async def serve(self, ready: Future[None], stop: asyncio.Event) -> None:
        async def offset(_: str) -> float:
            return self.offset

        async def handle(request: web.Request) -> web.StreamResponse:
            return await api.handle(request)

        self.loop = asyncio.get_running_loop()
        self.host = FunctionHost(
            self.template.functions, self.logs, environment=self.environment, overrides={}, offset=offset
        )
        api = HttpApi(self.template, self.host.invoke, self.issuer.keys, self.integration_seconds)
        runner = application_runner(handle)
        await runner.setup()
        listener = ports.listen(0, "API_PORT")
        self.port = ports.port_of(listener)
        await web.SockSite(runner, listener).start()
        ready.set_result(None)
        await stop.wait()
        await runner.cleanup()
        await self.host.stop()


def write_project(folder: Path) -> Path:
    """Write the small project of these tests; answers its template."""
    for name, source in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source), encoding="utf-8")
    template = folder / "template.yaml"
    template.write_text(dedent(TEMPLATE), encoding="utf-8")
    return template


@contextlib.contextmanager
def serve(
    folder: Path, integration_seconds: float = 20, environment: dict[str, str] | None = None
) -> Iterator[Gateway]:
    template = Template.load(write_project(folder), {"AllowedOrigins": ORIGIN, "JwtIssuer": ISSUER})
    gateway = Gateway(
        folder,
        template,
        Issuer(ISSUER, AUDIENCE, "cognito:groups"),
        Logs(folder / "logs", terminal=False),
        integration_seconds,
        environment or {},
    )
    ready: Future[None] = Future()
    stop = asyncio.Event()

    def run() -> None:
        try:
            asyncio.run(gateway.serve(ready, stop))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=run, name="test-gateway")
    thread.start()
    ready.result()
    try:
        yield gateway
    finally:
        assert gateway.loop is not None
        gateway.loop.call_soon_threadsafe(stop.set)
        thread.join()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One API for all tests of a module that leave it as it was."""
    with serve(tmp_path_factory.mktemp("project")) as running:
        yield running


@pytest.fixture
def own_gateway(tmp_path: Path) -> Iterator[Gateway]:
    """An API of the test's own, with a short patience for its functions."""
    with serve(tmp_path, integration_seconds=1) as running:
        yield running
