"""HTTP with an end: urllib3's pools, whose calls stop at a total deadline, whatever the server drips.

A socket timeout only limits the wait for the next byte. Here a timer shuts the connection down when the time is up,
also in the middle of a TLS handshake, a header or a body.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

import certifi
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from types import TracebackType

_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """A context in which every connection of `pools()` is shut down once `seconds` have passed."""

    def __init__(self, seconds: float) -> None:
        self._ends = monotonic() + seconds
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _current.reset(self._token)
        with self._lock:
            while self._watched:
                self._watched.pop().close()

    @property
    def remaining(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self._ends - monotonic())

    def watch(self, connection: socket.socket) -> None:
        """Shut `connection` down when the time is up, or at once if it is.

        The deadline keeps a handle of its own: http.client closes the connection's while a last body is still read.
        """
        with self._lock:
            self._watched.append(socket.socket(fileno=os.dup(connection.fileno())))
        if not self.remaining:
            self._expire()

    def _expire(self) -> None:
        with self._lock:
            for connection in self._watched:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Watched:
    """Mixin for urllib3 connections: keeps a second handle on the socket, so that TLS wrapping cannot hide it."""

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        connection: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._release()
        self._handle = socket.socket(fileno=os.dup(connection.fileno()))
        self._watch()
        return connection

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._watch()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        self._release()

    def _watch(self) -> None:
        deadline = _current.get()
        if deadline and self._handle:
            deadline.watch(self._handle)

    def _release(self) -> None:
        if self._handle:
            self._handle.close()
            self._handle = None


class _Connection(_Watched, HTTPConnection):
    pass


class _SecureConnection(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def pools() -> PoolManager:
    """Connections, one to each host, that obey the surrounding `Deadline`. They keep no cookies and use no proxies."""
    made = PoolManager(ca_certs=certifi.where())
    made.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return made
