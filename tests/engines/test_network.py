"""The line that the browsers use does to requests what a test asks of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import requests

from tests.engines.network import Network

if TYPE_CHECKING:
    from collections.abc import Iterator


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent, and remembers it."""

    heard: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(body)
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Print nothing."""


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as running:
        yield running


@pytest.fixture
def heard() -> list[bytes]:
    return []


@pytest.fixture
def url(heard: list[bytes]) -> Iterator[str]:
    handler = type("Handler", (Echo,), {"heard": heard})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/echo"
        server.shutdown()
        thread.join()


def send(network: Network, url: str, body: bytes) -> requests.Response:
    return requests.post(url, data=body, proxies={"http": f"http://127.0.0.1:{network.port}"}, timeout=30)


def test_what_is_sent_arrives_and_is_answered_and_noted(network: Network, url: str, heard: list[bytes]) -> None:
    answer = send(network, url, b"x" * 100_000)
    assert (answer.status_code, len(answer.content)) == (201, 100_000)
    assert heard == [b"x" * 100_000]
    [noted] = network.asked("/echo")
    assert (noted.method, noted.path, noted.status, noted.size) == ("POST", "/echo", 201, 100_000)


def test_a_lost_answer_is_to_something_that_was_done(network: Network, url: str, heard: list[bytes]) -> None:
    network.faults.loss = 1
    with pytest.raises(requests.ConnectionError):
        send(network, url, b"done")
    assert heard == [b"done"]
    assert network.lost == 1


def test_nothing_arrives_over_a_dead_line(network: Network, url: str, heard: list[bytes]) -> None:
    network.faults.offline = True
    with pytest.raises(requests.ConnectionError):
        send(network, url, b"never")
    network.faults.offline = False
    assert send(network, url, b"again").content == b"again"
    assert heard == [b"again"]


def test_answers_overtake_each_other_on_an_uneven_line(network: Network, url: str) -> None:
    network.faults.spread = 0.3
    order: list[int] = []

    def ask(number: int) -> None:
        send(network, url, str(number).encode())
        order.append(number)

    with ThreadPoolExecutor(10) as callers:
        list(callers.map(ask, range(10)))
    assert sorted(order) == list(range(10))
    assert order != sorted(order)


def test_a_request_to_another_machine_is_refused_and_noted(network: Network) -> None:
    proxies = {"http": f"http://127.0.0.1:{network.port}"}
    assert requests.get("http://www.example.com/", proxies=proxies, timeout=30).status_code == 403
    assert network.foreign == ["http://www.example.com/"]
