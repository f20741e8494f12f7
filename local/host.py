"""Runs functions as Lambda would: a pool of workers for each, started when they are needed."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from typing import TYPE_CHECKING, Any

from local.settings import RUNTIME
from local.sources import Snapshot, forget_bytecode, snapshot
from local.worker import FunctionError, Worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from local.logs import Logs
    from local.template import Function

    Offset = Callable[[str], Awaitable[float]]

CONCURRENCY = 4
# What an interpreter may need to start; nothing else is inherited.
INHERITED = ("PATH", "LD_LIBRARY_PATH")


class UnknownFunctionError(Exception):
    """No function of the template has this logical id."""


class FunctionHost:
    """Invokes the functions of a template.

    `environment` is added to every function's own (the AWS endpoint, for instance), `overrides` replace
    variables of functions that have them. `offset` answers how many seconds ahead of the wall clock a
    function lives.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        logs: Logs,
        *,
        environment: Mapping[str, str],
        overrides: Mapping[str, str],
        offset: Offset,
        runtime: Sequence[str] = RUNTIME,
    ) -> None:
        self._offset = offset
        self._pools = {
            name: _Pool(function, process_environment(function, environment, overrides), logs, runtime)
            for name, function in functions.items()
        }

    async def invoke(self, function: str, event: object) -> Any:
        """Run a function (logical id) on an event; answers its result.

        Raises FunctionError, also for a crash or a timeout, and UnknownFunctionError.
        """
        pool = self._pools.get(function)
        if not pool:
            raise UnknownFunctionError(function)
        payload = json.dumps(event, ensure_ascii=False).encode()
        result = await pool.invoke(payload, await self._offset(function))
        try:
            return json.loads(result)
        except ValueError as error:
            description = {"errorType": "Runtime.InvalidResponse", "errorMessage": str(error)}
            raise FunctionError(description) from error

    async def stop(self) -> None:
        """End all workers."""
        await asyncio.gather(*(pool.stop() for pool in self._pools.values()))


class _Pool:
    """The workers of one function; events beyond CONCURRENCY wait."""

    def __init__(self, function: Function, environment: Mapping[str, str], logs: Logs, runtime: Sequence[str]) -> None:
        self._function = function
        self._environment = environment
        self._logs = logs
        self._runtime = runtime
        self._folders = (function.code, *function.layers)
        self._sources: Snapshot = {}
        self._places = asyncio.Semaphore(CONCURRENCY)
        self._workers: dict[Worker, Snapshot] = {}
        self._idle: list[Worker] = []
        self._stopping: set[asyncio.Task[None]] = set()

    async def invoke(self, event: bytes, offset: float) -> bytes:
        async with self._places:
            worker = await self._take()
            try:
                return await worker.invoke(event, offset)
            finally:
                self._idle.append(worker)

    async def stop(self) -> None:
        for worker in list(self._workers):
            self._retire(worker)
        if self._stopping:
            await asyncio.wait(self._stopping)

    async def _take(self) -> Worker:
        """A warm worker that runs today's sources, or a new one."""
        sources = snapshot(self._folders)
        if self._sources:
            forget_bytecode(self._sources, sources)
        self._sources = sources
        while self._idle:
            worker = self._idle.pop()
            if worker.usable and self._workers[worker] == sources:
                return worker
            self._retire(worker)
        log_stream = {"AWS_LAMBDA_LOG_STREAM_NAME": f"[$LATEST]{uuid.uuid4().hex}"}
        worker = Worker(self._function, {**self._environment, **log_stream}, self._logs, self._runtime)
        self._workers[worker] = sources
        await worker.start()
        return worker

    def _retire(self, worker: Worker) -> None:
        del self._workers[worker]
        task = asyncio.create_task(worker.stop())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)


def process_environment(
    function: Function, environment: Mapping[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    """All that a worker gets: Lambda's own variables, the template's, and the local stack's."""
    own = dict(function.environment)
    own.update((name, value) for name, value in overrides.items() if name in own)
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    runtime = {
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "LAMBDA_TASK_ROOT": str(function.code),
        "LANG": "en_US.UTF-8",
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in (function.code, *function.layers)),
        "PYTHONUNBUFFERED": "1",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
    }
    return {**inherited, **runtime, **own, **environment}
