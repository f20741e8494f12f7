"""The local stack inside a test or a script: runs in a thread of its own, on any free ports."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from local.issuer import TTL_SECONDS
from local.settings import Settings
from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

CALL_SECONDS = 60


class LocalStack:
    """A running stack as a context manager; every argument is one of Settings.

    Without others it takes free ports, runs no schedules (`invoke` does), encodes nothing, has no samples, and keeps
    its files to itself.
    """

    def __init__(self, **settings: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="local-stack-", ignore_cleanup_errors=True)
        quiet = Settings(
            api_port=0,
            mux_port=0,
            aws_port=0,
            site_port=0,
            encode=False,
            samples=(),
            schedules=False,
            logs=Path(self._folder.name) / "logs",
            aws_files=Path(self._folder.name) / "aws",
            media=Path(self._folder.name) / "media",
            sample_files=Path(self._folder.name) / "samples",
            terminal=False,
        )
        self._settings = replace(quiet, **settings)
        self._started: Future[Stack] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="local-stack", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            stack = self._started.result()
        except BaseException:
            self.close()
            raise
        self.api_url, self.mux_url, self.aws_url = stack.api_url, stack.mux_url, stack.aws_url
        self.site_url, self.origins, self.aws_file = stack.site_url, stack.origins, stack.aws_file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the stack and wait for its end."""
        if self._loop and self._stop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._folder.cleanup()

    def token(self, sub: str, groups: Sequence[str] = (), ttl_seconds: float = TTL_SECONDS) -> str:
        """A token that the API accepts."""
        return self._started.result().token(sub, groups, ttl_seconds)

    def invoke(self, function: str, event: object = None) -> Any:
        """Run a function (logical id) on an event, {} by default; answers its result. Raises FunctionError."""
        stack = self._started.result()
        if self._loop is None:
            raise RuntimeError("the stack is not running")
        call = stack.invoke(function, {} if event is None else event)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def request(self, method: str, path: str, token: str | None = None, **arguments: Any) -> requests.Response:
        """Call the API; `arguments` are those of `requests.request`."""
        headers = dict(arguments.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(method, self.api_url + path, headers=headers, timeout=CALL_SECONDS, **arguments)

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock, and with it that of the functions."""
        answer = requests.post(
            f"{self.mux_url}/_emulator/clock", json={"advance_seconds": seconds}, timeout=CALL_SECONDS
        )
        answer.raise_for_status()

    def log(self, part: str) -> str:
        """All that a part (api, aws, mux, or a function's logical id) has printed."""
        return self._started.result().log(part)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            async with Stack(self._settings) as stack:
                self._started.set_result(stack)
                await self._stop.wait()
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)
