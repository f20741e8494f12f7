"""The line between a browser and everything else: an HTTP proxy that is slow, loses answers, or is dead.

A browser is told to send all its requests here. So the same faults and the same log hold for every engine, and all
addresses stay as they are.
"""

from __future__ import annotations

import asyncio
import io
import random
import re
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

HERE = "127.0.0.1"
PIECE_BYTES = 32 * 1024
ANSWER_SECONDS = 120
CLOSING_SECONDS = 0.1
_OWN = re.compile(r"\.mozilla\.(com|org|net):443$")
# What belongs to one connection, and what aiohttp writes itself.
_OF_A_CONNECTION = {
    *("connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "transfer-encoding"),
    *("upgrade", "content-length"),
}


@dataclass(frozen=True)
class Request:
    """What went over the line: `at` is when it came, `size` are the bytes of the answer's body, 0 for a lost one."""

    at: float
    method: str
    url: str
    status: int
    size: int

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


@dataclass
class Faults:
    """`latency` is for each answer, and `spread` more at most, so that answers overtake each other; in seconds.

    `loss` is the share of answers that never arrive, although the server has done what was asked; of those that
    `may_be_lost`. `bytes_per_second` is how fast a request's body goes out, 0 without a limit.
    """

    latency: float = 0
    spread: float = 0
    loss: float = 0
    may_be_lost: Callable[[str, str], bool] = field(default=lambda _method, _url: True)
    bytes_per_second: float = 0
    offline: bool = False


class Network:
    """A proxy in a thread of its own."""

    def __init__(self, seed: int = 1) -> None:
        self.faults = Faults()
        self.log: list[Request] = []
        self.lost = 0
        self.foreign: list[str] = []
        self._random = random.Random(seed)  # noqa: S311 (repeats the same losses)
        self._started: Future[int] = Future()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="network", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = self._started.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def asked(self, text: str, method: str | None = None, since: float = 0) -> list[Request]:
        """The requests since a time whose URL contains a text; a browser's own preflights are none."""
        return [
            request
            for request in list(self.log)
            if text in request.url
            and request.at >= since
            and request.method == (method or request.method)
            and request.method != "OPTIONS"
        ]

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            connector = TCPConnector(limit=0, force_close=True)
            async with ClientSession(
                connector=connector,
                auto_decompress=False,
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=ANSWER_SECONDS),
            ) as self._client:
                runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
                await runner.setup()
                site = web.TCPSite(runner, HERE, 0)
                await site.start()
                self._started.set_result(runner.addresses[0][1])
                await self._stop.wait()
                await runner.cleanup()
            # Connections close in the loop's next turns.
            await asyncio.sleep(CLOSING_SECONDS)
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        url = request.raw_path
        if request.method == "CONNECT" or urlsplit(url).hostname != HERE:
            # Firefox's own, whatever its preferences say.
            if not _OWN.search(url):
                self.foreign.append(url)
            return web.Response(status=403)
        came, faults = time.monotonic(), self.faults
        try:
            body = await self._body(request)
            if body is None:
                return self._cut(request)
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_A_CONNECTION}
            async with self._client.request(
                request.method, url, headers=headers, data=io.BytesIO(body) if body else None, allow_redirects=False
            ) as answer:
                content = await answer.read()
            lost = faults.may_be_lost(request.method, url) and self._random.random() < faults.loss
            await asyncio.sleep(faults.latency + self._random.random() * faults.spread)
            self.log.append(Request(came, request.method, url, answer.status, 0 if lost else len(content)))
            if lost or self.faults.offline:
                self.lost += 1
                return self._cut(request)
            response = web.Response(status=answer.status, reason=answer.reason, body=content)
            for name, value in answer.headers.items():
                if name.lower() == "content-type":
                    response.headers[name] = value
                elif name.lower() not in _OF_A_CONNECTION:
                    response.headers.add(name, value)
        except (ClientError, ConnectionError, TimeoutError):
            return self._cut(request)
        # A browser repeats by itself what was lost on a connection that has answered before; so none does.
        response.force_close()
        return response

    async def _body(self, request: web.BaseRequest) -> bytes | None:
        """All that the browser sends, as slowly as the line is; None when the line is dead."""
        body = b""
        async for piece in request.content.iter_chunked(PIECE_BYTES):
            body += piece
            if self.faults.offline:
                return None
            if self.faults.bytes_per_second:
                await asyncio.sleep(len(piece) / self.faults.bytes_per_second)
        return None if self.faults.offline else body

    def _cut(self, request: web.BaseRequest) -> web.Response:
        if request.transport:
            request.transport.abort()
        return web.Response(status=502)
