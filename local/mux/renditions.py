"""Static renditions: MP4 and M4A files made from an asset, asked for one by one or by `mp4_support`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from local.ffmpeg import FfmpegError
from local.mux import ids
from local.mux.errors import InvalidParametersError, NotFoundError
from local.mux.probe import probe
from local.mux.resources import StaticRendition
from local.mux.settings import RenditionRequest, check_resolutions

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.mux.events import Events
    from local.mux.films import Films
    from local.mux.footage import Footage
    from local.mux.probe import Media
    from local.mux.processing import Processing
    from local.mux.resources import Asset

_TIERS = (720, 1080, 1440, 2160)
_AUDIO_BITRATE = 128_000
_NO_SOURCE = "Rendition generation failed."
_MP4_SUPPORT_HEIGHTS = {
    "standard": {"low.mp4": 270, "medium.mp4": 540, "high.mp4": 1080},
    "capped-1080p": {"capped-1080p.mp4": 1080},
}


class Renditions:
    def __init__(self, events: Events, processing: Processing, films: Films) -> None:
        self._events = events
        self._processing = processing
        self._films = films

    def create(self, asset: Asset, wanted: RenditionRequest) -> StaticRendition:
        """Raises InvalidParametersError for a resolution that does not go with what the asset has."""
        if asset.mp4_support not in {None, "none"}:
            raise InvalidParametersError("static_renditions and mp4_support cannot be used together")
        had = [file.resolution for file in asset.static_renditions if file.resolution]
        check_resolutions([*had, wanted.resolution])
        file = self._add(asset, wanted)
        if asset.status != "preparing":
            self._finish_later(asset, file)
        return file

    def delete(self, asset: Asset, rendition_id: str) -> None:
        """Raises NotFoundError."""
        for file in asset.static_renditions:
            if file.id == rendition_id:
                asset.static_renditions.remove(file)
                if file.file:
                    file.file.unlink(missing_ok=True)
                self._events.static_rendition("deleted", file, asset)
                return
        raise NotFoundError

    def named(self, asset: Asset, name: str) -> StaticRendition:
        """Raises NotFoundError."""
        for file in asset.static_renditions or asset.mp4_files:
            if file.name == name:
                return file
        raise NotFoundError

    def set_mp4_support(self, asset: Asset, support: str) -> None:
        if support != "none" and asset.static_renditions:
            raise InvalidParametersError("static_renditions and mp4_support cannot be used together")
        before = asset.mp4_support or "none"
        asset.mp4_support = support
        if support == before:
            return
        asset.mp4_files = []
        if support == "none":
            asset.mp4_status = "disabled"
            self._events.asset("static_renditions.deleted", asset)
        elif asset.status == "ready":
            self._prepare_mp4_files(asset)

    def asset_created(self, asset: Asset) -> None:
        for wanted in asset.settings.static_renditions:
            self._add(asset, wanted)

    def asset_settled(self, asset: Asset) -> None:
        """The asset is ready or errored: go on with what was asked for before."""
        for file in [file for file in asset.static_renditions if file.status == "preparing"]:
            self._finish_later(asset, file)
        if asset.status == "ready" and asset.mp4_support not in {None, "none"}:
            self._prepare_mp4_files(asset)

    def _add(self, asset: Asset, wanted: RenditionRequest) -> StaticRendition:
        audio_only = wanted.resolution == "audio-only"
        file = StaticRendition(
            id=ids.resource_id(),
            name="audio.m4a" if audio_only else f"{wanted.resolution}.mp4",
            ext="m4a" if audio_only else "mp4",
            resolution=wanted.resolution,
            type="standard" if wanted.resolution in {"highest", "audio-only"} else "advanced",
            status="preparing",
            passthrough=wanted.passthrough,
        )
        asset.static_renditions.append(file)
        self._events.static_rendition("created", file, asset)
        return file

    def _finish_later(self, asset: Asset, file: StaticRendition) -> None:
        files = [] if asset.media is None or _skips(asset.media, file) else [(file, _height(asset.media, file))]
        self._when_made(asset, files, lambda: self._finish(asset, file))

    def _when_made(self, asset: Asset, files: list[tuple[StaticRendition, int]], then: Callable[[], None]) -> None:
        """Do `then` in due time, or when files of these heights have been encoded if later."""
        if asset.footage is None or not files:
            self._processing.in_due_time(asset, then)
        else:
            self._processing.when_read(asset, self._make(asset.footage, files), lambda _: then())

    async def _make(self, footage: Footage, files: list[tuple[StaticRendition, int]]) -> None:
        for file, height in files:
            # What cannot be made is delivered as if there were no ffmpeg.
            with suppress(FfmpegError):
                file.file = await self._films.mp4(footage, height, file.name)

    def _finish(self, asset: Asset, file: StaticRendition) -> None:
        if file not in asset.static_renditions:
            return
        if asset.media is None or asset.status == "errored":
            file.status, file.error = "errored", _NO_SOURCE
        elif _skips(asset.media, file):
            file.status = "skipped"
        else:
            file.status = "ready"
            _describe(file, asset.media, _height(asset.media, file))
        self._events.static_rendition(file.status, file, asset)

    def _prepare_mp4_files(self, asset: Asset) -> None:
        asset.mp4_status = "preparing"
        self._events.asset("static_renditions.preparing", asset)
        support, media = asset.mp4_support, asset.media
        files = _mp4_files(media, support or "") if media else []

        def finish() -> None:
            if asset.mp4_support == support and asset.mp4_status == "preparing" and media:
                asset.mp4_status = "ready"
                for file, height in files:
                    _describe(file, media, height)
                    file.resolution_tier = None
                asset.mp4_files = [file for file, _ in files]
                self._events.asset("static_renditions.ready", asset)

        self._when_made(asset, files, finish)


def _skips(media: Media, file: StaticRendition) -> bool:
    if file.resolution == "audio-only":
        return media.audio is None
    if media.video is None:
        return True
    short_side = min(media.video.width, media.video.height)
    return file.resolution != "highest" and _height(media, file) > short_side


def _height(media: Media, file: StaticRendition) -> int:
    """The short side asked for, in pixels; 0 for audio."""
    if file.resolution == "audio-only" or media.video is None:
        return 0
    if file.resolution == "highest":
        return min(media.video.width, media.video.height, 2160)
    return int((file.resolution or "0").removesuffix("p"))


def _describe(file: StaticRendition, media: Media, height: int) -> None:
    """Fill in what is known of a finished file; the source's size stands for the size at its own height."""
    _estimate(file, media, height)
    if file.file and file.file.exists():
        file.filesize = file.file.stat().st_size
        file.bitrate = int(file.filesize * 8 / media.duration) if media.duration else 0
        encoded = probe(file.file)
        if height and encoded and encoded.video:
            file.width, file.height = encoded.video.width, encoded.video.height


def _estimate(file: StaticRendition, media: Media, height: int) -> None:
    if not height or media.video is None:
        file.bitrate = _AUDIO_BITRATE
        file.filesize = max(1, int(media.duration * _AUDIO_BITRATE / 8))
        file.resolution_tier = "audio-only"
        return
    short_side = min(media.video.width, media.video.height)
    scale = min(1.0, height / short_side)
    file.width = _even(media.video.width * scale)
    file.height = _even(media.video.height * scale)
    file.filesize = max(1, int(media.size * scale * scale))
    file.bitrate = int(file.filesize * 8 / media.duration) if media.duration else 0
    # The tiers have no name for anything smaller than 720p, and official clients refuse invented ones.
    tier = next((tier for tier in _TIERS if height <= tier), _TIERS[-1])
    file.resolution_tier = f"{tier}p" if height >= _TIERS[0] else None


def _mp4_files(media: Media, support: str) -> list[tuple[StaticRendition, int]]:
    """What `mp4_support` asks for, each with its short side, which is 0 for audio."""
    files: list[tuple[StaticRendition, int]] = []
    short_side = min(media.video.width, media.video.height) if media.video else 0
    for part in support.split(","):
        for name, height in _MP4_SUPPORT_HEIGHTS.get(part, {}).items():
            if short_side:
                file = StaticRendition(id=ids.resource_id(), name=name, ext="mp4")
                files.append((file, min(height, short_side)))
        if part == "audio-only" and media.audio:
            files.append((StaticRendition(id=ids.resource_id(), name="audio.m4a", ext="m4a"), 0))
    return files


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)
