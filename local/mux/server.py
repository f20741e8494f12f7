"""Serves one environment over HTTP on the loopback interface, for as long as its context lasts."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from local.mux.asset_routes import AssetRoutes
from local.mux.control import Control
from local.mux.control_routes import ControlRoutes
from local.mux.environment import Options, open_environment
from local.mux.gate import Gate
from local.mux.playback_routes import PlaybackRoutes
from local.mux.system_routes import SystemRoutes
from local.mux.transfer_routes import TransferRoutes
from local.mux.upload_routes import UploadRoutes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from local.mux.environment import Environment

HOST = "127.0.0.1"

_BACKLOG = 1024
_LARGEST_BODY = 1024 * 1024
_SHUTDOWN_SECONDS = 0.2


@dataclass(frozen=True)
class Server:
    url: str
    control: Control


@asynccontextmanager
async def serve(port: int, options: Options) -> AsyncIterator[Server]:
    """`port` 0 takes a free one. Raises OSError if the port is taken."""
    async with open_environment(options) as environment:
        control = Control(environment)
        runner = web.AppRunner(_application(environment, control), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, port, backlog=_BACKLOG)
            await site.start()
            yield Server(url=f"http://{HOST}:{site.port}", control=control)
        finally:
            await runner.cleanup()


def _application(environment: Environment, control: Control) -> web.Application:
    gate = Gate(environment)
    app = web.Application(
        client_max_size=_LARGEST_BODY, middlewares=[gate.callers, gate.journal, gate.api, gate.errors]
    )
    for routes in (AssetRoutes, UploadRoutes, TransferRoutes, PlaybackRoutes, SystemRoutes):
        app.add_routes(routes(environment).table())
    app.add_routes(ControlRoutes(control).table())
    return app
