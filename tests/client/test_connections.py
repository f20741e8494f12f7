"""Where requests go and over which connections: nowhere but to Mux, one at a time, none left behind."""

import contextlib
import gc
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mux_lifecycle.errors import LifecycleError, MuxMalformed, MuxOutcomeUnknown, MuxUnavailable
from mux_lifecycle.mux import client as client_module
from mux_lifecycle.mux import transport
from mux_lifecycle.mux.client import MuxClient
from tests.client.conftest import CALLS, REPEATABLE, MakeClient, Tokens, good
from tests.client.hostile import Exchange, HostileServer, Script, answer, cut_off, drip, message, reset, silence

ASSET = {"data": {"id": "a1"}}
GOOD = answer(200, ASSET)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize("name", CALLS)
def test_without_a_connection_nothing_was_sent_and_the_call_may_be_repeated(
    make_client: MakeClient, naps: list[float], closed_port: int, name: str
) -> None:
    with pytest.raises(MuxUnavailable):
        CALLS[name](make_client(f"http://127.0.0.1:{closed_port}"))
    assert len(naps) == 1


def test_a_create_whose_repeat_was_lost_has_an_unknown_outcome(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    """The first attempt finds nobody, the second somebody who does not answer."""
    server = HostileServer(reset())
    mux = make_client(f"http://127.0.0.1:{closed_port}")

    def open_for_business(_: float) -> None:
        mux._base_url = server.url

    monkeypatch.setattr(client_module, "sleep", open_for_business)
    with server, pytest.raises(MuxOutcomeUnknown):
        mux.create_asset({})
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ["create_asset", "get_asset", "delete_asset"])
def test_a_redirect_is_not_followed(make_client: MakeClient, name: str, status: int) -> None:
    with HostileServer(GOOD) as elsewhere, HostileServer(answer(status, ASSET, {"Location": elsewhere.url})) as server:
        with pytest.raises(MuxMalformed):
            CALLS[name](make_client(server.url))
        assert len(server.requests) == 1
        assert elsewhere.connections == 0


def test_neither_proxies_nor_netrc_nor_certificates_come_from_the_environment(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with HostileServer(GOOD) as proxy, HostileServer(GOOD) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        make_client(server.url).get_asset("a1")
        assert proxy.connections == 0
        [request] = server.requests
    assert request.headers["authorization"] == "Basic dG9rZW4taWQtMDAwMTp0b2tlbi1zZWNyZXQtMDAwMQ=="


def test_a_cookie_is_not_sent_back(make_client: MakeClient) -> None:
    """The process serves one owner after the other and keeps nothing of theirs, nor of Mux's."""
    with HostileServer(answer(200, ASSET, {"Set-Cookie": "session=1; Path=/"})) as server:
        mux = make_client(server.url)
        mux.get_asset("a1")
        mux.get_asset("a1")
        assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize("name", CALLS)
def test_a_request_says_that_it_wants_plain_json(make_client: MakeClient, name: str) -> None:
    with HostileServer(good(name)) as server:
        CALLS[name](make_client(server.url))
        headers = server.requests[0].headers
    assert (headers["accept"], headers["accept-encoding"]) == ("application/json", "identity")
    assert headers.get("content-type", "application/json") == "application/json"


def test_calls_share_a_connection(make_client: MakeClient) -> None:
    with HostileServer(*map(good, CALLS)) as server:
        mux = make_client(server.url)
        for call in CALLS.values():
            call(mux)
        assert server.connections == 1
        assert len(server.requests) == len(CALLS)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(cut_off(message(200, b'{"data": {"id": "a1"}}')), id="silently closed"),
        pytest.param(
            cut_off(message(200, b'{"data": {"id": "a1"}}', {"Connection": "close"})), id="closed as announced"
        ),
    ],
)
def test_a_create_after_the_connection_was_closed_takes_a_new_one(make_client: MakeClient, first: Script) -> None:
    with HostileServer(first, GOOD) as server:
        mux = make_client(server.url)
        mux.get_asset("a1")
        time.sleep(0.05)
        assert mux.create_asset({})["id"] == "a1"
        assert (server.connections, len(server.requests)) == (2, 2)


def test_a_create_does_not_trust_a_connection_that_was_idle_for_long(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function may be frozen for minutes; what went on outside meanwhile shows only when the answer is lost."""
    with HostileServer(GOOD) as server:
        mux = make_client(server.url)
        mux.get_asset("a1")
        monkeypatch.setattr(client_module, "monotonic", lambda: time.monotonic() + 60)
        mux.create_asset({})
        assert server.connections == 2


@pytest.mark.parametrize("broken", [reset(), answer(503), cut_off(message(200, b"x", length=9))])
def test_after_a_failure_the_next_call_takes_a_new_connection(
    make_client: MakeClient, naps: list[float], broken: Script
) -> None:
    with HostileServer(broken, GOOD) as server:
        mux = make_client(server.url, calls=1)
        with pytest.raises(LifecycleError):
            mux.get_asset("a1")
        mux.get_asset("a1")
        assert server.connections == 2


class AskedFirst:
    """A toll that allows all."""

    def __init__(self, order: list[str]) -> None:
        self._order = order

    def __call__(self, _method: str) -> None:
        self._order.append("asked")

    def reserve(self, *, posts: int = 0, others: int = 0) -> None:
        raise AssertionError("no call here takes more than one")


@pytest.mark.parametrize("name", REPEATABLE)
def test_every_call_asks_for_its_share_of_the_rate_limit_first(make_client: MakeClient, name: str) -> None:
    order: list[str] = []

    def script(exchange: Exchange) -> bool:
        order.append("sent")
        return good(name)(exchange)

    with HostileServer(script) as server:
        CALLS[name](make_client(server.url, toll=AskedFirst(order)))
    assert order == ["asked", "sent"]


HARD_TIMES: dict[str, Script] = {
    "good": GOOD,
    "closing": answer(200, ASSET, {"Connection": "close"}),
    "failing": answer(500),
    "reset": reset(),
    "half": cut_off(message(200, b"{", length=10)),
    "refused": answer(400, {"error": {"messages": ["no"]}}),
    "too long": answer(200, b" " * 5_000_000),
    "silent": silence,
    "dripping": drip(message(200, b"", length=1000), b" " * 1000),
    "dripping and closing": drip(message(200, b"", {"Connection": "close"}, length=1000), b" " * 1000),
}


@pytest.mark.parametrize("times", HARD_TIMES)
def test_no_thread_and_no_socket_stays_behind(times: str) -> None:
    threads, files = _threads(), _open_files()
    with HostileServer(HARD_TIMES[times]) as server, transport.pools() as pools:
        _call_often(MuxClient(pools, server.url, Tokens(), calls=1, seconds=0.05))
    _wait_for(lambda: _threads() <= threads)
    assert _threads() <= threads
    assert _open_files() <= files


@pytest.mark.parametrize("times", HARD_TIMES)
def test_one_connection_at_most_is_kept_whatever_happened_before(times: str) -> None:
    threads, files = _threads(), _open_files()
    with transport.pools() as pools:
        with HostileServer(HARD_TIMES[times]) as server:
            _call_often(MuxClient(pools, server.url, Tokens(), calls=1, seconds=0.05))
        _wait_for(lambda: _threads() <= threads)
        assert _threads() <= threads
        # The connection, and the handle by which a deadline reaches it.
        assert _open_files() <= files + 2


def _call_often(mux: MuxClient) -> None:
    for _ in range(4):
        with contextlib.suppress(LifecycleError):
            mux.get_asset("a1")


def _threads() -> int:
    return threading.active_count()


def _open_files() -> int:
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


def _wait_for(ended: Callable[[], bool]) -> None:
    """A thread that was told to end needs a moment."""
    ends = time.monotonic() + 2
    while not ended() and time.monotonic() < ends:
        time.sleep(0.005)
