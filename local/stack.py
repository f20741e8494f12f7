"""The local stack as a whole: starts its parts in order, knows their addresses, and ends all of them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import platform
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from local import aws, control, samples, schedule, site
from local.gateway import HttpApi, application_runner
from local.host import FunctionHost, UnknownFunctionError
from local.intrinsics import read
from local.issuer import TTL_SECONDS, Issuer
from local.logs import Logs
from local.mux_api import MuxApi, MuxApiError
from local.mux_environment import EMULATOR_TOKEN, MuxEnvironment, prepare_account, prepare_emulator
from local.poller import Poller, webhook_delivery
from local.ports import HOST, listen, port_of, url
from local.records import Records
from local.services import Services
from local.settings import PROJECT
from local.status import ROWS, Answered
from local.template import Template

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from local.settings import Settings
    from local.template import Schedule

WEBHOOK_PATH = "/webhooks/mux"
TAG = "videos"
"""Fixed, so that a table and an emulator that outlive a run know each other again."""
AUDIENCE = "local-client"
# Where a site's own server is expected when the stack serves none.
SITE_PORT = 8080
START_SECONDS = 30
ANSWER_SECONDS = 2


class StackError(Exception):
    """The stack could not start; the text says why."""


class Stack:
    """All parts of the local stack; an async context manager that is entered once they serve.

    `progress` is told, in a few words, what happens while it starts. Raises PortInUseError here and, like
    ServiceError, StackError and TemplateError, when it is entered.
    """

    def __init__(self, settings: Settings, progress: Callable[[str], None] = lambda _: None) -> None:
        self._settings = settings
        self._progress = progress
        self._listener = listen(settings.api_port, "API_PORT")
        self.api_url = url(port_of(self._listener))
        # Whoever holds the port owns the folders: stacks side by side keep their logs and media apart.
        port = str(port_of(self._listener))
        self.log_folder = settings.logs / port
        self.aws_file = settings.aws_files / f"{port}.env"
        self._logs = Logs(self.log_folder, terminal=settings.terminal)
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))
        self._services = Services(settings, self._logs, self._session, settings.media / port)
        self._exits = contextlib.AsyncExitStack()
        self._runners: list[web.AppRunner] = []
        self.answered: deque[Answered] = deque(maxlen=ROWS)
        self._template_read: Template | None = None
        self._records: Records | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._host: FunctionHost | None = None
        self._issuer: Issuer | None = None
        self._api: HttpApi | None = None
        self.origins: tuple[str, ...] = ()
        self.site_url = ""

    @property
    def aws_url(self) -> str:
        return self._services.aws.url

    @property
    def mux_url(self) -> str:
        return self._services.mux_url

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._start()
        except TimeoutError as error:
            await self._stop()
            raise StackError(f"not ready after {START_SECONDS} s; see {self.log_folder}") from error
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def failure(self) -> str:
        """Wait until a part has ended by itself; answers which."""
        return await self._services.failed

    async def health(self) -> dict[str, bool]:
        """Which parts serve."""
        return {"api": self._api is not None, **await self._services.health()}

    def token(
        self,
        sub: str,
        groups: Sequence[str] = (),
        ttl_seconds: float = TTL_SECONDS,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A token that the gateway accepts. Raises NotReadyError."""
        if not self._issuer:
            raise control.NotReadyError
        return self._issuer.token(sub, groups, ttl_seconds, claims)

    @property
    def issuer_url(self) -> str:
        return f"{self.api_url}/_local"

    @property
    def client_id(self) -> str:
        return AUDIENCE

    async def invoke(self, function: str, event: object) -> Any:
        """Run a function (logical id) on an event. Raises FunctionError, UnknownFunctionError, NotReadyError."""
        if not self._api or not self._host:
            raise control.NotReadyError
        return await self._host.invoke(function, event)

    def environment(self, function: str) -> dict[str, str]:
        """A function's settings, without the way into AWS. Raises UnknownFunctionError, NotReadyError."""
        functions = self._ready(self._template_read).functions
        if function not in functions:
            raise UnknownFunctionError(function)
        return dict(functions[function].environment) | {"MUX_API_URL": self.mux_url}

    def log(self, part: str) -> str:
        """All that a part (api, aws, mux, or a function's logical id) has printed."""
        return self._logs.text(part)

    @property
    def plays(self) -> bool:
        """Whether what is uploaded plays: at Mux, or with the emulator's ffmpeg."""
        return self._settings.mux is not None or self._services.playing

    @property
    def emulator_url(self) -> str | None:
        return None if self._settings.mux else self._ready(self.mux_url or None)

    @property
    def schedules(self) -> Sequence[Schedule]:
        return self._ready(self._template_read).schedules

    def urls(self) -> dict[str, str]:
        """Where the parts are."""
        return {"API": self.api_url, "Mux": self.mux_url, "AWS": self.aws_url, "Site": self.site_url}

    async def records(self) -> list[dict[str, Any]]:
        """Records of the table, the latest first. Raises NotReadyError."""
        return await asyncio.to_thread(self._ready(self._records).latest)

    async def upload_test_video(self) -> str:
        """Upload a small video as a demo user; answers the upload's id. Raises SampleError, NotReadyError."""
        sample = samples.TEST_VIDEO
        headers = {"Authorization": f"Bearer {self.token(sample.owner)}"}
        content = await samples.test_video(self._settings.sample_files)
        async with aiohttp.ClientSession() as session:
            return await samples.send(session, self.api_url, headers, content, sample)

    @staticmethod
    def _ready[Part](part: Part | None) -> Part:
        if part is None:
            raise control.NotReadyError
        return part

    async def _start(self) -> None:
        settings = self._settings
        await self._serve(application_runner(self._handle, control.application(self)), self._listener)
        site_listener = self._site_listener()
        site_port = port_of(site_listener) if site_listener else settings.site_port or SITE_PORT
        ports = (site_port, int(self.api_url.rpartition(":")[2]))
        own = tuple(f"http://{name}:{port}" for port in ports for name in (HOST, "localhost"))
        self.origins = own + settings.origins
        self._progress("starting AWS" if settings.mux else "starting AWS and the Mux emulator")
        await self._services.start()
        token = (settings.mux.token_id, settings.mux.token_secret) if settings.mux else EMULATOR_TOKEN
        mux = await self._exits.enter_async_context(MuxApi(self.mux_url, *token))
        environment = await self._prepare(mux)
        self._progress("creating the table and the secrets")
        template = self._template(environment)
        await asyncio.to_thread(aws.provision, self._services.aws, template, environment.secrets)
        self._write_aws_file(template.ref("AWS::Region"))
        self._open(template)
        self._template_read = template
        for table in template.tables[:1]:
            self._records = Records(self._services.aws, template.ref("AWS::Region"), template.ref(table))
        if settings.samples and not settings.mux:
            self._run(samples.add(settings.samples, self.api_url, self.token, settings.sample_files, self._progress))
        if site_listener:
            await self._serve(web.AppRunner(self._site(), access_log=None), site_listener)
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
        await self._services.stop()
        await self._exits.aclose()
        await self._session.close()

    async def _serve(self, runner: web.AppRunner, listener: socket.socket) -> None:
        self._exits.callback(listener.close)
        self._runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, listener).start()

    def _write_aws_file(self, region: str) -> None:
        """Tell this user's own programs the way into AWS, for as long as it is open."""
        self._exits.callback(self.aws_file.unlink, missing_ok=True)
        aws.write_variables(self.aws_file, self._services.aws, region)

    def _site_listener(self) -> socket.socket | None:
        """Take the port of the example site, if there is one; it serves once the rest does."""
        settings = self._settings
        if not settings.site.is_dir():
            return None
        listener = listen(settings.site_port, "SITE_PORT")
        self._exits.callback(listener.close)
        self.site_url = url(port_of(listener))
        return listener

    def _site(self) -> web.Application:
        """The example site, told where things are on this machine, or at Mux."""
        mux = self._settings.mux
        config = {
            "api": self.api_url,
            "issuer": self.issuer_url,
            "clientId": self.client_id,
            "scope": "openid profile",
            "token": "id_token",
            "adminGroup": "admin",
            "captions": "",
            "stream": "https://stream.mux.com/" if mux else f"{self.mux_url}/stream/",
            "image": "https://image.mux.com/" if mux else f"{self.mux_url}/image/",
            "dataKey": "",
        }
        return site.application(self._settings.site, config)

    async def _prepare(self, mux: MuxApi) -> MuxEnvironment:
        try:
            if self._settings.mux:
                return await prepare_account(mux, self._settings.mux)
            return await prepare_emulator(mux, f"{self.api_url}{WEBHOOK_PATH}?tag={self._tag}")
        except MuxApiError as error:
            raise StackError(f"Mux at {self.mux_url} did not accept {error}") from error

    @property
    def _tag(self) -> str:
        """Names what this stack makes at Mux: in a real account, nothing that another stack or laptop has made."""
        here = f"{platform.node()}{PROJECT}".encode()
        tag = f"local-{hashlib.sha256(here).hexdigest()[:16]}" if self._settings.mux else TAG
        return self._settings.parameters.get("StackTag", tag)

    def _template(self, environment: MuxEnvironment) -> Template:
        path = self._settings.template
        document = read(path.read_text(encoding="utf-8"))
        values = {
            "AllowedOrigins": ",".join(self.origins),
            "JwtAudience": AUDIENCE,
            "JwtIssuer": self.issuer_url,
            "MuxEnvironmentId": environment.id,
            "StackTag": self._tag,
            # Of an emulated Mux all is known here, and a real one cannot call this machine.
            "MuxSetup": "manual",
        }
        declared = document.get("Parameters", {})
        known = {name: value for name, value in values.items() if name in declared}
        return Template(document, path.resolve().parent, {**known, **self._settings.parameters})

    def _open(self, template: Template) -> None:
        """Let the API serve and the schedules run."""
        # Mux signs webhooks with the wall clock's time, however far the emulator's clock was advanced.
        wall_clock = {route.function for route in template.routes if route.path == WEBHOOK_PATH}

        async def offset(function: str) -> float:
            return 0.0 if self._settings.mux or function in wall_clock else await self._clock_offset()

        self._host = FunctionHost(
            template.functions,
            self._logs,
            environment=aws.environment(self._services.aws, template.ref("AWS::Region")),
            overrides={"MUX_API_URL": self.mux_url, "WEBHOOK_URL": self.api_url + WEBHOOK_PATH},
            offset=offset,
            runtime=self._settings.runtime,
        )
        self._issuer = Issuer(self.issuer_url, AUDIENCE, template.ref("GroupsClaim"))
        self._api = HttpApi(template, self._host.invoke, self._issuer.keys, self._settings.integration_seconds)
        if self._settings.schedules:
            for entry in template.schedules:
                if entry.enabled:
                    self._run(schedule.run(entry, self._host.invoke))

    async def _clock_offset(self) -> float:
        """How many whole seconds the emulator's clock is ahead of the wall clock."""
        # To advance by nothing is how the emulator is asked for its time.
        question = self._session.post(f"{self.mux_url}/_emulator/clock", json={"advance_seconds": 0})
        async with question as response:
            return float(round((await response.json())["data"]["now"] - time.time()))

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
        method, status = request.method, response.status
        # The path alone: a query may carry what no log should.
        path = request.raw_path.partition("?")[0]
        self._logs.write("api", f"{method} {path} {status} {milliseconds:.0f} ms")
        self.answered.append(Answered(time.time(), method, path, status, round(milliseconds)))
        return response
