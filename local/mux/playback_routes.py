"""HTTP of delivery, for pages of any origin: /stream stands for stream.mux.com, /image for image.mux.com."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from local.mux import delivered_files, tracks
from local.mux.errors import MuxError, NotFoundError, PreconditionFailedError
from local.mux.http import path_id, refusal
from local.mux.playback import ANIMATED, STORYBOARD, THUMBNAIL, VIDEO

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.mux.delivered_files import Delivered
    from local.mux.environment import Environment
    from local.mux.http import Handler
    from local.mux.playback import Kind, Opened
    from local.mux.resources import StaticRendition, Track

_METHODS = "GET, HEAD, OPTIONS"
_PREFLIGHT_SECONDS = "86400"


class PlaybackRoutes:
    def __init__(self, environment: Environment) -> None:
        self._playback = environment.playback
        self._renditions = environment.renditions

    def table(self) -> list[web.RouteDef]:
        stream, image = "/stream/{playback_id}", "/image/{playback_id}"
        delivered = {
            f"{stream}.m3u8": self.playlist,
            f"{stream}/text/{{track_id}}.vtt": self.subtitles,
            f"{stream}/text/{{track_id}}.txt": self.transcript,
            f"{stream}/{{file_name}}": self.static_rendition,
            f"{image}/thumbnail.{{ext:jpg|png|webp}}": self.thumbnail,
            f"{image}/animated.{{ext:gif|webp}}": self.animated,
            f"{image}/storyboard.{{ext:jpg|png|webp}}": self.storyboard_image,
            f"{image}/storyboard.vtt": self.storyboard_vtt,
            f"{image}/storyboard.json": self.storyboard_json,
        }
        routes = [web.get(path, _for_any_origin(deliver)) for path, deliver in delivered.items()]
        return routes + [web.options(path, _preflight) for path in delivered]

    async def playlist(self, request: web.Request) -> Delivered:
        return delivered_files.playlist(self._open(request, VIDEO).media)

    async def subtitles(self, request: web.Request) -> Delivered:
        self._open_text(request)
        return delivered_files.subtitles()

    async def transcript(self, request: web.Request) -> Delivered:
        self._open_text(request)
        return delivered_files.transcript()

    async def static_rendition(self, request: web.Request) -> Delivered:
        opened = self._open(request, VIDEO)
        file = self._renditions.named(opened.asset, request.match_info["file_name"])
        _require_ready(file)
        return delivered_files.static_rendition(opened.media, file)

    async def thumbnail(self, request: web.Request) -> Delivered:
        return self._image(request, THUMBNAIL)

    async def animated(self, request: web.Request) -> Delivered:
        return self._image(request, ANIMATED)

    async def storyboard_image(self, request: web.Request) -> Delivered:
        return self._image(request, STORYBOARD)

    async def storyboard_vtt(self, request: web.Request) -> Delivered:
        opened = self._open_picture(request, STORYBOARD)
        return delivered_files.storyboard_vtt(opened.media, _storyboard_url(request, opened))

    async def storyboard_json(self, request: web.Request) -> Delivered:
        opened = self._open_picture(request, STORYBOARD)
        return delivered_files.storyboard_json(opened.media, _storyboard_url(request, opened))

    def _open_text(self, request: web.Request) -> None:
        track_id = path_id(request, "track_id")
        track = tracks.find(self._open(request, VIDEO).asset, track_id)
        if track.type != "text":
            raise NotFoundError
        _require_ready(track)

    def _image(self, request: web.Request, kind: Kind) -> Delivered:
        self._open_picture(request, kind)
        return delivered_files.image(request.match_info["ext"])

    def _open_picture(self, request: web.Request, kind: Kind) -> Opened:
        opened = self._open(request, kind)
        if opened.media.video is None:
            raise NotFoundError
        return opened

    def _open(self, request: web.Request, kind: Kind) -> Opened:
        return self._playback.open(path_id(request, "playback_id"), kind, request.query)


def _require_ready(part: Track | StaticRendition) -> None:
    """What is being prepared will come; what was skipped or failed is not there."""
    if part.status == "preparing":
        raise PreconditionFailedError("it is not ready")
    if part.status in {"skipped", "errored"}:
        raise NotFoundError


def _storyboard_url(request: web.Request, opened: Opened) -> str:
    """Where the storyboard's picture is, with the same token: players only follow what they find there."""
    ext = "webp" if opened.parameters.get("format") == "webp" else "jpg"
    url = request.url.with_path(f"/image/{request.match_info['playback_id']}/storyboard.{ext}")
    return str(url if opened.token is None else url.with_query(token=opened.token))


async def _preflight(request: web.Request) -> web.Response:
    asked = request.headers.get("Access-Control-Request-Headers", "*")
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": asked,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        },
    )


def _for_any_origin(deliver: Callable[[web.Request], Awaitable[Delivered]]) -> Handler:
    """Refusals carry the header too, or a page could not tell them from a broken connection."""

    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {"Access-Control-Allow-Origin": "*"}
        try:
            delivered = await deliver(request)
        except MuxError as error:
            return refusal(error, headers)
        return web.Response(body=delivered.body, content_type=delivered.content_type, headers=headers)

    return handle
