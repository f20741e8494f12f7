"""Whatever a server does with its bytes, a call ends when its time is up, and says what that means."""

import json

import pytest

from mux_lifecycle.errors import MuxOutcomeUnknown, MuxUnavailable
from tests.client.conftest import CALLS, REPEATABLE, MakeClient
from tests.client.hostile import HostileServer, Script, drip, message, silence

SECONDS = 0.2
"""The deadline in these tests. The servers drip for ten times as long, then complete a perfectly good answer."""
GOOD = json.dumps(
    {"data": {"id": "a1", "status": "ready", "url": "https://example.com/u", "environment_id": "k3v9zq"}}
).encode()
LONG = GOOD + b" " * (300 - len(GOOD))


def _dripping(head: bytes, rest: bytes) -> Script:
    return drip(head, rest, pause=SECONDS * 10 / len(rest))


def _chunked(body: bytes) -> bytes:
    return b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"


FULL = message(200, LONG)
CLOSING = message(200, LONG, {"Connection": "close"})
UNBOUNDED = message(200, LONG, {"Connection": "close", "Content-Length": ""})
CHUNKED = message(200, b"", {"Transfer-Encoding": "chunked", "Content-Length": ""})
DRIPS: dict[str, Script] = {
    "the status line": _dripping(b"", b"HTTP/1.1 200 " + b"x" * 300 + b"\r\n\r\n"),
    "headers": _dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 50 + b"Content-Length: 0\r\n\r\n"),
    "one endless header": _dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 300 + b"\r\n\r\n"),
    "interim answers": _dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 12 + FULL),
    "the body": _dripping(FULL[: -len(LONG)], LONG),
    "the body, connection to be closed": _dripping(CLOSING[: -len(LONG)], LONG),
    "the body, length not said": _dripping(UNBOUNDED[: -len(LONG)], LONG),
    "the body, HTTP/1.0": _dripping(FULL[: -len(LONG)].replace(b"HTTP/1.1", b"HTTP/1.0"), LONG),
    "chunks": _dripping(CHUNKED, _chunked(GOOD)),
    "a chunk's extension": _dripping(CHUNKED, b"1;" + b"x" * 300 + b"\r\n \r\n0\r\n\r\n"),
    "trailers": _dripping(CHUNKED + b"%x\r\n%s\r\n0\r\n" % (len(GOOD), GOOD), b"X: y\r\n" * 50 + b"\r\n"),
    "nothing": silence,
}


@pytest.mark.parametrize("drips", DRIPS)
def test_a_dripping_server_does_not_hold_a_call_beyond_its_deadline(make_client: MakeClient, drips: str) -> None:
    with HostileServer(DRIPS[drips]) as server:
        mux = make_client(server.url, seconds=SECONDS)
        with pytest.raises(MuxUnavailable):
            mux.get_asset("a1")
        assert (len(server.requests), server.completed) == (1, 0)


@pytest.mark.parametrize("drips", DRIPS)
def test_a_create_that_ran_out_of_time_has_an_unknown_outcome(make_client: MakeClient, drips: str) -> None:
    with HostileServer(DRIPS[drips]) as server:
        mux = make_client(server.url, seconds=SECONDS)
        with pytest.raises(MuxOutcomeUnknown) as raised:
            mux.create_asset({"inputs": []})
        assert raised.value.retry_after == 60
        assert (len(server.requests), server.completed) == (1, 0)


@pytest.mark.parametrize("name", REPEATABLE)
def test_every_other_call_is_unavailable_after_its_deadline(make_client: MakeClient, name: str) -> None:
    with HostileServer(silence) as server:
        mux = make_client(server.url, seconds=0.15)
        with pytest.raises(MuxUnavailable):
            CALLS[name](mux)


def test_a_tls_handshake_that_never_ends_is_ended(make_client: MakeClient) -> None:
    with HostileServer(silence) as server:
        mux = make_client(server.url.replace("http:", "https:"), seconds=SECONDS)
        with pytest.raises(MuxUnavailable):
            mux.get_asset("a1")


def test_a_call_after_one_that_ran_out_of_time_has_its_whole_time_again(make_client: MakeClient) -> None:
    with HostileServer(DRIPS["the body"], drip(FULL[: -len(LONG)], LONG, pause=0)) as server:
        mux = make_client(server.url, seconds=SECONDS)
        with pytest.raises(MuxUnavailable):
            mux.get_asset("a1")
        assert mux.get_asset("a1")["id"] == "a1"
        assert server.connections == 2


def test_a_deadline_that_has_passed_does_not_touch_the_calls_that_come_after(make_client: MakeClient) -> None:
    """The connection of a call in time stays open for the next one, also when the first one's time is up by then."""
    slow = drip(FULL[: -len(LONG)], LONG, pause=0.0008)
    with HostileServer(drip(FULL[: -len(LONG)], LONG, pause=0), slow) as server:
        mux = make_client(server.url, seconds=0.2)
        assert mux.get_asset("a1")["id"] == "a1"
        slower = make_client(server.url, seconds=5)
        assert slower.get_asset("a1")["id"] == "a1"
        assert server.connections == 1
