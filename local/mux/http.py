"""What all routes share: reading JSON bodies and queries, writing envelopes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never

from aiohttp import web

from local.mux.errors import InvalidParametersError, MuxError
from local.mux.ids import parse_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DEFAULT_LIMIT = 25
MAX_LIMIT = 100


@dataclass(frozen=True)
class Page:
    """`number` starts at 1."""

    limit: int
    number: int

    @property
    def skip(self) -> int:
        return self.limit * (self.number - 1)


async def json_body(request: web.Request) -> dict[str, Any]:
    """The body's JSON object; an empty body counts as `{}`: official clients announce JSON and send nothing."""
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise InvalidParametersError("the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise InvalidParametersError("the body must be an object")
    return body


def path_id(request: web.Request, name: str) -> str:
    return parse_id(request.match_info[name])


def page(request: web.Request) -> Page:
    return Page(
        limit=_query_integer(request, "limit", DEFAULT_LIMIT, MAX_LIMIT),
        number=_query_integer(request, "page", 1, 1_000_000_000),
    )


def data(payload: Any, status: int = 200, **beside: Any) -> web.Response:
    """The success envelope; `beside` stands next to `data`."""
    return answer({"data": payload, **beside}, status)


def no_content() -> web.Response:
    return web.Response(status=204)


def refusal(error: MuxError, headers: dict[str, str] | None = None) -> web.Response:
    return answer(error.body(), error.status, headers)


def answer(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> web.Response:
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def _query_integer(request: web.Request, name: str, default: int, most: int) -> int:
    text = request.query.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= most):
        raise InvalidParametersError(f"{name} must be an integer from 1 to {most}")
    return int(text)


def _refuse_constant(name: str) -> Never:
    raise ValueError(name)
