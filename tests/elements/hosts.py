"""Hosts of static sites as they are: how they find files, what they answer without one, and whose headers they send."""

from __future__ import annotations

import mimetypes
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    type Find = Callable[[Path, str], Answer]

DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Host:
    """A running host: `root` is what it serves; `headers` is whatever its owner has told it to send with a path."""

    port: int
    root: Path
    find: Find
    headers: Callable[[str], Mapping[str, str]] = field(default=lambda _: {})
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def s3(root: Path, path: str) -> Answer:
    """A bucket behind CloudFront: keys and nothing else; whatever has no key is forbidden."""
    key = "index.html" if path == "/" else path[1:]
    file = root / key
    return _file(file) if key and file.is_file() else Answer(403, DENIED, {"Content-Type": "application/xml"})


def github_pages(root: Path, path: str) -> Answer:
    """Redirects to folders, finds pages without .html, and has a page for what is missing."""
    file = root / path[1:]
    if file.is_dir() and not path.endswith("/"):
        return Answer(301, headers={"Location": f"{path}/"})
    found = _first(file / "index.html" if path.endswith("/") else file, file.with_name(f"{file.name}.html"))
    answer = found or Answer(404, b"<!doctype html><title>Not found</title>", {"Content-Type": "text/html"})
    return Answer(answer.status, answer.body, {"Access-Control-Allow-Origin": "*", **answer.headers})


def netlify(root: Path, path: str) -> Answer:
    """Pages have addresses without .html, and one with it is redirected there."""
    file = root / path[1:]
    if path.endswith(".html") and file.is_file():
        return Answer(301, headers={"Location": path.removesuffix(".html").removesuffix("index")})
    if file.is_dir() and not path.endswith("/"):
        return Answer(301, headers={"Location": f"{path}/"})
    found = _first(file / "index.html" if path.endswith("/") else file, file.with_name(f"{file.name}.html"))
    return found or Answer(404, b"<!doctype html><title>Page not found</title>", {"Content-Type": "text/html"})


def headers_file(text: str) -> Callable[[str], Mapping[str, str]]:
    """What the file _headers says for a path: rules that match the same path add up."""
    rules: list[tuple[str, dict[str, str]]] = []
    for line in text.splitlines():
        if line.startswith("/"):
            rules.append((line, {}))
        elif line.strip():
            name, _, value = line.strip().partition(": ")
            rules[-1][1][name] = value

    def headers(path: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for rule, said in rules:
            if path == rule or (rule.endswith("*") and path.startswith(rule[:-1])):
                found |= said
        return found

    return headers


@contextmanager
def serving(root: Path, find: Find) -> Iterator[Host]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    host = Host(server.server_port, root, find)
    server.RequestHandlerClass = _handler(host)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            host.asked.append(parts.path)
            answer = host.find(host.root, parts.path)
            headers = {**answer.headers, **host.headers(parts.path)}
            if "Location" in headers and parts.query:
                headers["Location"] += f"?{parts.query}"
            self.send_response(answer.status)
            for name, value in (headers | {"Content-Length": str(len(answer.body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
            pass

    return Handler


def _first(*files: Path) -> Answer | None:
    return next((_file(file) for file in files if file.is_file()), None)


def _file(file: Path) -> Answer:
    kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0] or "binary/octet-stream"
    return Answer(200, file.read_bytes(), {"Content-Type": kind})
