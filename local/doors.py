"""What the stack's own servers ask of every request before they look at its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from local.callers import NAMES, names_this_machine, sent_by_a_page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def by_its_name(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve who asks for this machine by its own name."""
    if names_this_machine(request.headers.get("Host")):
        return await handler(request)
    return _refusal(f"the local stack is used as {NAMES}")


@web.middleware
async def programs_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve no page at all."""
    if sent_by_a_page(request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")):
        return _refusal("pages may not use this")
    return await handler(request)


def _refusal(message: str) -> web.Response:
    return web.json_response({"message": message}, status=403)
