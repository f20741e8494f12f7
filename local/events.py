"""Translates between HTTP and what functions see: payload format 2.0 of API Gateway HTTP APIs, both ways."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.template import Route

ACCOUNT = "123456789012"
API_ID = "local"
STAGE = "$default"
TEXT_TYPES = {"application/javascript", "application/json", "application/xml"}
# The connection's own business, which a function cannot set.
CONNECTION_HEADERS = {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class MalformedResultError(Exception):
    """A function's result is no response of payload format 2.0."""


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came: `target` as in the request line, `fields` the header lines in order."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    protocol: str = "HTTP/1.1"

    @property
    def path(self) -> str:
        """The path, percent-encoded as it came."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @cached_property
    def headers(self) -> dict[str, str]:
        """Lower-case names; the values of repeated headers joined by commas."""
        return _joined((name.lower(), value) for name, value in self.fields)


@dataclass(frozen=True)
class Response:
    """An HTTP response; `headers` may hold set-cookie more than once."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default=())


def event(
    request: Request, route: Route, parameters: Mapping[str, str], claims: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The event for a function; `claims` are those of the token, None on a route without authorizer."""
    headers = {**request.headers, "content-length": str(len(request.body))}
    cookies = headers.pop("cookie", None)
    headers.pop("transfer-encoding", None)
    host = headers.get("host", "")
    hops = [headers["x-forwarded-for"]] if "x-forwarded-for" in headers else []
    headers["x-forwarded-for"] = ", ".join([*hops, request.source_ip])
    headers["x-forwarded-port"] = host.rpartition(":")[2] if ":" in host else "80"
    headers["x-forwarded-proto"] = "http"
    now = time.time()
    headers["x-amzn-trace-id"] = f"Root=1-{int(now):08x}-{secrets.token_hex(12)}"
    path = unquote(request.path)
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "domainName": host.partition(":")[0],
        "domainPrefix": host.partition(":")[0].partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": base64.b64encode(secrets.token_bytes(11)).decode(),
        "routeKey": route.key,
        "stage": STAGE,
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }
    if claims is not None:
        texts = {name: claim_text(value) for name, value in claims.items()}
        context["authorizer"] = {"jwt": {"claims": texts, "scopes": list(route.scopes) or None}}
    result: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if cookies is not None:
        result["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if request.query:
        result["queryStringParameters"] = _joined(parse_qsl(request.query, keep_blank_values=True))
    if parameters:
        result["pathParameters"] = dict(parameters)
    if request.body:
        result |= _body(request)
    return result


def claim_text(value: object) -> str:
    """A claim as an HTTP API passes it on: always text, `[a b]` for an array."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(claim_text(item) for item in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{claim_text(item)}' for name, item in sorted(value.items()))}]"
    return "<nil>" if value is None else str(value)


def response(result: object) -> Response:
    """The HTTP response for a function's result; one without a statusCode is a 200 with the result as JSON.

    Raises MalformedResultError.
    """
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        return Response(200, text.encode(), (("content-type", "application/json"),))
    status = result["statusCode"]
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedResultError(f"statusCode {status!r}")
    headers = _response_headers(result.get("headers") or {})
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedResultError("cookies must be a list of text")
    headers.setdefault("content-type", "text/plain;charset=UTF-8")
    fields = [*headers.items(), *(("set-cookie", cookie) for cookie in cookies)]
    if not all(HEADER_NAME.fullmatch(name) and HEADER_VALUE.fullmatch(value) for name, value in fields):
        raise MalformedResultError("a header cannot be written")
    return Response(status, _response_body(result), tuple(fields))


def _response_headers(given: object) -> dict[str, str]:
    if not isinstance(given, dict):
        raise MalformedResultError("headers must be an object")
    if not all(isinstance(value, str | int | float) for value in given.values()):
        raise MalformedResultError("a header must be text, a number or a boolean")
    headers = {name.lower(): claim_text(value) for name, value in given.items()}
    return {name: value for name, value in headers.items() if name not in CONNECTION_HEADERS}


def _response_body(result: Mapping[str, Any]) -> bytes:
    text = result.get("body") or ""
    if not isinstance(text, str):
        raise MalformedResultError("body must be text")
    if not result.get("isBase64Encoded"):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedResultError("body is not base64") from error


def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in TEXT_TYPES or kind.startswith("text/"):
        return {"body": request.body.decode("utf-8", "replace")}
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
