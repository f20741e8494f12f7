"""What the gateway makes of a function's result."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local.served import Gateway


def test_status_headers_cookies_and_body_are_passed_on(gateway: Gateway) -> None:
    status, headers, body = gateway.result(
        {
            "statusCode": 201,
            "headers": {"Content-Type": "text/html", "X-Number": 5, "X-Yes": True},
            "cookies": ["a=1; Secure", "b=2"],
            "body": "<ä>",
        }
    )
    assert (status, body) == (201, "<ä>".encode())
    assert headers["content-type"] == "text/html"
    assert (headers["x-number"], headers["x-yes"]) == ("5", "true")
    assert headers.get_all("set-cookie") == ["a=1; Secure", "b=2"]
    assert headers["apigw-requestid"]


def test_a_base64_body_is_decoded(gateway: Gateway) -> None:
    body = base64.b64encode(b"\x00\xff").decode()
    result = {"statusCode": 200, "isBase64Encoded": True, "body": body}
    assert gateway.result(result)[2] == b"\x00\xff"


def test_without_a_content_type_it_is_text(gateway: Gateway) -> None:
    _, headers, body = gateway.result({"statusCode": 200, "body": "plain"})
    assert headers["content-type"] == "text/plain;charset=UTF-8"
    assert body == b"plain"


def test_no_content_stays_empty(gateway: Gateway) -> None:
    status, _, body = gateway.result({"statusCode": 204})
    assert (status, body) == (204, b"")


@pytest.mark.parametrize(
    ("result", "body"),
    [({"a": [1]}, b'{"a": [1]}'), ([1], b"[1]"), ("text", b"text"), (7, b"7"), (None, b"null"), ({}, b"{}")],
)
def test_a_result_without_a_status_is_a_200_with_json(gateway: Gateway, result: object, body: bytes) -> None:
    status, headers, answer = gateway.result(result)
    assert (status, answer) == (200, body)
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "ok"},
        {"statusCode": True},
        {"statusCode": None},
        {"statusCode": 99},
        {"statusCode": 700},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": {"b": "c"}}},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"": "c"}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": [1]},
        {"statusCode": 200, "isBase64Encoded": True, "body": "%%%"},
        {"statusCode": 200, "isBase64Encoded": True, "body": "ä"},
    ],
)
def test_a_malformed_result_is_a_500(gateway: Gateway, result: object) -> None:
    status, headers, body = gateway.result(result)
    assert status == 500
    assert json.loads(body) == {"message": "Internal Server Error"}
    assert headers["content-type"] == "application/json"


def test_a_function_cannot_set_headers_of_the_connection(gateway: Gateway) -> None:
    _, headers, body = gateway.result(
        {"statusCode": 200, "headers": {"Content-Length": "3", "Transfer-Encoding": "x"}, "body": "longer"}
    )
    assert body == b"longer"
    assert headers["content-length"] == "6"
    assert headers["transfer-encoding"] is None
