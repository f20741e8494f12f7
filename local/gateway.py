"""An API Gateway HTTP API on aiohttp: limits, CORS, routing, authorizer, function, in that order.

What AWS answers by itself is answered here, in its words; what a function says passes through `events`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from local import cors, events
from local.authorizer import ForbiddenError, TokenVerifier, UnauthorizedError
from local.doors import by_its_name
from local.worker import FunctionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from local.template import CorsConfiguration, Route, Template

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
    Invoke = Callable[[str, object], Awaitable[Any]]

PAYLOAD_LIMIT = 10 * 1024 * 1024
HEADER_LIMIT = 10_240
INTEGRATION_SECONDS = 30.0
# What API Gateway refuses as too long must still get through the parser to be refused here.
PARSER_LIMIT = 64 * 1024


def application_runner(handler: Handler, control: web.Application | None = None) -> web.AppRunner:
    """A server that hands every request to `handler` as it came, those below /_local/ to `control`."""
    app = web.Application(client_max_size=PAYLOAD_LIMIT, middlewares=[by_its_name])
    if control is not None:
        app.add_subapp("/_local/", control)
    app.router.add_route("*", "/{path:.*}", handler)
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        max_field_size=PARSER_LIMIT,
        max_line_size=PARSER_LIMIT,
        shutdown_timeout=1,
    )


class _Refusal(Exception):
    """The gateway's own answer in place of a function's."""

    def __init__(self, status: int, message: str, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        body = json.dumps({"message": message}, separators=(",", ":")).encode()
        self.response = events.Response(status, body, (("content-type", "application/json"), *headers))


class HttpApi:
    """The HTTP API of a template. `invoke` runs a function (logical id) on an event; `keys` are the issuer's.

    `integration_seconds` is how long the gateway waits for a function.
    """

    def __init__(
        self,
        template: Template,
        invoke: Invoke,
        keys: Mapping[str, RSAPublicKey],
        integration_seconds: float = INTEGRATION_SECONDS,
    ) -> None:
        self._routes = sorted(template.routes, key=_generality)
        self._cors = template.cors
        self._verifiers = {name: TokenVerifier(authorizer, keys) for name, authorizer in template.authorizers.items()}
        self._invoke = invoke
        self._seconds = integration_seconds
        self._running: set[asyncio.Future[Any]] = set()

    async def handle(self, incoming: web.Request) -> web.Response:
        """Answer one request; the aiohttp application's catch-all handler."""
        fields = tuple((_text(name), _text(value)) for name, value in incoming.raw_headers)
        target = _text(incoming.raw_path.encode("utf-8", "surrogateescape"))
        request = events.Request(incoming.method, target, fields, b"", incoming.remote or "", _protocol(incoming))
        try:
            answer = await self._answer(request, incoming)
        except _Refusal as refusal:
            answer = refusal.response
        headers = [*answer.headers, ("apigw-requestid", secrets.token_urlsafe(12))]
        if self._cors:
            headers = [(name, value) for name, value in headers if not cors.is_cors_header(name)]
            headers += self._cors_headers(self._cors, request).items()
        outgoing = web.Response(status=answer.status, body=answer.body)
        for name, value in headers:
            outgoing.headers.add(name, value)
        return outgoing

    @staticmethod
    def _cors_headers(configuration: CorsConfiguration, request: events.Request) -> dict[str, str]:
        if request.method == "OPTIONS":
            return cors.preflight_headers(configuration, request.headers)
        return cors.response_headers(configuration, request.headers)

    async def _answer(self, request: events.Request, incoming: web.Request) -> events.Response:
        if _header_bytes(request) > HEADER_LIMIT:
            raise _Refusal(431, "Request Header Fields Too Large")
        if (incoming.content_length or 0) > PAYLOAD_LIMIT:
            raise _Refusal(413, "Request Entity Too Large")
        if request.method == "OPTIONS" and self._cors:
            return events.Response(204, b"")
        route, parameters = self._route(request)
        claims = self._authorize(route, request)
        try:
            whole = dataclasses.replace(request, body=await incoming.read())
        except web.HTTPRequestEntityTooLarge:
            raise _Refusal(413, "Request Entity Too Large") from None
        return await self._integration(route.function, events.event(whole, route, parameters, claims))

    def _route(self, request: events.Request) -> tuple[Route, dict[str, str]]:
        segments = request.path.split("/")
        for route in self._routes:
            if route.method in {request.method, "ANY"}:
                parameters = _match(route.path.split("/"), segments)
                if parameters is not None:
                    return route, parameters
        raise _Refusal(404, "Not Found")

    def _authorize(self, route: Route, request: events.Request) -> dict[str, Any] | None:
        if route.authorizer is None:
            return None
        try:
            return self._verifiers[route.authorizer].claims(request.headers, route.scopes)
        except UnauthorizedError as error:
            raise _Refusal(401, "Unauthorized", ("www-authenticate", error.challenge)) from error
        except ForbiddenError as error:
            raise _Refusal(403, "Forbidden") from error

    async def _integration(self, function: str, event: Mapping[str, Any]) -> events.Response:
        # The function goes on when the gateway no longer waits for it.
        call = asyncio.ensure_future(self._invoke(function, event))
        self._running.add(call)
        call.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._seconds):
                result = await asyncio.shield(call)
            return events.response(result)
        except TimeoutError:
            raise _Refusal(503, "Service Unavailable") from None
        except (FunctionError, events.MalformedResultError) as error:
            raise _Refusal(500, "Internal Server Error") from error

    def _done(self, call: asyncio.Future[Any]) -> None:
        self._running.discard(call)
        if not call.cancelled():
            # Nobody else looks at the outcome of a call that the gateway gave up on.
            call.exception()


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    """The decoded path parameters where `segments` (percent-encoded) match a route's, else None."""
    if len(pattern) != len(segments):
        return None
    parameters = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{") and expected.endswith("}") and segment:
            parameters[expected[1:-1]] = unquote(segment)
        elif expected != segment:
            return None
    return parameters


def _generality(route: Route) -> tuple[list[bool], bool]:
    """Sorts routes so that the most specific one comes first."""
    return [segment.startswith("{") for segment in route.path.split("/")], route.method == "ANY"


def _header_bytes(request: events.Request) -> int:
    line = f"{request.method} {request.target} {request.protocol}\r\n"
    return len(line.encode()) + sum(
        len(name.encode()) + len(value.encode()) + len(": \r\n") for name, value in request.fields
    )


def _protocol(request: web.Request) -> str:
    return f"HTTP/{request.version.major}.{request.version.minor}"


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")
