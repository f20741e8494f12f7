"""The local stack as a whole: starts its parts in order, knows their addresses, and ends all of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from local import aws, control, schedule, site
from local.children import Child
from local.gateway import HttpApi, application_runner
from local.host import INHERITED, FunctionHost
from local.intrinsics import read
from local.issuer import TTL_SECONDS, Issuer
from local.logs import Logs
from local.mux_api import MuxApi, MuxApiError
from local.mux_environment import EMULATOR_TOKEN, MuxEnvironment, prepare_account, prepare_emulator
from local.poller import Poller, webhook_delivery
from local.ports import HOST, check_free, listen, port_of, url
from local.template import Template

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Sequence
    from types import TracebackType
    from typing import Self

    from local.settings import Settings

WEBHOOK_PATH = "/webhooks/mux"
AUDIENCE = "local-client"
# Where a site's own server is expected when the stack serves none.
SITE_PORT = 8080
START_SECONDS = 30
ANSWER_SECONDS = 2


class StackError(Exception):
    """The stack could not start; the text says why."""


class Stack:
    """All parts of the local stack; an async context manager that is entered once they serve.

    `progress` is told, in a few words, what happens while it starts. `failed` is done when a part has ended by
    itself; its result says which.
    """

    def __init__(self, settings: Settings, progress: Callable[[str], None] = lambda _: None) -> None:
        self._settings = settings
        self._progress = progress
        self._logs = Logs(settings.logs, terminal=settings.terminal)
        self._exits = contextlib.AsyncExitStack()
        self._background: set[asyncio.Task[None]] = set()
        self._children: list[Child] = []
        self._runners: list[web.AppRunner] = []
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))
        self._host: FunctionHost | None = None
        self._api: HttpApi | None = None
        self._issuer: Issuer | None = None
        self._probes: dict[str, str] = {}
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.origins: tuple[str, ...] = ()
        self.api_url = self.mux_url = self.aws_url = self.site_url = ""

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._start()
        except TimeoutError as error:
            await self._stop()
            raise StackError(f"not ready after {START_SECONDS} s; see {self._settings.logs}") from error
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def health(self) -> dict[str, bool]:
        """Which parts serve."""
        answers = await asyncio.gather(*(self._answers(probe) for probe in self._probes.values()))
        return {"api": self._api is not None, **dict(zip(self._probes, answers, strict=True))}

    def token(self, sub: str, groups: Sequence[str] = (), ttl_seconds: float = TTL_SECONDS) -> str:
        """A token that the gateway accepts."""
        if not self._issuer:
            raise web.HTTPServiceUnavailable
        return self._issuer.token(sub, groups, ttl_seconds)

    async def invoke(self, function: str, event: object) -> Any:
        """Run a function (logical id) on an event. Raises FunctionError and UnknownFunctionError."""
        if not self._host:
            raise web.HTTPServiceUnavailable
        return await self._host.invoke(function, event)

    def log(self, part: str) -> str:
        """All that a part (api, aws, mux, or a function's logical id) has printed."""
        path = self._logs.path(part)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def _start(self) -> None:
        settings = self._settings
        api, aws_listener = listen(settings.api_port, "API_PORT"), listen(settings.aws_port, "AWS_PORT")
        self._exits.callback(api.close)
        self._exits.callback(aws_listener.close)
        self.api_url, self.aws_url = url(port_of(api)), url(port_of(aws_listener))
        await self._serve(application_runner(self._handle, control.application(self)), api)
        await self._start_site()
        self._progress("starting AWS" if settings.mux else "starting AWS and the Mux emulator")
        await asyncio.gather(self._start_aws(aws_listener), self._start_mux())
        token = (settings.mux.token_id, settings.mux.token_secret) if settings.mux else EMULATOR_TOKEN
        mux = await self._exits.enter_async_context(MuxApi(self.mux_url, *token))
        environment = await self._prepare(mux)
        self._progress("creating the table and the secrets")
        template = self._template(environment)
        await asyncio.to_thread(aws.provision, self.aws_url, template, environment.secrets)
        self._open(template)
        if settings.mux:
            self._progress("no webhook can arrive here: asking Mux what changed, at most once a second")
            self._poll(mux, environment)

    async def _stop(self) -> None:
        self._api = None
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for runner in self._runners:
            await runner.cleanup()
        if self._host:
            await self._host.stop()
        await asyncio.gather(*(child.kill() for child in self._children))
        await self._session.close()
        await self._exits.aclose()

    async def _start_site(self) -> None:
        """Serve the example site, if there is one; its origin may call the API in any case."""
        settings = self._settings
        port = settings.site_port or SITE_PORT
        if settings.site.is_dir():
            listener = listen(settings.site_port, "SITE_PORT")
            self._exits.callback(listener.close)
            port = port_of(listener)
            self.site_url = url(port)
            await self._serve(web.AppRunner(site.application(settings.site), access_log=None), listener)
        ports = (port, self.api_url.rpartition(":")[2])
        self.origins = tuple(f"http://{name}:{number}" for number in ports for name in (HOST, "localhost"))

    async def _serve(self, runner: web.AppRunner, listener: socket.socket) -> None:
        self._runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, listener).start()

    async def _start_aws(self, listener: socket.socket) -> None:
        child = await self._start_child("aws", ("local.aws", str(listener.fileno())), {}, listener.fileno())
        # The child has its own copy; with this one open, nobody would notice its end.
        listener.close()
        probe = f"{self.aws_url}/moto-api/data.json"
        while not await self._answers(probe):
            await self._wait(child)
        self._probes["aws"] = probe

    async def _start_mux(self) -> None:
        settings = self._settings
        if settings.mux:
            self.mux_url = settings.mux.url
            return
        check_free(settings.mux_port, "MUX_PORT")
        variables = {}
        if settings.processing_seconds is not None:
            variables["MUX_PROCESSING_SECONDS"] = str(settings.processing_seconds)
        child = await self._start_child("mux", ("local.mux", "--port", str(settings.mux_port)), variables)
        while not (said := re.search(r"ready on (http://\S+)", self.log("mux"))):
            await self._wait(child)
        self.mux_url = said[1]
        self._probes["mux"] = f"{self.mux_url}/_emulator/clock"

    async def _start_child(
        self, name: str, command: Sequence[str], variables: dict[str, str], *descriptors: int
    ) -> Child:
        inherited = {variable: os.environ[variable] for variable in INHERITED if variable in os.environ}
        child = await Child.start(
            name, command, {**inherited, **variables}, self._logs, descriptors=descriptors, terminal=False
        )
        self._children.append(child)
        self._run(self._report_end(child))
        return child

    async def _wait(self, child: Child) -> None:
        """Give a starting process a moment. Raises StackError when it has ended instead."""
        if not child.running:
            await child.kill()
            raise StackError(f"{child.name} did not start:\n{self.log(child.name)}")
        await asyncio.sleep(0.05)

    async def _report_end(self, child: Child) -> None:
        code = await child.ended()
        if not self.failed.done():
            self.failed.set_result(f"{child.name} ended with {code}; see {self._logs.path(child.name)}")

    async def _answers(self, address: str) -> bool:
        try:
            async with self._session.get(address):
                return True
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _prepare(self, mux: MuxApi) -> MuxEnvironment:
        try:
            if self._settings.mux:
                return await prepare_account(mux, self._settings.mux)
            return await prepare_emulator(mux, self.api_url + WEBHOOK_PATH)
        except MuxApiError as error:
            raise StackError(f"Mux at {self.mux_url} did not accept {error}") from error

    def _template(self, environment: MuxEnvironment) -> Template:
        path = self._settings.template
        document = read(path.read_text(encoding="utf-8"))
        values = {
            "AllowedOrigins": ",".join(self.origins),
            "JwtAudience": AUDIENCE,
            "JwtIssuer": f"{self.api_url}/_local",
            "MuxEnvironmentId": environment.id,
        }
        declared = document.get("Parameters", {})
        known = {name: value for name, value in values.items() if name in declared}
        return Template(document, path.resolve().parent, {**known, **self._settings.parameters})

    def _open(self, template: Template) -> None:
        """Let the API serve, and the schedules run."""
        # Mux signs webhooks with the wall clock's time, however far the emulator's clock was advanced.
        wall_clock = {route.function for route in template.routes if route.path == WEBHOOK_PATH}

        async def offset(function: str) -> float:
            return 0.0 if self._settings.mux or function in wall_clock else await self._clock_offset()

        self._host = FunctionHost(
            template.functions,
            self._logs,
            environment=aws.environment(self.aws_url, template.ref("AWS::Region")),
            overrides={"MUX_API_URL": self.mux_url},
            offset=offset,
        )
        self._issuer = Issuer(f"{self.api_url}/_local", AUDIENCE, template.ref("GroupsClaim"))
        self._api = HttpApi(template, self._host.invoke, self._issuer.keys, self._settings.integration_seconds)
        if self._settings.schedules:
            for entry in template.schedules:
                if entry.enabled:
                    self._run(schedule.run(entry, self._host.invoke))

    async def _clock_offset(self) -> float:
        """How far the emulator's clock is ahead, in seconds; 0 when it does not say."""
        try:
            async with self._session.get(f"{self.mux_url}/_emulator/clock") as response:
                return float((await response.json())["data"]["offset_seconds"]) if response.ok else 0.0
        except (aiohttp.ClientError, TimeoutError):
            return 0.0

    def _poll(self, mux: MuxApi, environment: MuxEnvironment) -> None:
        deliver = webhook_delivery(self._session, self.api_url + WEBHOOK_PATH, environment.webhook_secret)
        identity = {"name": environment.name, "id": environment.id}
        self._run(Poller(mux, identity, deliver, self._logs).run())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._background.add(asyncio.create_task(work))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        started = time.monotonic()
        if self._api:
            response = await self._api.handle(request)
        else:
            response = web.json_response({"message": "Service Unavailable"}, status=503)
        milliseconds = (time.monotonic() - started) * 1000
        # The path alone: a query may carry what no log should.
        path = request.raw_path.partition("?")[0]
        self._logs.write("api", f"{request.method} {path} {response.status} {milliseconds:.0f} ms")
        return response
