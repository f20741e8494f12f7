"""One execution environment of a function: a process, and the Lambda Runtime API that it speaks to."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import TYPE_CHECKING

from aiohttp import web

from local.bootstrap import API, CLOCK_HEADER
from local.children import Child
from local.doors import by_its_name, programs_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.logs import Logs
    from local.template import Function

# Lambda gives the initialisation 10 s; a laptop that starts everything at once may need more.
INIT_SECONDS = 20
RESPONSE_LIMIT = 6_291_556


class FunctionError(Exception):
    """The function failed; `description` is what Lambda answers: errorType, errorMessage and perhaps more."""

    def __init__(self, description: Mapping[str, object]) -> None:
        super().__init__(f"{description.get('errorType')}: {description.get('errorMessage')}")
        self.description = dict(description)


class _Invocation:
    """An event on its way through a function: `taken` once the runtime has it, then its one `outcome`."""

    def __init__(self, event: bytes, offset: float) -> None:
        loop = asyncio.get_running_loop()
        self.event = event
        self.offset = offset
        self.request_id = str(uuid.uuid4())
        self.taken: asyncio.Future[None] = loop.create_future()
        self.outcome: asyncio.Future[bytes | FunctionError] = loop.create_future()

    def finish(self, outcome: bytes | FunctionError) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def fail(self, kind: str, message: str) -> None:
        self.finish(FunctionError({"errorType": kind, "errorMessage": message}))


class Worker:
    """A process that holds one function, initialised once; it handles one event at a time.

    `environment` is all that the process gets, beside the address of its Runtime API; `runtime` is the module
    that runs in it, with its arguments.
    """

    def __init__(self, function: Function, environment: Mapping[str, str], logs: Logs, runtime: Sequence[str]) -> None:
        self._function = function
        self._environment = environment
        self._logs = logs
        self._runtime = runtime
        self._invocations: asyncio.Queue[_Invocation] = asyncio.Queue()
        self._current: _Invocation | None = None
        self._broken = False
        self._runner: web.AppRunner | None = None
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def usable(self) -> bool:
        return self._child is not None and self._child.running and not self._broken

    async def start(self) -> None:
        """Start the process; its initialisation goes on while the first event waits."""
        # A page could take events away, with the tokens in them.
        app = web.Application(client_max_size=RESPONSE_LIMIT, middlewares=[by_its_name, programs_only])
        app.router.add_get(f"{API}/invocation/next", self._next)
        app.router.add_post(f"{API}/invocation/{{id}}/response", self._response)
        app.router.add_post(f"{API}/invocation/{{id}}/error", self._error)
        app.router.add_post(f"{API}/init/error", self._init_error)
        # A function may run for long between two requests of its runtime.
        self._runner = web.AppRunner(app, access_log=None, keepalive_timeout=3600, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        environment = {**self._environment, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"}
        self._child = await Child.start(self._function.logical_id, self._runtime, environment, self._logs)
        self._watch = asyncio.create_task(self._report_exit(self._child))
        if self._broken:
            await self.stop()

    async def stop(self) -> None:
        """End the process and its Runtime API."""
        self._broken = True
        if self._child:
            await self._child.kill()
        if self._watch:
            await self._watch
        if self._runner:
            await self._runner.cleanup()

    async def invoke(self, event: bytes, offset: float) -> bytes:
        """Run the function on an event, `offset` seconds ahead of the wall clock; event and result are JSON.

        Raises FunctionError. After a crash or a timeout the worker is no longer usable.
        """
        invocation = _Invocation(event, offset)
        self._current = invocation
        if not self.usable:
            invocation.fail("Runtime.ExitError", "Runtime exited before it took the event")
        self._invocations.put_nowait(invocation)
        await self._wait(invocation)
        outcome = await invocation.outcome
        if isinstance(outcome, FunctionError):
            raise outcome
        return outcome

    async def _wait(self, invocation: _Invocation) -> None:
        """Wait until there is an outcome; the function's own time begins when it takes the event."""
        steps = (
            (INIT_SECONDS, (invocation.taken, invocation.outcome)),
            (self._function.timeout, (invocation.outcome,)),
        )
        for seconds, futures in steps:
            done, _ = await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                message = f"{invocation.request_id} Task timed out after {seconds:.2f} seconds"
                self._logs.write(self._function.logical_id, message)
                invocation.fail("Sandbox.Timedout", message)
                await self.stop()
                return

    async def _report_exit(self, child: Child) -> None:
        code = await child.ended()
        if self._current and not self._current.outcome.done():
            end = f"exit status {code}" if code >= 0 else f"signal {-code}"
            message = f"RequestId: {self._current.request_id} Error: Runtime exited with error: {end}"
            self._logs.write(self._function.logical_id, message)
            self._current.fail("Runtime.ExitError", message)

    async def _next(self, _: web.Request) -> web.Response:
        invocation = await self._invocations.get()
        if not invocation.taken.done():
            invocation.taken.set_result(None)
        now = time.time()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((now + self._function.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._function.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(now):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
            CLOCK_HEADER: str(invocation.offset),
        }
        return web.Response(body=invocation.event, content_type="application/json", headers=headers)

    async def _response(self, request: web.Request) -> web.Response:
        invocation = self._invocation(request)
        try:
            invocation.finish(await request.read())
        except web.HTTPRequestEntityTooLarge:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            invocation.fail("Function.ResponseSizeTooLarge", message)
            raise
        return web.Response(status=202)

    async def _error(self, request: web.Request) -> web.Response:
        self._invocation(request).finish(FunctionError(json.loads(await request.read())))
        return web.Response(status=202)

    async def _init_error(self, request: web.Request) -> web.Response:
        # The runtime leaves after this, and takes no event.
        self._broken = True
        if self._current:
            self._current.finish(FunctionError(json.loads(await request.read())))
        return web.Response(status=202)

    def _invocation(self, request: web.Request) -> _Invocation:
        if not self._current or self._current.request_id != request.match_info["id"]:
            raise web.HTTPBadRequest(text="there is no such invocation")
        return self._current
