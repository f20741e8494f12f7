"""What functions see of a request: payload format 2.0, over a real socket."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from local.events import claim_text
from tests.local.served import AUDIENCE, ISSUER

if TYPE_CHECKING:
    from tests.local.served import Gateway


def test_a_request_becomes_an_event_of_payload_format_2(gateway: Gateway) -> None:
    before = time.time()
    event = gateway.event("GET", "/things/a1?x=1&y=two", ("User-Agent", "test/1"), ("X-Custom", "V"))
    context = event.pop("requestContext")
    headers = event.pop("headers")

    assert event == {
        "version": "2.0",
        "routeKey": "GET /things/{id}",
        "rawPath": "/things/a1",
        "rawQueryString": "x=1&y=two",
        "queryStringParameters": {"x": "1", "y": "two"},
        "pathParameters": {"id": "a1"},
        "isBase64Encoded": False,
    }
    assert headers["x-custom"] == "V"
    assert headers["host"] == f"127.0.0.1:{gateway.port}"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == str(gateway.port)
    assert headers["content-length"] == "0"
    assert context["http"] == {
        "method": "GET",
        "path": "/things/a1",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test/1",
    }
    assert context["accountId"] == "123456789012"
    assert context["apiId"] == "local"
    assert (context["domainName"], context["domainPrefix"]) == ("127.0.0.1", "127")
    assert context["routeKey"] == "GET /things/{id}"
    assert context["stage"] == "$default"
    assert len(context["requestId"]) == 16
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["time"])
    assert before * 1000 - 1 <= context["timeEpoch"] <= time.time() * 1000


def test_claims_arrive_as_text(gateway: Gateway) -> None:
    token = gateway.token(**{"cognito:groups": ["admin", "staff"], "email_verified": True, "level": 3})
    _, _, body = gateway.send("GET", "/things", token=token)
    jwt_context = json.loads(body)["requestContext"]["authorizer"]["jwt"]
    claims = jwt_context["claims"]
    assert jwt_context["scopes"] is None
    assert claims.pop("exp").isdigit()
    assert claims.pop("iat").isdigit()
    assert claims == {
        "sub": "alice",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "cognito:groups": "[admin staff]",
        "email_verified": "true",
        "level": "3",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [([], "[]"), ([["a"], 1, False], "[[a] 1 false]"), ({"b": 1, "a": [2]}, "map[a:[2] b:1]"), (None, "<nil>")],
)
def test_odd_claims_have_a_text_too(value: object, text: str) -> None:
    assert claim_text(value) == text


def test_a_route_without_authorizer_has_no_claims(gateway: Gateway) -> None:
    _, _, body = gateway.send("POST", "/open", body=b"", token="not checked here")
    assert "authorizer" not in json.loads(body)["requestContext"]


def test_repeated_headers_are_joined_in_lower_case(gateway: Gateway) -> None:
    event = gateway.event("GET", "/things", ("X-Many", "a"), ("x-many", "b, c"), ("X-MANY", "d"))
    assert event["headers"]["x-many"] == "a,b, c,d"


def test_a_forged_forwarding_header_stays_visible_as_one(gateway: Gateway) -> None:
    event = gateway.event("GET", "/things", ("X-Forwarded-For", "203.0.113.9"))
    assert event["headers"]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"


def test_cookies_are_a_list_and_no_header(gateway: Gateway) -> None:
    event = gateway.event("GET", "/things", ("Cookie", "a=1; b=2"))
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("a=1&a=2&b=3", {"a": "1,2", "b": "3"}),
        ("a=&b", {"a": "", "b": ""}),
        ("a=%20x%2By+z&%C3%A4=%C3%B6", {"a": " x+y z", "ä": "ö"}),
        ("a=1%2C2&a=3", {"a": "1,2,3"}),
        ("a=%FF", {"a": "�"}),
    ],
)
def test_query_values_are_decoded_and_joined(gateway: Gateway, query: str, parameters: dict[str, str]) -> None:
    event = gateway.event("GET", f"/things?{query}")
    assert event["queryStringParameters"] == parameters
    assert event["rawQueryString"] == query


def test_an_empty_query_leaves_no_parameters(gateway: Gateway) -> None:
    event = gateway.event("GET", "/things?")
    assert event["rawQueryString"] == ""
    assert "queryStringParameters" not in event


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        ("a%20b", "a b"),
        ("%C3%A4", "ä"),
        ("a%2Fb", "a/b"),
        ("..%2F..%2Fassets", "../../assets"),
        ("%00", "\0"),
        ("a+b", "a+b"),
        ("%zz", "%zz"),
        ("x" * 4000, "x" * 4000),
    ],
)
def test_a_path_parameter_is_one_decoded_segment(gateway: Gateway, segment: str, value: str) -> None:
    event = gateway.event("GET", f"/things/{segment}")
    assert event["pathParameters"] == {"id": value}
    assert event["rawPath"] == f"/things/{value}"


def test_several_path_parameters(gateway: Gateway) -> None:
    event = gateway.event("GET", "/things/a/parts/b")
    assert event["pathParameters"] == {"id": "a", "part": "b"}


def test_a_fixed_path_wins_over_a_parameter(gateway: Gateway) -> None:
    event = gateway.event("GET", "/things/fixed")
    assert event["routeKey"] == "GET /things/fixed"
    assert "pathParameters" not in event


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/xml",
        "application/javascript",
        "text/plain",
        "text/csv;header=present",
    ],
)
def test_a_text_type_arrives_as_text(gateway: Gateway, kind: str) -> None:
    event = gateway.event("POST", "/things", ("Content-Type", kind), body='{"a": "ä"}'.encode())
    assert event["body"] == '{"a": "ä"}'
    assert event["isBase64Encoded"] is False
    assert event["headers"]["content-length"] == "11"


@pytest.mark.parametrize(
    "kind",
    ["application/octet-stream", "application/x-www-form-urlencoded", "application/vnd.api+json", "video/mp4", None],
)
def test_every_other_type_arrives_base64(gateway: Gateway, kind: str | None) -> None:
    headers = [] if kind is None else [("Content-Type", kind)]
    body = b"\x00\xff{}"
    event = gateway.event("POST", "/things", *headers, body=body)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_an_empty_body_is_no_body(gateway: Gateway) -> None:
    event = gateway.event("POST", "/things", ("Content-Type", "application/json"), body=b"")
    assert "body" not in event
    assert event["isBase64Encoded"] is False


def test_a_compressed_body_stays_compressed(gateway: Gateway) -> None:
    headers = [("Content-Type", "application/octet-stream"), ("Content-Encoding", "gzip")]
    event = gateway.event("POST", "/things", *headers, body=b"not even gzip")
    assert base64.b64decode(event["body"]) == b"not even gzip"


def test_invalid_utf8_in_a_text_type_does_not_break_the_event(gateway: Gateway) -> None:
    event = gateway.event("POST", "/things", ("Content-Type", "application/json"), body=b'"\xff"')
    assert event["body"] == '"�"'
