"""A site of one's own with elements on it, and an API that remembers the tokens that it was given."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

DIST = Path(__file__).parent.parent.parent / "elements" / "dist"
# A name of the web that leads to this machine: browsers call an address with it insecure.
INSECURE = "insecure.test"
_TYPES = {".js": "text/javascript", ".html": "text/html"}


@dataclass
class Pages:
    """Serves `pages` (path → HTML), the built elements below /elements/, and an API below /api/.

    The API answers 200 to a token that `takes` accepts and 401 to any other; `tokens` are all that came.
    """

    pages: dict[str, str]
    takes: Callable[[dict[str, Any]], bool] = lambda _: True
    headers: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = pages._answer(self)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                for name, value in pages.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> tuple[int, str, bytes]:
        path = urlsplit(request.path).path
        if path.startswith("/api/"):
            return self._api(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if path.startswith("/elements/"):
            file = DIST / path.removeprefix("/elements/")
            if file.is_file() and file.resolve().is_relative_to(DIST.resolve()):
                return 200, _TYPES[file.suffix], file.read_bytes()
        if path in self.pages:
            return 200, "text/html; charset=utf-8", self.pages[path].encode()
        return 403 if path.endswith("/") else 404, "text/plain", b"AccessDenied"

    def _api(self, token: str) -> tuple[int, str, bytes]:
        self.tokens.append(token)
        good = bool(token) and self.takes(claims(token))
        body: object = {"data": "good"} if good else {"error": {"type": "unauthorized", "messages": []}}
        return (200 if good else 401), "application/json", json.dumps(body).encode()


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said
