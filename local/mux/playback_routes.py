"""HTTP of delivery, for pages of any origin: /stream stands for stream.mux.com, /image for image.mux.com."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from local.ffmpeg import FfmpegError
from local.mux import delivered_files, hls, tracks
from local.mux.errors import MuxError, NotFoundError, PreconditionFailedError
from local.mux.http import path_id, refusal
from local.mux.pictures import Board, Pictures, storyboard
from local.mux.playback import ANIMATED, STORYBOARD, THUMBNAIL, VIDEO

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.mux.delivered_files import Delivered
    from local.mux.environment import Environment
    from local.mux.footage import Footage, Rung
    from local.mux.http import Handler
    from local.mux.playback import Kind, Opened
    from local.mux.resources import StaticRendition, Track

_METHODS = "GET, HEAD, OPTIONS"
_PREFLIGHT_SECONDS = "86400"


class PlaybackRoutes:
    def __init__(self, environment: Environment) -> None:
        self._playback = environment.playback
        self._renditions = environment.renditions
        self._films = environment.films
        self._master = environment.master
        self._pictures = Pictures(environment.films.ffmpeg) if environment.films.ffmpeg else None

    def table(self) -> list[web.RouteDef]:
        stream, image = "/stream/{playback_id}", "/image/{playback_id}"
        delivered = {
            f"{stream}.m3u8": self.playlist,
            f"{stream}/renditions/{{rung}}.m3u8": self.rendition_playlist,
            f"{stream}/renditions/{{rung}}.m4s": self.segments,
            f"{stream}/subtitles/{{track_id}}.m3u8": self.subtitle_playlist,
            f"{stream}/text/{{track_id}}.vtt": self.subtitles,
            f"{stream}/text/{{track_id}}.txt": self.transcript,
            f"{stream}/{{file_name}}": self.static_rendition,
            f"{image}/thumbnail.{{ext:jpg|png|webp}}": self.thumbnail,
            f"{image}/animated.{{ext:gif|webp}}": self.animated,
            f"{image}/storyboard.{{ext:jpg|png|webp}}": self.storyboard_image,
            f"{image}/storyboard.vtt": self.storyboard_vtt,
            f"{image}/storyboard.json": self.storyboard_json,
            "/mezzanine/{file_id}/mezzanine.mp4": self.mezzanine,
        }
        routes = [web.get(path, _for_any_origin(deliver)) for path, deliver in delivered.items()]
        return routes + [web.options(path, _preflight) for path in delivered]

    async def playlist(self, request: web.Request) -> Delivered:
        opened = self._open(request, VIDEO)
        footage = await self._footage(opened)
        if footage is None:
            return delivered_files.empty_playlist(opened.media)
        playback_id = request.match_info["playback_id"]
        subtitles = [track for track in opened.asset.tracks if track.type == "text" and track.status == "ready"]
        lines = hls.multivariant(footage, subtitles, playback_id, opened.token, opened.parameters)
        return delivered_files.playlist(lines)

    async def rendition_playlist(self, request: web.Request) -> Delivered:
        opened, rung = await self._open_rung(request)
        return delivered_files.playlist(hls.media_playlist(rung, opened.token))

    async def segments(self, request: web.Request) -> Delivered:
        _, rung = await self._open_rung(request)
        return delivered_files.segments(rung.file)

    async def subtitle_playlist(self, request: web.Request) -> Delivered:
        opened, track = self._open_text(request)
        return delivered_files.playlist(hls.subtitle_playlist(opened.media.duration, track, opened.token))

    async def subtitles(self, request: web.Request) -> Delivered:
        opened, track = self._open_text(request)
        return delivered_files.subtitles(tracks.cues(track, opened.media.duration))

    async def transcript(self, request: web.Request) -> Delivered:
        opened, track = self._open_text(request)
        return delivered_files.transcript(tracks.cues(track, opened.media.duration))

    async def static_rendition(self, request: web.Request) -> Delivered:
        opened = self._open(request, VIDEO)
        file = self._renditions.named(opened.asset, request.match_info["file_name"])
        _require_ready(file)
        path = file.file
        if path is None and (footage := await self._footage(opened)):
            path = await self._films.mp4(footage, 0 if file.ext == "m4a" else footage.best.short_side, file.name)
        delivered = delivered_files.mp4(path, file.ext) if path else delivered_files.empty_mp4(opened.media, file)
        return delivered.saved_as(request.query.get("download"), file.ext)

    async def mezzanine(self, request: web.Request) -> Delivered:
        asset = self._master.opened(request.match_info["file_id"], request.query.get("signature", ""))
        if asset.media is None:
            raise NotFoundError
        footage = asset.footage or await self._films.pattern(asset.media)
        delivered = delivered_files.master(asset.media, footage.source if footage else None)
        return delivered.saved_as(request.query.get("download"), "mp4")

    async def thumbnail(self, request: web.Request) -> Delivered:
        opened, ext = self._open_picture(request, THUMBNAIL), request.match_info["ext"]
        footage = await self._footage(opened)
        if footage is None or self._pictures is None:
            return delivered_files.pixel(ext)
        time = opened.asset.thumbnail_time
        return delivered_files.picture(await self._pictures.thumbnail(footage, ext, opened.parameters, time), ext)

    async def animated(self, request: web.Request) -> Delivered:
        opened, ext = self._open_picture(request, ANIMATED), request.match_info["ext"]
        footage = await self._footage(opened)
        if footage is None or self._pictures is None:
            return delivered_files.pixel(ext)
        return delivered_files.picture(await self._pictures.animated(footage, ext, opened.parameters), ext)

    async def storyboard_image(self, request: web.Request) -> Delivered:
        opened, ext = self._open_picture(request, STORYBOARD), request.match_info["ext"]
        footage = await self._footage(opened)
        if footage is None or self._pictures is None:
            return delivered_files.pixel(ext)
        return delivered_files.picture(await self._pictures.storyboard(footage, ext), ext)

    async def storyboard_vtt(self, request: web.Request) -> Delivered:
        opened, board = await self._open_board(request)
        return delivered_files.storyboard_vtt(board, _storyboard_url(request, opened))

    async def storyboard_json(self, request: web.Request) -> Delivered:
        opened, board = await self._open_board(request)
        return delivered_files.storyboard_json(board, _storyboard_url(request, opened))

    async def _footage(self, opened: Opened) -> Footage | None:
        """What the asset shows: its own footage, else the test pattern; None without ffmpeg."""
        return opened.asset.footage or await self._films.pattern(opened.media)

    async def _open_rung(self, request: web.Request) -> tuple[Opened, Rung]:
        opened = self._open(request, VIDEO)
        footage = await self._footage(opened)
        rung = footage.rung(request.match_info["rung"]) if footage else None
        if rung is None:
            raise NotFoundError
        return opened, rung

    def _open_text(self, request: web.Request) -> tuple[Opened, Track]:
        track_id, opened = path_id(request, "track_id"), self._open(request, VIDEO)
        track = tracks.find(opened.asset, track_id)
        if track.type != "text":
            raise NotFoundError
        _require_ready(track)
        return opened, track

    async def _open_board(self, request: web.Request) -> tuple[Opened, Board]:
        opened = self._open_picture(request, STORYBOARD)
        footage = await self._footage(opened)
        duration = opened.media.duration
        return opened, storyboard(footage) if footage else Board(1, duration, duration, 1, 1)

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
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}
        try:
            delivered = await deliver(request)
        except MuxError as error:
            return refusal(error, headers)
        except FfmpegError as error:
            return refusal(PreconditionFailedError(f"ffmpeg cannot make it: {error}"), headers)
        if delivered.name:
            headers["Content-Disposition"] = f'attachment; filename="{delivered.name}"'
        if isinstance(delivered.body, Path):
            headers["Content-Type"] = delivered.content_type
            return web.FileResponse(delivered.body, headers=headers)
        return web.Response(body=delivered.body, content_type=delivered.content_type, headers=headers)

    return handle
