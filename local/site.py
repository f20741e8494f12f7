"""Serves the example site, files as they are, so that a browser finds it on an origin of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from pathlib import Path


def application(folder: Path) -> web.Application:
    """Serves the files of a folder, index.html for the folder itself; nothing is kept by browsers."""

    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(folder / "index.html")

    async def always_fresh(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Cache-Control"] = "no-store"

    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_static("/", folder)
    app.on_response_prepare.append(always_fresh)
    return app
