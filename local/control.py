"""The stack's own routes below /_local/: status page, health, sign-in, tokens, functions run by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from local import status
from local.callers import sent_by_another_page
from local.host import UnknownFunctionError
from local.issuer import TTL_SECONDS
from local.samples import SampleError
from local.sign_in import SignIn, Tokens
from local.worker import FunctionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


class NotReadyError(Exception):
    """The stack is still starting, or already ending."""


class Stack(Tokens, status.Stack, Protocol):
    """What these routes need of the stack, beside what its pages need."""

    async def invoke(self, function: str, event: object) -> Any:
        """Run a function (logical id) on an event. Raises FunctionError and UnknownFunctionError."""

    def environment(self, function: str) -> Mapping[str, str]:
        """The settings that a function is given, without the way into AWS. Raises UnknownFunctionError."""


def application(stack: Stack) -> web.Application:
    """The application to mount at /_local/."""
    control = _Control(stack)
    app = web.Application(middlewares=[control.guard])
    app.add_routes(SignIn(stack).table())
    app.add_routes(status.Status(stack).table())
    app.router.add_get("/health", control.health)
    app.router.add_post("/token", control.token)
    app.router.add_post("/functions/{function}/invoke", control.invoke)
    app.router.add_get("/functions/{function}/environment", control.environment)
    return app


class _Control:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    async def health(self, _: web.Request) -> web.Response:
        parts = await self._stack.health()
        return web.json_response({"parts": dict(parts)}, status=200 if all(parts.values()) else 503)

    async def token(self, request: web.Request) -> web.Response:
        wish = await _json(request)
        if not isinstance(wish, dict) or not isinstance(wish.get("sub"), str):
            raise web.HTTPBadRequest(text="sub must be text")
        groups = wish.get("groups", [])
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise web.HTTPBadRequest(text="groups must be a list of text")
        ttl_seconds = wish.get("ttl_seconds", TTL_SECONDS)
        if not isinstance(ttl_seconds, int):
            raise web.HTTPBadRequest(text="ttl_seconds must be a whole number")
        return web.json_response({"token": self._stack.token(wish["sub"], groups, ttl_seconds)})

    async def invoke(self, request: web.Request) -> web.Response:
        function = request.match_info["function"]
        try:
            return web.json_response({"result": await self._stack.invoke(function, await _json(request))})
        except FunctionError as error:
            return web.json_response({"error": error.description})
        except UnknownFunctionError as error:
            raise web.HTTPNotFound(text=f"the template has no function {function}") from error

    async def environment(self, request: web.Request) -> web.Response:
        function = request.match_info["function"]
        try:
            return web.json_response({"environment": dict(self._stack.environment(function))})
        except UnknownFunctionError as error:
            raise web.HTTPNotFound(text=f"the template has no function {function}") from error

    @web.middleware
    async def guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let the pages of the allowed origins in, and no others: any page can send requests to this machine."""
        origin = request.headers.get("Origin")
        foreign = origin not in self._stack.origins if origin is not None else _is_part_of_another_page(request)
        if foreign:
            return _refusal(403, "pages of this origin may not use the local stack")
        response: web.StreamResponse
        try:
            response = web.Response(status=204) if request.method == "OPTIONS" else await handler(request)
        except NotReadyError:
            response = _refusal(503, "the stack is not ready")
        except SampleError as error:
            response = _refusal(502, str(error))
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            response = _refusal(error.status, error.text or error.reason)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "content-type"
            response.headers["Access-Control-Allow-Methods"] = "GET,POST,PUT"
        return response


def _is_part_of_another_page(request: web.Request) -> bool:
    """Whether another page has asked for it as a picture, a script or a frame; links that are followed are not."""
    headers = request.headers
    followed = request.method == "GET" and headers.get("Sec-Fetch-Mode") == "navigate"
    visit = followed and headers.get("Sec-Fetch-Dest") == "document"
    return not visit and sent_by_another_page(headers.get("Sec-Fetch-Site"))


async def _json(request: web.Request) -> Any:
    """The body as JSON, whatever its Content-Type; an empty one is {}."""
    body = await request.read()
    try:
        document = json.loads(body or b"{}")
        # Half of a surrogate pair is text for JSON and for nobody else.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text="the body is not JSON") from error
    return document


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"errorType": "LocalStack", "errorMessage": message}}, status=status)
