"""A door in front of the emulated Mux: it notes what comes, passes it on, and misbehaves where a test says so."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

import requests


@dataclass(frozen=True)
class Asked:
    """One request of ours to Mux; `body` is its JSON, or None."""

    method: str
    path: str
    body: Any


@dataclass(frozen=True)
class Reply:
    """An answer to give; `body` is JSON unless it is bytes. `cut` announces more bytes than come."""

    status: int
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


type Misbehaviour = Callable[[Callable[[], Reply]], Reply | None]
"""Gets what passes the request on to Mux; returns the answer, None to close the connection without one."""


@dataclass
class _Rule:
    method: str
    path: str
    act: Misbehaviour
    left: int


class Front:
    """`url` takes the place of Mux's."""

    def __init__(self, mux_url: str) -> None:
        self._mux_url = mux_url
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, reply: Reply, *, times: int = 1_000) -> None:
        """Answer with `reply` instead of Mux. `path` is a pattern for all of the path."""
        self.misbehave(method, path, lambda _mux: reply, times=times)

    def refuse(self, method: str, path: str, *, times: int = 1_000) -> None:
        """Close the connection; Mux hears nothing of it."""
        self.misbehave(method, path, lambda _mux: None, times=times)

    def lose_answer(self, method: str, path: str, *, times: int = 1_000) -> None:
        """Let Mux do it, and close the connection."""

        def act(mux: Callable[[], Reply]) -> None:
            mux()

        self.misbehave(method, path, act, times=times)

    def misbehave(self, method: str, path: str, act: Misbehaviour, *, times: int = 1_000) -> None:
        with self._lock:
            self._rules.append(_Rule(method, path, act, times))

    def behave(self) -> None:
        """Pass everything on again."""
        with self._lock:
            self._rules.clear()

    def count(self, method: str, path: str) -> int:
        """How often this was asked."""
        with self._lock:
            return sum(asked.method == method and bool(re.fullmatch(path, asked.path)) for asked in self.asked)

    def reply(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply | None:
        """What to answer to a request that came in."""
        bare = path.partition("?")[0]
        with self._lock:
            self.asked.append(Asked(method, bare, json.loads(body) if body else None))
            rules = [rule for rule in self._rules if rule.left and rule.method == method]
            rule = next((rule for rule in rules if re.fullmatch(rule.path, bare)), None)
            if rule:
                rule.left -= 1

        def pass_on() -> Reply:
            answer = requests.request(method, self._mux_url + path, data=body, headers=headers, timeout=10)
            return Reply(answer.status_code, answer.content)

        return rule.act(pass_on) if rule else pass_on()


_KEPT: Final = ("authorization", "content-type")


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {name: value for name, value in self.headers.items() if name.lower() in _KEPT}
            reply = front.reply(self.command, self.path, body, kept)
            if reply is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in ({"Content-Type": "application/json"} | reply.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.content) + (10 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(reply.content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
