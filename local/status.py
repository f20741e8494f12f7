"""The status page below /_local/: what runs, what happened lately, and buttons for faults, clock and a test upload.

It shows ids, statuses and times; no tokens, no upload URLs, no bodies.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local.template import Schedule

PAGE = Path(__file__).parent / "status_page"
ROWS = 50
_SECONDS = 10
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Answered:
    """One request to the gateway: `at` in Unix seconds, the path without its query."""

    at: float
    method: str
    path: str
    status: int
    milliseconds: int


class Stack(Protocol):
    """What this page needs of the stack."""

    @property
    def answered(self) -> Iterable[Answered]:
        """The latest requests to the gateway."""

    @property
    def emulator_url(self) -> str | None:
        """The emulator; None with a real Mux. Raises NotReadyError."""

    @property
    def schedules(self) -> Sequence[Schedule]:
        """The template's schedules. Raises NotReadyError."""

    def urls(self) -> Mapping[str, str]:
        """Where the parts are."""

    async def health(self) -> Mapping[str, bool]:
        """Which parts serve."""

    async def records(self) -> list[dict[str, Any]]:
        """Records of the table, the latest first. Raises NotReadyError."""

    async def upload_test_video(self) -> str:
        """Upload a small video as a demo user; answers the upload's id. Raises SampleError, NotReadyError."""


class Status:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/", _file("index.html")),
            web.get("/status.js", _file("status.js")),
            web.get("/status.css", _file("status.css")),
            web.get("/state", self.state),
            web.put("/faults", self.faults),
            web.post("/clock", self.clock),
            web.post("/test-upload", self.upload),
        ]

    async def state(self, _: web.Request) -> web.Response:
        emulator = await self._emulator("GET", "state") if self._stack.emulator_url else None
        state = {
            "urls": dict(self._stack.urls()),
            "parts": dict(await self._stack.health()),
            "emulator": emulator,
            "schedules": [{"function": entry.function, "period": entry.period} for entry in self._stack.schedules],
            "requests": [asdict(entry) for entry in self._stack.answered][-ROWS:][::-1],
            "records": (await self._stack.records())[:ROWS],
        }
        return web.json_response(state, headers=_HEADERS)

    async def faults(self, request: web.Request) -> web.Response:
        """As PUT /_emulator/faults."""
        return web.json_response(await self._emulator("PUT", "faults", await request.read()))

    async def clock(self, request: web.Request) -> web.Response:
        """As POST /_emulator/clock."""
        return web.json_response(await self._emulator("POST", "clock", await request.read()))

    async def upload(self, _: web.Request) -> web.Response:
        if self._stack.emulator_url is None:
            raise web.HTTPConflict(text="a real Mux environment is used: upload through the site or the API")
        return web.json_response({"upload_id": await self._stack.upload_test_video()})

    async def _emulator(self, method: str, name: str, body: bytes | None = None) -> Any:
        """The `data` of the emulator's answer; its refusals are passed on."""
        if self._stack.emulator_url is None:
            raise web.HTTPConflict(text="a real Mux environment is used, not the emulator")
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        url = f"{self._stack.emulator_url}/_emulator/{name}"
        async with aiohttp.ClientSession(timeout=timeout) as session, session.request(method, url, data=body) as answer:
            document = await answer.json()
            if answer.status != 200:
                raise web.HTTPBadRequest(text="; ".join(document["error"]["messages"]))
            return document["data"]


def _file(name: str) -> Any:
    async def answer(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / name, headers=_HEADERS)

    return answer
