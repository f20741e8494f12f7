"""What every request passes on its way in and out: journal, token, limits, faults, errors in Mux's words."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING

from aiohttp import web

from local.callers import NAMES, names_this_machine, sent_by_a_page
from local.mux.errors import (
    ForbiddenError,
    MethodNotAllowedError,
    MuxError,
    NotFoundError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
)
from local.mux.http import refusal
from local.mux.journal import RequestRecord

if TYPE_CHECKING:
    from local.mux.environment import Environment
    from local.mux.http import Handler
    from local.mux.ratelimit import Quota

_API = ("/video/", "/system/")
_UPLOAD = "/upload/"
_FOR_PAGES = (_UPLOAD, "/stream/", "/image/", "/mezzanine/")
_UNANSWERED = web.RequestKey("unanswered", bool)


class Gate:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        options = environment.options
        self._credentials = f"{options.token_id}:{options.token_secret}".encode()

    @web.middleware
    async def callers(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let pages upload and play, and do nothing else: the token is known to all, and control needs none."""
        headers = request.headers
        if not names_this_machine(headers.get("Host")):
            return refusal(ForbiddenError(f"the emulator is used as {NAMES}"))
        page = sent_by_a_page(headers.get("Origin"), headers.get("Sec-Fetch-Site"))
        if page and not request.path.startswith(_FOR_PAGES):
            return refusal(ForbiddenError("pages may use upload URLs and playback URLs, and nothing else"))
        return await handler(request)

    @web.middleware
    async def journal(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note API and upload requests; of the latter not the body, which may be a film."""
        api = request.path.startswith(_API)
        if not api and not request.path.startswith(_UPLOAD):
            return await handler(request)
        try:
            body = (await request.read()).decode(errors="replace") if api else None
        except web.HTTPRequestEntityTooLarge:
            return refusal(TooLargeError("the body is too large"))
        record = RequestRecord(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            status=None,
            received_at=self._environment.clock.now(),
        )
        self._environment.journal.request(record)
        response = await handler(request)
        record.status = None if request.get(_UNANSWERED) else response.status
        return response

    @web.middleware
    async def api(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Token, latency, limits and faults of the API proper."""
        if not request.path.startswith(_API):
            return await handler(request)
        faults = self._environment.faults
        await asyncio.sleep(faults.seconds(faults.api.latency))
        if not self._authorised(request):
            return refusal(UnauthorizedError())
        quota = self._environment.limits.count(request.method)
        response = self._turned_away(quota) or self._hidden(request) or await handler(request)
        response.headers["X-RateLimit-Limit"] = str(quota.limit)
        response.headers["X-RateLimit-Remaining"] = str(quota.remaining)
        if faults.happens(faults.api.lose_response) and request.transport is not None:
            request[_UNANSWERED] = True
            request.transport.abort()
        return response

    @web.middleware
    async def errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except MuxError as error:
            return refusal(error)
        except web.HTTPNotFound:
            return refusal(NotFoundError())
        except web.HTTPMethodNotAllowed:
            return refusal(MethodNotAllowedError("Method not allowed"))

    def _turned_away(self, quota: Quota) -> web.StreamResponse | None:
        faults = self._environment.faults
        asked = faults.api
        if (asked.enforce_limits and quota.exhausted) or faults.happens(asked.limited):
            wait = {} if asked.retry_after is None else {"Retry-After": f"{asked.retry_after:g}"}
            return refusal(TooManyRequestsError(), wait)
        if faults.happens(asked.error_rate):
            return _outage(faults.outage_status())
        return None

    def _hidden(self, request: web.Request) -> web.StreamResponse | None:
        if self._environment.permissions.allow(request.method, request.path):
            return None
        return refusal(NotFoundError())

    def _authorised(self, request: web.Request) -> bool:
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (ValueError, binascii.Error):
            return False
        return scheme.lower() == "basic" and given == self._credentials


def _outage(status: int) -> web.Response:
    """What stands in front of Mux answers for it in HTML, only Mux itself in JSON."""
    if status == 500:
        return refusal(UnavailableError(status))
    return web.Response(status=status, text=f"<html><h1>{status}</h1></html>", content_type="text/html")
