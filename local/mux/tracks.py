"""Tracks of an asset: those its file brings, text and audio added later, and generated subtitles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.mux import ids, webvtt
from local.mux.errors import InvalidParametersError, NotFoundError
from local.mux.inputs import InputError
from local.mux.resources import Track
from local.mux.settings import PASSTHROUGH_LIMIT, GeneratedSubtitles

if TYPE_CHECKING:
    from local.mux.events import Events
    from local.mux.fields import Fields
    from local.mux.inputs import Inputs
    from local.mux.probe import Media
    from local.mux.processing import Processing
    from local.mux.resources import Asset
    from local.mux.settings import Input


class Tracks:
    def __init__(self, events: Events, processing: Processing, inputs: Inputs) -> None:
        self._events = events
        self._processing = processing
        self._inputs = inputs

    def of_file(self, media: Media) -> list[Track]:
        """The tracks that come with the file itself."""
        tracks = []
        if media.video:
            tracks.append(
                Track(
                    id=ids.resource_id(),
                    type="video",
                    duration=media.duration,
                    max_width=media.video.width,
                    max_height=media.video.height,
                    max_frame_rate=media.video.frame_rate,
                )
            )
        if media.audio:
            tracks.append(
                Track(
                    id=ids.resource_id(),
                    type="audio",
                    status="ready",
                    primary=True,
                    duration=media.duration,
                    max_channels=media.audio.channels,
                    max_channel_layout="stereo" if media.audio.channels == 2 else "mono",
                    name="Default",
                    language_code="und",
                )
            )
        return tracks

    def asked_at_creation(self, asset: Asset) -> list[tuple[Track, str | None]]:
        """Tracks that the asset's inputs ask for, each with the URL it is read from (None: generated)."""
        asked: list[tuple[Track, str | None]] = []
        for position, item in enumerate(asset.settings.inputs):
            asked += [(_generated(entry), None) for entry in item.generated_subtitles]
            if position > 0 and item.type in {"text", "audio"} and item.url:
                asked.append((_uploaded(item), item.url))
        return asked

    def start(self, asset: Asset, track: Track, url: str | None) -> None:
        """Tell that the track (already the asset's) is being prepared, and prepare it."""
        self._events.track("created", track, asset)
        if url is None:
            self._processing.in_due_time(asset, lambda: self._generate(asset, track))
        else:
            reading = self._read(track, url)
            self._processing.when_read(asset, reading, lambda error: self._finish(asset, track, error))

    def create(self, asset: Asset, fields: Fields) -> Track:
        """Raises InvalidParametersError as Mux does: the asset must be ready, the name new."""
        kind = fields.required_choice("type", ("text", "audio"))
        url = fields.required_text("url")
        language = fields.required_text("language_code")
        if kind == "text":
            fields.required_choice("text_type", ("subtitles",))
        name = fields.text("name") or language
        _require_ready(asset)
        _require_new_name(asset, kind, name)
        track = Track(
            id=ids.resource_id(),
            type="text" if kind == "text" else "audio",
            status="preparing",
            name=name,
            language_code=language,
            passthrough=fields.text("passthrough", limit=PASSTHROUGH_LIMIT),
        )
        if kind == "text":
            track.text_type, track.text_source = "subtitles", "uploaded"
            track.closed_captions = fields.boolean("closed_captions") or False
        else:
            track.primary = False
        asset.tracks.append(track)
        self.start(asset, track, url)
        return track

    def change(self, asset: Asset, track_id: str, fields: Fields) -> Track:
        track = find(asset, track_id)
        language, captions = fields.text("language_code"), fields.boolean("closed_captions")
        name, passthrough = fields.text("name"), fields.text("passthrough", limit=PASSTHROUGH_LIMIT)
        if name and name != track.name:
            _require_new_name(asset, track.type, name)
        track.language_code = language or track.language_code
        track.name = name or track.name
        track.closed_captions = track.closed_captions if captions is None else captions
        if fields.given("passthrough"):
            track.passthrough = passthrough or None
        return track

    def delete(self, asset: Asset, track_id: str) -> None:
        track = find(asset, track_id)
        if track.type == "video" or track.primary:
            raise InvalidParametersError("Can't delete the video track or the primary audio track.")
        asset.tracks.remove(track)
        track.status = "deleted"
        self._events.track("deleted", track, asset)

    def generate_subtitles(self, asset: Asset, track_id: str, wanted: tuple[GeneratedSubtitles, ...]) -> list[Track]:
        """A new text track for each of `wanted`; raises InvalidParametersError unless the source is audio."""
        source = find(asset, track_id)
        if source.type != "audio":
            raise InvalidParametersError("Subtitles can only be generated for an audio track.")
        _require_ready(asset)
        if not wanted:
            raise InvalidParametersError("generated_subtitles is required")
        for entry in wanted:
            _require_new_name(asset, "text", entry.name)
        tracks = [_generated(entry) for entry in wanted]
        for track in tracks:
            asset.tracks.append(track)
            self.start(asset, track, None)
        return tracks

    async def _read(self, track: Track, url: str) -> str | None:
        try:
            if track.type == "text":
                track.text = await self._inputs.subtitles(url)
            else:
                await self._inputs.media(url)
        except InputError as error:
            return str(error)
        return None

    def _generate(self, asset: Asset, track: Track) -> None:
        heard = asset.media is not None and asset.media.audio is not None
        self._finish(asset, track, None if heard else "The asset has no audio to generate subtitles from.")

    def _finish(self, asset: Asset, track: Track, error: str | None) -> None:
        if track not in asset.tracks:
            return
        track.status = "errored" if error else "ready"
        track.error = error
        if track.type == "audio" and not error and asset.media:
            track.duration = asset.media.duration
            track.max_channels, track.max_channel_layout = 2, "stereo"
        self._events.track(track.status, track, asset)


def find(asset: Asset, track_id: str) -> Track:
    """Raises NotFoundError."""
    for track in asset.tracks:
        if track.id == track_id:
            return track
    raise NotFoundError


def cues(track: Track, duration: float) -> str:
    """The text track as WebVTT; where the emulator has no words it says why."""
    if track.text is not None:
        return track.text
    if track.text_source == "uploaded":
        return webvtt.stand_in(f"{track.name}: only files on this machine are fetched", duration)
    return webvtt.stand_in(f"{track.name}: the emulator cannot hear what is said", duration)


def _generated(wanted: GeneratedSubtitles) -> Track:
    return Track(
        id=ids.resource_id(),
        type="text",
        status="preparing",
        text_type="subtitles",
        text_source="generated_vod",
        name=wanted.name,
        language_code=wanted.language_code,
        closed_captions=False,
        passthrough=wanted.passthrough,
    )


def _uploaded(item: Input) -> Track:
    text = item.type == "text"
    return Track(
        id=ids.resource_id(),
        type="text" if text else "audio",
        status="preparing",
        primary=None if text else False,
        text_type="subtitles" if text else None,
        text_source="uploaded" if text else None,
        name=item.name or item.language_code,
        language_code=item.language_code,
        closed_captions=item.closed_captions if text else None,
        passthrough=item.passthrough,
    )


def _require_ready(asset: Asset) -> None:
    if asset.status != "ready":
        raise InvalidParametersError("The asset is not ready.")


def _require_new_name(asset: Asset, kind: str, name: str) -> None:
    if any(track.type == kind and track.name == name for track in asset.tracks):
        raise InvalidParametersError(f"A {kind} track with this name exists already.")
