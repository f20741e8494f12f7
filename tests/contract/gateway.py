"""The HTTP API in front of the handlers, as a WSGI application: requests become payload-2.0 events."""

import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from tests.world import FUNCTIONS, World, http_event

ADMIN: Final = "root"
"""The bearer token of an administrator; every other token is the `sub` of who carries it."""
_HOP_BY_HOP: Final = ("authorization", "host", "connection")

type StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """Answers as API Gateway does where no function is reached; a handler's exception comes out as it is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._routes = [
            (route.method, _pattern(route.path), route.path, route.authorizer) for route in world.template.routes
        ]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status, headers, body = self._answer(environ)
        start_response(f"{status} {HTTPStatus(status).phrase}", [*headers.items()])
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        found: list[tuple[str, dict[str, Any], str | None]] = [
            (route, matched.groupdict(), authorizer)
            for allowed, pattern, route, authorizer in self._routes
            if allowed == method and (matched := pattern.fullmatch(path))
        ]
        if not found:
            return _refusal(HTTPStatus.NOT_FOUND, "Not Found")
        ((route, parameters, authorizer),) = found
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if authorizer and (scheme != "Bearer" or not token):
            return _refusal(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        function = next(name for name, known in FUNCTIONS.items() if known == (method, route))
        event = http_event(
            function,
            owner=token if authorizer else None,
            groups=["admin"] if token == ADMIN else None,
            headers=_headers(environ),
            query=environ.get("QUERY_STRING", ""),
            body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or None,
            base64_body=True,
            **parameters,
        )
        answer = self._world.handle(function, event)
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        return answer.status, dict(answer.headers), body


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), re.DOTALL)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    return {name: value for name, value in headers.items() if name not in _HOP_BY_HOP}


def _refusal(status: HTTPStatus, message: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"content-type": "application/json"}, json.dumps({"message": message}).encode()
