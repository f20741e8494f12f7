"""HTTP servers that misbehave, byte by byte, on a free port of 127.0.0.1. Each request gets the next of the scripts."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

type Headers = Mapping[str, str]
type Script = Callable[[Exchange], bool]
"""Answers one request; False closes the connection afterwards."""


@dataclass(frozen=True)
class Received:
    """A request as it came; header names are lower-case."""

    method: str
    path: str
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Exchange:
    """One request to answer. `stop` is set when the server is closed; `sent` counts the bytes that went out."""

    connection: socket.socket
    stop: threading.Event
    sent: list[int] = field(default_factory=lambda: [0])

    def send(self, content: bytes) -> bool:
        """Whether the other side still listens."""
        try:
            self.connection.sendall(content)
        except OSError:
            return False
        self.sent[0] += len(content)
        return True


class HostileServer:
    """Serves while the `with` block lasts; the last script answers all requests that come after it.

    `requests` is what came in (something other than HTTP without method and path), `completed` how many scripts were
    heard out, `connections` how many there were, `bytes_sent` what went out over all of them.
    """

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket.socket] = []
        self._sent = [0]
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: list[Received] = []
        self.connections = 0
        self.completed = 0

    @property
    def bytes_sent(self) -> int:
        return self._sent[0]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        # Whoever waits in accept() is woken by one connection more.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._threads[0].join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stop.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            with self._lock:
                self.connections += 1
                self._open.append(connection)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            while (request := _read(stream)) is not None:
                with self._lock:
                    script = self._scripts[min(len(self.requests), len(self._scripts) - 1)]
                    self.requests.append(request)
                if not script(Exchange(connection, self._stop, self._sent)):
                    break
                self.completed += 1


def _read(stream: Any) -> Received | None:
    line = stream.readline().decode("latin-1")
    if not line.strip():
        return None
    if not line.endswith("HTTP/1.1\r\n"):
        return Received("", "", {}, b"")
    method, path, _ = line.split(" ", 2)
    headers: dict[str, str] = {}
    while text := stream.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Received(method, path, headers, stream.read(int(headers.get("content-length", "0"))))


def message(status: int, body: bytes, headers: Headers | None = None, *, length: int | None = None) -> bytes:
    """An answer as it stands on the wire; `length` is the Content-Length it claims."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body) if length is None else length)}
    lines += [f"{name}: {value}" for name, value in (fields | dict(headers or {})).items() if value]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def answer(status: int, body: object = None, headers: Headers | None = None) -> Script:
    """A complete answer; `body` is bytes or what becomes JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return wire(message(status, content, headers))


def wire(content: bytes) -> Script:
    """Exactly these bytes, and the connection stays."""
    return lambda exchange: exchange.send(content)


def cut_off(content: bytes) -> Script:
    """Exactly these bytes, then the end of the connection."""

    def script(exchange: Exchange) -> bool:
        exchange.send(content)
        exchange.connection.shutdown(socket.SHUT_RDWR)
        return False

    return script


def reset(content: bytes = b"") -> Script:
    """These bytes, if any, then RST instead of an end."""

    def script(exchange: Exchange) -> bool:
        if content:
            exchange.send(content)
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return script


def drip(head: bytes, rest: bytes, pause: float = 0.01) -> Script:
    """`head` at once, then byte after byte of `rest`, each in time for a timeout that only limits the next byte."""

    def script(exchange: Exchange) -> bool:
        exchange.send(head)
        for number in range(len(rest)):
            if exchange.stop.wait(pause) or not exchange.send(rest[number : number + 1]):
                return False
        return True

    return script


def silence(exchange: Exchange) -> bool:
    """No answer, for as long as the server lives."""
    exchange.stop.wait()
    return False


def flood(head: bytes, chunk: bytes = b"x" * 65_536) -> Script:
    """`head`, then as much as the other side takes."""

    def script(exchange: Exchange) -> bool:
        listening = exchange.send(head)
        while listening and not exchange.stop.is_set():
            listening = exchange.send(chunk)
        return False

    return script
