"""Takes the ports of the stack, or says which variable moves the one that is in use."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


class PortInUseError(Exception):
    """Something else listens on a port of the stack; the text says how to move it."""


def listen(port: int, variable: str) -> socket.socket:
    """A listening socket on `port`, or on any free one for 0. Raises PortInUseError."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise PortInUseError(f"port {port} is in use: set {variable} to another one") from error


def check_free(port: int, variable: str) -> None:
    """Raise PortInUseError if something listens on `port`, which is 0 for any."""
    listen(port, variable).close()


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def url(port: int) -> str:
    return f"http://{HOST}:{port}"
