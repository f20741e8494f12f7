"""The HTTP edge: an API Gateway event (payload 2.0) becomes a Request, a result or error becomes a response.

Only this module knows status codes. What is not in its table escapes on purpose: API Gateway answers 500, Lambda
counts an error and the alarm rings.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from mux_lifecycle import bearer, errors, strict_json
from mux_lifecycle.config import AdminConfig
from mux_lifecycle.identifiers import is_identifier
from mux_lifecycle.mux.tag import is_owner
from mux_lifecycle.refusals import Refusals
from mux_lifecycle.telemetry import Count, count, flush, logger

type Json = dict[str, Any]
type Event = Mapping[str, Any]

MAX_BODY_BYTES: Final = 65_536
_IDEMPOTENCY_KEY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
_MAX_QUERY: Final = 4096

_STATUS: Final[dict[type[errors.LifecycleError], tuple[HTTPStatus, str]]] = {
    errors.InvalidRequest: (HTTPStatus.BAD_REQUEST, "invalid_parameters"),
    errors.Unauthenticated: (HTTPStatus.UNAUTHORIZED, "unauthorized"),
    errors.InvalidSignature: (HTTPStatus.UNAUTHORIZED, "unauthorized"),
    errors.Forbidden: (HTTPStatus.FORBIDDEN, "forbidden"),
    errors.NotFound: (HTTPStatus.NOT_FOUND, "not_found"),
    errors.Conflict: (HTTPStatus.CONFLICT, "conflict"),
    errors.PayloadTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "payload_too_large"),
    errors.UnsupportedMediaType: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
    errors.IdempotencyMismatch: (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_mismatch"),
    errors.QuotaExceeded: (HTTPStatus.TOO_MANY_REQUESTS, "quota_exceeded"),
    errors.TooManyRequests: (HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"),
    errors.MuxRefused: (HTTPStatus.BAD_GATEWAY, "mux_refused"),
    errors.MuxNotFound: (HTTPStatus.BAD_GATEWAY, "mux_refused"),
    errors.WrongEnvironment: (HTTPStatus.BAD_GATEWAY, "mux_refused"),
    errors.MuxMalformed: (HTTPStatus.BAD_GATEWAY, "mux_malformed"),
    errors.InProgress: (HTTPStatus.SERVICE_UNAVAILABLE, "in_progress"),
    errors.StoreUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    errors.SecretUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    errors.MuxUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "mux_unavailable"),
    errors.MuxRateLimited: (HTTPStatus.SERVICE_UNAVAILABLE, "mux_busy"),
    errors.MuxOutcomeUnknown: (HTTPStatus.SERVICE_UNAVAILABLE, "outcome_unknown"),
}

# Trouble with a call to Mux is counted where the call is made. A refusal is not: many are somebody's ordinary day.
_COUNTED: Final[dict[type[errors.LifecycleError], Count]] = {
    errors.MuxRefused: "MuxRefused",
    errors.MuxNotFound: "MuxRefused",
    errors.WrongEnvironment: "MuxRefused",
    errors.StoreUnavailable: "StoreUnavailable",
    errors.SecretUnavailable: "SecretUnavailable",
}


class Request(NamedTuple):
    """One request, as far as it is ours to read. Header names are lower-case; `path` holds the route's parameters."""

    headers: Mapping[str, str]
    path: Mapping[str, str]
    raw_query: str
    body: bytes
    claims: Mapping[str, Any] | None

    @property
    def owner(self) -> str:
        """The caller's `sub`; Unauthenticated without an authorizer's claims, Forbidden if it cannot own anything."""
        if self.claims is None:
            raise errors.Unauthenticated("sign in first")
        subject = self.claims.get("sub")
        if not isinstance(subject, str) or not is_owner(subject):
            raise errors.Forbidden("the token's sub must be 1 to 128 visible ASCII characters without #")
        return subject

    def is_admin(self, admin: AdminConfig) -> bool:
        """Whether the caller is a member of the admin group."""
        claims = self.claims or {}
        # Nearly everybody is no administrator, and the flattened claim shows it: their token is not read again.
        if admin.group not in str(claims.get(admin.groups_claim, "")):
            return False
        return admin.group in bearer.groups(self.headers.get("authorization", ""), claims, admin.groups_claim)

    def owner_or_admin(self, admin: AdminConfig) -> str | None:
        """The caller's `sub`, or None for a member of the admin group, who may see and do everything."""
        owner = self.owner
        return None if self.is_admin(admin) else owner

    def id(self, name: str = "id") -> str:
        """The path parameter `name`; what cannot be an id is not found."""
        value = self.path.get(name)
        if not is_identifier(value):
            raise errors.NotFound("no such object")
        return value

    def query(self, *allowed: str) -> dict[str, str]:
        """The query; InvalidRequest when a parameter is unknown or repeated."""
        if len(self.raw_query) > _MAX_QUERY:
            raise errors.InvalidRequest("query: too long")
        try:
            pairs = parse_qsl(self.raw_query, keep_blank_values=True, errors="strict", max_num_fields=20)
        except ValueError as error:
            raise errors.InvalidRequest("query: not valid") from error
        names = [name for name, _ in pairs]
        unknown = [f"unknown parameter {errors.quoted(name)}: remove it" for name in sorted({*names} - {*allowed})]
        repeated = [f"{name}: give it once" for name in sorted({*names} & {*allowed}) if names.count(name) > 1]
        if unknown or repeated:
            raise errors.InvalidRequest(*unknown, *repeated)
        return dict(pairs)

    def json(self) -> Json:
        """The body as a JSON object; an empty body is an empty object."""
        if len(self.body) > MAX_BODY_BYTES:
            raise errors.PayloadTooLarge(f"body: at most {MAX_BODY_BYTES} bytes")
        if not self.body:
            return {}
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise errors.UnsupportedMediaType("send JSON with Content-Type: application/json")
        try:
            body = strict_json.parse(self.body)
        except ValueError as error:
            raise errors.InvalidRequest("body: not valid JSON") from error
        if not isinstance(body, dict):
            raise errors.InvalidRequest("body: must be a JSON object")
        return body

    def cors_origin(self, allowed: tuple[str, ...]) -> str:
        """The site that asks, if it may; the first allowed one for a caller that is no browser."""
        origin = self.headers.get("origin")
        if origin is None:
            return allowed[0]
        if origin not in allowed:
            raise errors.Forbidden("this origin may not change anything here")
        return origin

    def idempotency_key(self) -> str:
        """The caller's Idempotency-Key, or `""`."""
        key = self.headers.get("idempotency-key", "")
        if "idempotency-key" in self.headers and not _IDEMPOTENCY_KEY.fullmatch(key):
            raise errors.InvalidRequest("Idempotency-Key: must be 1 to 255 visible ASCII characters")
        return key


class Response(NamedTuple):
    """An answer: `body` is JSON text, or None for none."""

    status: HTTPStatus
    body: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})


def encoded(value: object) -> str:
    """JSON text without escapes that UTF-8 makes needless: they would treble what a title in Japanese takes.

    Half of a surrogate pair, which UTF-8 cannot hold, becomes a question mark.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def ok(data: object) -> Response:
    return Response(HTTPStatus.OK, encoded({"data": data}))


def created(data: object) -> Response:
    return Response(HTTPStatus.CREATED, encoded({"data": data}))


def accepted(data: object) -> Response:
    return Response(HTTPStatus.ACCEPTED, encoded({"data": data}))


def no_content() -> Response:
    return Response(HTTPStatus.NO_CONTENT)


def page(entries: list[str], next_cursor: str | None, **headers: str) -> Response:
    """A list whose entries are `encoded` already."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = f'{{"data":[{",".join(entries)}],"next_cursor":{encoded(next_cursor)}}}'
    return Response(HTTPStatus.OK, body, named)


type Action = Callable[[Request], Response]


def handler(
    action: Action | Mapping[str, Action], *, refusals: Callable[[], Refusals] | None = None
) -> Callable[[Event, object], Json]:
    """The Lambda entry point that runs `action`, or the action of the event's route (`{"GET /gallery": …}`).

    A route that anybody may call has `refusals`, which spare the log what strangers can repeat.
    """

    def handle(event: Event, _context: object) -> Json:
        route = str(event.get("routeKey"))
        told = 1
        try:
            chosen = action.get(route) if isinstance(action, Mapping) else action
            if chosen is None:
                raise errors.NotFound("no such route")
            response = chosen(_request(event))
            if refusals:
                refusals().settle()
        except errors.LifecycleError as error:
            response = _error_response(error)
            if refusals and response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                told = refusals().note()
            if told:
                fields: Json = {"times": told} if told > 1 else {}
                logger.info("request refused", error=type(error).__name__, status=int(response.status), **fields)
        finally:
            flush()
        if told:
            logger.info("request handled", route=route, status=int(response.status), request_id=_request_id(event))
        return _gateway_response(response)

    return handle


def _request(event: Event) -> Request:
    headers = event.get("headers") or {}
    return Request(
        headers={str(name).lower(): str(value) for name, value in headers.items()},
        path=event.get("pathParameters") or {},
        raw_query=str(event.get("rawQueryString") or ""),
        body=_body(event),
        claims=_claims(event),
    )


def _body(event: Event) -> bytes:
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise errors.InvalidRequest("body: not readable")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidRequest("body: not valid base64") from error


def _claims(event: Event) -> Mapping[str, Any] | None:
    """The claims that API Gateway's JWT authorizer verified; None where the route has none."""
    found: object = event
    for name in ("requestContext", "authorizer", "jwt", "claims"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _request_id(event: Event) -> str:
    context = event.get("requestContext")
    return str(context.get("requestId", "")) if isinstance(context, Mapping) else ""


def _error_response(error: errors.LifecycleError) -> Response:
    if type(error) not in _STATUS:
        raise error
    status, name = _STATUS[type(error)]
    if type(error) in _COUNTED:
        count(_COUNTED[type(error)])
    headers = {}
    if isinstance(error, errors.TemporarilyUnavailable):
        headers["retry-after"] = str(error.retry_after)
    # One body for every 401: an attacker learns nothing from the reason.
    messages = ["Unauthorized"] if status == HTTPStatus.UNAUTHORIZED else error.messages
    return Response(status, encoded({"error": {"type": name, "messages": messages}}), headers)


def _gateway_response(response: Response) -> Json:
    answer: Json = {
        "statusCode": int(response.status),
        "headers": {"cache-control": "no-store", "x-content-type-options": "nosniff"} | dict(response.headers),
    }
    if response.body is not None:
        answer["headers"] |= {"content-type": "application/json"}
        answer["body"] = response.body
    return answer
