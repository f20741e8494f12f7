"""HTTP of an upload's URL: the resumable protocol and its CORS headers, which every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from local.mux.errors import NotFoundError
from local.mux.transfer import BadRangeError, ContentRange, is_progress_query, parse_content_range

if TYPE_CHECKING:
    from local.mux.environment import Environment
    from local.mux.resources import Upload
    from local.mux.transfer import Transfer

_METHODS = "PUT, OPTIONS"
_PREFLIGHT_SECONDS = "3600"


class TransferRoutes:
    def __init__(self, environment: Environment) -> None:
        self._uploads = environment.uploads

    def table(self) -> list[web.RouteDef]:
        return [web.route("*", "/upload/{upload_id}", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        if upload is None:
            await _drain(request)
            return _with_cors(_refuse(404, "unknown upload"), request.headers.get("Origin"))
        return _with_cors(await self._answer(request, upload), upload.cors_origin)

    async def _answer(self, request: web.Request, upload: Upload) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(status=200)
        refused = _refused(request, upload)
        if refused is not None:
            await _drain(request)
            return refused
        try:
            return await self._receive(request, upload)
        except BadRangeError as error:
            await _drain(request)
            return _refuse(400, str(error))
        except (web.RequestPayloadError, ConnectionError):
            return _refuse(400, "the body ended early")

    async def _receive(self, request: web.Request, upload: Upload) -> web.Response:
        transfer = self._uploads.transfer(upload)
        header = request.headers.get("Content-Range")
        if header is not None and is_progress_query(header):
            await _drain(request)
            return _progress(transfer)
        wanted = None if header is None else parse_content_range(header)
        if upload.status != "waiting":
            length = await _drain(request)
            return _after_completion(transfer, wanted, length)
        with transfer.stage(wanted.start if wanted else 0) as body:
            async for block in request.content.iter_any():
                if wanted and body.length + len(block) > wanted.length:
                    raise BadRangeError("the body is longer than Content-Range says")
                body.write(block)
            body.finish()
            # Cancelled, timed out or completed meanwhile: this body came too late.
            if upload.status != "waiting":
                return _refused(request, upload) or _after_completion(transfer, wanted, body.length)
            transfer.commit(body, wanted)
        if transfer.complete:
            self._uploads.complete(upload)
        return _progress(transfer)

    def _upload(self, request: web.Request) -> Upload | None:
        try:
            return self._uploads.get(request.match_info["upload_id"])
        except NotFoundError:
            return None


def _refused(request: web.Request, upload: Upload) -> web.Response | None:
    if request.method != "PUT":
        return _refuse(405, "only PUT is understood here", Allow=_METHODS)
    if request.query.get("token") != upload.token:
        return _refuse(403, "the token is not this upload's")
    if upload.status in {"cancelled", "timed_out"}:
        return _refuse(410, f"the upload is {upload.status}")
    if request.content_type == "multipart/form-data":
        return _refuse(400, "form data is not understood here, send the file itself")
    return None


def _after_completion(transfer: Transfer, wanted: ContentRange | None, length: int) -> web.Response:
    """Clients repeat what they did not see answered; anything else than the same file is refused for good."""
    total = wanted.total if wanted else length
    if total != transfer.total:
        return _refuse(410, "the upload is complete")
    if wanted and length != wanted.length:
        return _refuse(400, "the body is not as long as Content-Range says")
    if wanted and not wanted.is_last:
        return _held(transfer)
    return web.Response(status=200)


def _progress(transfer: Transfer) -> web.Response:
    return web.Response(status=200) if transfer.complete else _held(transfer)


def _held(transfer: Transfer) -> web.Response:
    headers = {"Range": f"bytes=0-{transfer.received - 1}"} if transfer.received else {}
    return web.Response(status=308, headers=headers)


def _refuse(status: int, why: str, **headers: str) -> web.Response:
    return web.Response(status=status, text=why, headers=headers)


def _with_cors(response: web.Response, origin: str | None) -> web.Response:
    response.headers["Vary"] = "Origin"
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Content-Range"
        response.headers["Access-Control-Expose-Headers"] = "Range"
        response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    return response


async def _drain(request: web.Request) -> int:
    """Read what is left of the body: a client still sending would see a broken connection, not the answer."""
    length = 0
    try:
        async for block in request.content.iter_any():
            length += len(block)
    except (web.RequestPayloadError, ConnectionError):
        return length
    return length
