"""The small project behind the local gateway, served on a real socket from a thread."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
from aiohttp import web

from local import ports
from local.gateway import HttpApi, application_runner
from local.host import FunctionHost
from local.issuer import Issuer
from local.logs import Logs
from local.template import Template
from tests.local.small_project import write_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ISSUER = "http://issuer.test"
AUDIENCE = "client-1"
ORIGIN = "http://localhost:8080"


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


@contextlib.contextmanager
def serving(application: web.Application) -> Iterator[str]:
    """An application on a real socket, from a thread; answers its URL."""
    ready: Future[str] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve_it() -> None:
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        listener = ports.listen(0, "PORT")
        await web.SockSite(runner, listener).start()
        ready.set_result(ports.url(ports.port_of(listener)))
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve_it(),), daemon=True)
    thread.start()
    try:
        yield ready.result(timeout=30)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
