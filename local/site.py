"""Serves the example site on an origin of its own: its files as they are, its configuration, and the built elements."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aiohttp import web

from local.doors import by_its_name
from ops.page_headers import page_headers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The site finds the elements here; they are built in a folder beside it.
ELEMENTS = "elements/"
# Names that a file of the site or of the elements has: no operating system sees any other in them.
_PATH = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*/)*[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_LONGEST_PATH = 200
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".md": "text/markdown",
}
_NOT_BUILT = """<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>The site is not built</title>
  <h1>The site is not built</h1>
  <p>The API runs. The pages need the elements, and npm builds them.</p>
  <p>Install Node.js 20 and run <code>make run</code> again.</p>
</html>
"""


def application(folder: Path, config: Mapping[str, str]) -> web.Application:
    """Serves the files of a folder, index.html for the folder itself; nothing is kept by browsers.

    `config` takes the place of the folder's config.js; pages may talk to whom it names and nobody else.
    """
    site = _Site(folder, config)
    app = web.Application(middlewares=[by_its_name])
    app.router.add_get("/config.js", site.config)
    app.router.add_get(f"/{ELEMENTS}{{path:.+}}", site.element)
    app.router.add_get("/{path:.*}", site.file)
    app.on_response_prepare.append(site.headers)
    return app


def elements_missing(folder: Path) -> bool:
    """Whether the elements that the site is made of are not built; a site without any beside it has none."""
    built = _elements(folder)
    return built.parent.is_dir() and not (built / "index.js").is_file()


def _elements(folder: Path) -> Path:
    return folder.resolve().parent / "elements" / "dist"


class _Site:
    def __init__(self, folder: Path, config: Mapping[str, str]) -> None:
        self._folder = folder.resolve()
        self._elements = _elements(folder)
        self._config = f"export default {json.dumps(dict(config), indent=2)};\n"
        self._headers = page_headers(config)

    async def config(self, _: web.Request) -> web.Response:
        return web.Response(text=self._config, content_type="text/javascript")

    async def file(self, request: web.Request) -> web.Response:
        path = request.match_info["path"] or "index.html"
        response = self._response(path, self._folder)
        if path.endswith(".html") and elements_missing(self._folder):
            return web.Response(text=_NOT_BUILT, content_type="text/html", status=503)
        return response

    async def element(self, request: web.Request) -> web.Response:
        return self._response(request.match_info["path"], self._elements)

    async def headers(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Cache-Control"] = "no-store"
        response.headers.update(self._headers.of(request.path.removeprefix("/")))

    @staticmethod
    def _response(path: str, folder: Path) -> web.Response:
        file = _file(folder, path)
        if file is None or file.suffix not in _TYPES:
            raise web.HTTPNotFound
        response = web.Response(body=file.read_bytes(), content_type=_TYPES[file.suffix], charset="utf-8")
        # As every host of static sites does.
        response.enable_compression()
        return response


def _file(folder: Path, path: str) -> Path | None:
    """The file in a folder, if there is one; a link may not lead out of it."""
    if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
        return None
    file = (folder / path).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
