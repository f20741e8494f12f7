"""What the gateway answers by itself: routing, limits, errors, CORS."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from tests.local.served import ORIGIN, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.served import Gateway

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("GET", "/things/"),
        ("GET", "/things//parts/x"),
        ("GET", "/things/a/parts"),
        ("GET", "//things"),
        ("GET", "/Things"),
        ("DELETE", "/things"),
        ("HEAD", "/things"),
        ("PUT", "/open"),
        ("GET", "/thi%6Egs"),
        ("GET", "/things/%2e%2e/%00"),
        ("GET", "/_local/health"),
    ],
)
def test_an_unknown_route_is_a_404(gateway: Gateway, method: str, target: str) -> None:
    status, headers, body = gateway.send(method, target, token=gateway.token())
    assert status == 404
    assert headers["content-type"] == "application/json"
    assert method == "HEAD" or json.loads(body) == {"message": "Not Found"}


def test_ten_megabytes_are_the_most_a_body_may_have(gateway: Gateway) -> None:
    headers = [("Content-Type", "text/plain")]
    status, _, body = gateway.send("POST", "/open", headers, b"x" * (10 * MEGABYTE + 1))
    assert (status, json.loads(body)) == (413, {"message": "Request Entity Too Large"})
    exact = b"0" + b" " * (10 * MEGABYTE - 1)
    status, _, body = gateway.send("POST", "/result", [("Content-Type", "application/json")], exact)
    assert (status, body) == (200, b"0")


def test_a_body_without_a_length_is_limited_too(gateway: Gateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
        connection.sendall(b"POST /open HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b"x" * MEGABYTE + b"\r\n"
        for _ in range(11):
            connection.sendall(chunk)
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_a_length_reaches_the_function(gateway: Gateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
        connection.sendall(
            b"POST /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    event = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert event["body"] == "abc"
    assert event["headers"]["content-length"] == "3"
    assert "transfer-encoding" not in event["headers"]


def test_10240_bytes_are_the_most_line_and_headers_may_have(gateway: Gateway) -> None:
    def size(filler: int) -> int:
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
            start = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nX-Filler: \r\n"
            rest = filler - len(start)
            connection.sendall(start.replace(b"Filler: ", b"Filler: " + b"x" * rest) + b"\r\n")
            return int(connection.recv(64).split()[1])

    assert size(10_240) == 404
    assert size(10_241) == 431
    assert size(40_000) == 431


def test_a_function_that_fails_is_a_500(gateway: Gateway) -> None:
    body = json.dumps({"do": "fail", "message": "secret detail"}).encode()
    status, _, answer = gateway.send("POST", "/behave", [("Content-Type", "application/json")], body)
    assert (status, json.loads(answer)) == (500, {"message": "Internal Server Error"})


def test_a_function_that_cannot_be_loaded_is_a_500(gateway: Gateway) -> None:
    for _ in range(2):
        status, _, answer = gateway.send("POST", "/broken", body=b"")
        assert (status, json.loads(answer)) == (500, {"message": "Internal Server Error"})
    assert "No module named 'no_such_module'" in gateway.logs.path("BrokenFunction").read_text()


def test_the_gateway_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.host.CONCURRENCY", 1)
    body = json.dumps({"do": "sleep", "seconds": 1.4}).encode()
    with serve(tmp_path, integration_seconds=1) as gateway:
        status, _, answer = gateway.send("POST", "/behave", [("Content-Type", "application/json")], body)
        assert (status, json.loads(answer)) == (503, {"message": "Service Unavailable"})
        # The function was not disturbed, and its worker takes the next event.
        assert gateway.behave("calls")["calls"] == ["sleep", "calls"]


def test_a_preflight_is_answered_by_the_gateway(gateway: Gateway) -> None:
    asked = [("Origin", ORIGIN), ("Access-Control-Request-Method", "POST")]
    for target in ("/things", "/things/a/parts/b", "/no/such/route"):
        status, headers, body = gateway.send("OPTIONS", target, asked)
        assert (status, body) == (204, b"")
        assert headers["access-control-allow-origin"] == ORIGIN
        assert headers["access-control-allow-methods"] == "GET,POST"
        assert headers["access-control-allow-headers"] == "authorization,content-type"
        assert headers["access-control-max-age"] == "600"
        assert headers["access-control-allow-credentials"] is None


@pytest.mark.parametrize(
    "asked",
    [
        [("Origin", "https://evil.test"), ("Access-Control-Request-Method", "POST")],
        [("Origin", f"{ORIGIN}.evil.test"), ("Access-Control-Request-Method", "POST")],
        [("Origin", "null"), ("Access-Control-Request-Method", "POST")],
        [("Origin", ORIGIN)],
        [("Access-Control-Request-Method", "POST")],
        [],
    ],
)
def test_another_preflight_allows_nothing(gateway: Gateway, asked: list[tuple[str, str]]) -> None:
    status, headers, _ = gateway.send("OPTIONS", "/things", asked)
    assert status == 204
    assert not [name for name in headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    ("method", "target", "status"), [("GET", "/things", 401), ("GET", "/nothing", 404), ("POST", "/broken", 500)]
)
def test_errors_of_the_gateway_carry_cors_headers(gateway: Gateway, method: str, target: str, status: int) -> None:
    answered, headers, _ = gateway.send(method, target, [("Origin", ORIGIN)])
    assert answered == status
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["access-control-expose-headers"] == "retry-after"


def test_a_foreign_origin_gets_no_cors_headers(gateway: Gateway) -> None:
    status, headers, _ = gateway.send("GET", "/things", [("Origin", "https://evil.test")], token=gateway.token())
    assert status == 200
    assert headers["access-control-allow-origin"] is None


def test_cors_headers_of_a_function_are_ignored(gateway: Gateway) -> None:
    own = {"Access-Control-Allow-Origin": "*", "access-control-allow-credentials": "true"}
    _, headers, _ = gateway.result({"statusCode": 200, "headers": own})
    assert headers["access-control-allow-origin"] is None
    assert headers["access-control-allow-credentials"] is None
