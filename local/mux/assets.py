"""The life of an asset: created, read, made ready or errored, changed, deleted; each step with its event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.mux import ids
from local.mux.errors import InvalidParametersError, NotFoundError
from local.mux.inputs import InputError, is_fetchable
from local.mux.probe import Media
from local.mux.resources import Asset, PlaybackId
from local.mux.settings import PASSTHROUGH_LIMIT, PlaybackPolicy, meta_changes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.mux.clock import Clock
    from local.mux.events import Events
    from local.mux.fields import Fields
    from local.mux.films import Films, Span
    from local.mux.footage import Footage
    from local.mux.inputs import Inputs
    from local.mux.library import Library
    from local.mux.master import MasterAccess
    from local.mux.processing import Processing
    from local.mux.renditions import Renditions
    from local.mux.settings import AssetSettings, Input
    from local.mux.tracks import Tracks

TEST_ASSET_SECONDS = 24 * 3600.0
TEST_ASSET_LENGTH = 10.0
"""A test asset is cut to this many seconds."""

type Found = Media | InputError


@dataclass(frozen=True)
class Parts:
    """Those who look after what an asset has besides its film."""

    tracks: Tracks
    renditions: Renditions
    master: MasterAccess


@dataclass(frozen=True)
class _Shot:
    """What an input turned out to be, with the footage made of it, if any."""

    found: Found
    footage: Footage | None = None


class Assets:
    def __init__(
        self,
        clock: Clock,
        library: Library,
        events: Events,
        processing: Processing,
        inputs: Inputs,
        films: Films,
        parts: Parts,
    ) -> None:
        self._clock = clock
        self._library = library
        self._events = events
        self._processing = processing
        self._inputs = inputs
        self._films = films
        self._tracks = parts.tracks
        self._renditions = parts.renditions
        self._master = parts.master

    def create_from_inputs(self, settings: AssetSettings) -> Asset:
        """Raises InvalidParametersError unless the first input has a URL that Mux could read."""
        url = settings.inputs[0].url if settings.inputs else None
        if not url:
            raise InvalidParametersError("inputs must begin with an input that has a url")
        if url.startswith("mux://"):
            return self._create_clip(settings, settings.inputs[0], url)
        if not is_fetchable(url):
            raise InvalidParametersError("inputs[0].url must be an http or https URL")
        asset = self.add(settings, "on_demand_url")
        self._announce(asset)
        self._processing.when_read(asset, self._read(asset, url), lambda shot: self._settle(asset, shot))
        return asset

    def add(
        self, settings: AssetSettings, ingest_type: str, *, upload_id: str | None = None, test: bool = False
    ) -> Asset:
        """Enter a preparing asset into the library, so far without telling anyone."""
        asset = Asset(
            id=ids.resource_id(),
            number=self._library.next_number(),
            created_at=int(self._clock.now()),
            settings=settings,
            ingest_type=ingest_type,
            upload_id=upload_id,
            passthrough=settings.passthrough,
            meta=dict(settings.meta),
            test=settings.test or test,
            playback_ids=[_new_playback_id(policy) for policy in settings.playback_policies],
            mp4_support=settings.mp4_support,
            master_access=settings.master_access,
        )
        self._library.add(asset)
        return asset

    def process(self, asset: Asset, found: Found, file: Path | None, failed: Callable[[], None]) -> None:
        """Announce an added asset and take it to ready or errored; `failed` is called after the latter.

        `file`, if any, is the asset's from now on.
        """

        def settle(shot: _Shot) -> None:
            self._settle(asset, shot)
            if asset.status == "errored":
                failed()

        self._announce(asset, found)
        if file is None or isinstance(found, InputError) or self._films.ffmpeg is None:
            if file:
                file.unlink()
            self._processing.in_due_time(asset, lambda: settle(_Shot(found)))
        else:
            self._processing.when_read(asset, self._shoot(asset, found, file), settle)

    def change(self, asset: Asset, fields: Fields) -> None:
        passthrough = fields.text("passthrough", limit=PASSTHROUGH_LIMIT)
        meta, thumbnail_time = meta_changes(fields), fields.number("thumbnail_time")
        if fields.given("passthrough"):
            asset.passthrough = passthrough or None
        if fields.given("thumbnail_time"):
            asset.thumbnail_time = thumbnail_time
        asset.meta = {name: value for name, value in (asset.meta | meta).items() if value}
        self._events.asset("updated", asset)

    def clear_thumbnail_time(self, asset: Asset) -> None:
        asset.thumbnail_time = None
        self._events.asset("updated", asset)

    def delete(self, asset: Asset) -> None:
        """Raises InvalidParametersError while the asset is preparing."""
        if asset.status == "preparing":
            raise InvalidParametersError("Can't delete a preparing asset.")
        self.remove(asset)

    def remove(self, asset: Asset) -> None:
        """Delete in any state, as the dashboard does."""
        self._library.remove(asset)
        if asset.footage:
            asset.footage.discard()
        self._events.asset("deleted", asset)

    def add_playback_id(self, asset: Asset, policy: PlaybackPolicy) -> PlaybackId:
        entry = _new_playback_id(policy)
        self._library.add_playback_id(asset, entry)
        return entry

    def playback_id(self, asset: Asset, playback_id: str) -> PlaybackId:
        """Raises NotFoundError."""
        for entry in asset.playback_ids:
            if entry.id == playback_id:
                return entry
        raise NotFoundError

    def remove_playback_id(self, asset: Asset, playback_id: str) -> None:
        self._library.remove_playback_id(asset, self.playback_id(asset, playback_id))

    def _create_clip(self, settings: AssetSettings, item: Input, url: str) -> Asset:
        parts = urlsplit(url)
        try:
            source = self._library.get(parts.path.removeprefix("/") if parts.netloc == "assets" else "")
        except NotFoundError:
            raise InvalidParametersError("inputs[0].url names no asset") from None
        if source.media is None or source.status != "ready":
            raise InvalidParametersError("inputs[0].url names an asset that is not ready")
        end = source.media.duration if item.end_time is None else item.end_time
        asset = self.add(settings, "on_demand_clip")
        asset.source_asset_id = source.id
        start = item.start_time or 0.0
        media = source.media.cut(start, end)
        self._announce(asset, media)
        if source.footage is None:
            self._processing.in_due_time(asset, lambda: self._settle(asset, _Shot(media)))
        else:
            shooting = self._shoot(asset, media, self._films.copy_of(source.footage), (start, end))
            self._processing.when_read(asset, shooting, lambda shot: self._settle(asset, shot))
        return asset

    async def _read(self, asset: Asset, url: str) -> _Shot:
        try:
            media, file = await self._inputs.fetch(url)
        except InputError as error:
            return _Shot(error)
        return _Shot(media) if file is None else await self._shoot(asset, media, file)

    async def _shoot(self, asset: Asset, media: Media, file: Path, span: Span | None = None) -> _Shot:
        if asset.test:
            span = (0.0, TEST_ASSET_LENGTH)
        footage = await self._films.shoot(file, media, asset.settings.max_resolution_tier, span)
        if footage and asset.id not in self._library:
            # Deleted while it was being encoded.
            footage.discard()
        return _Shot(media, footage)

    def _announce(self, asset: Asset, found: Found | None = None) -> None:
        self._events.asset("created", asset)
        self._renditions.asset_created(asset)
        self._processing.after(self._processing.seconds / 2, asset, lambda: self._transcode(asset, found))
        if asset.test:
            self._processing.after(TEST_ASSET_SECONDS, asset, lambda: self.remove(asset))

    def _transcode(self, asset: Asset, found: Found | None) -> None:
        if asset.status != "preparing" or isinstance(found, InputError):
            return
        asset.progress_state, asset.progress = "transcoding", 50.0
        if found is not None:
            self._note_non_standard(asset, found)

    def _note_non_standard(self, asset: Asset, media: Media) -> None:
        reasons = media.non_standard_reasons()
        if reasons and not asset.non_standard_input_reasons:
            asset.non_standard_input_reasons = reasons
            self._events.asset("non_standard_input_detected", asset)

    def _settle(self, asset: Asset, shot: _Shot) -> None:
        found = shot.found
        if isinstance(found, InputError):
            asset.status, asset.progress_state, asset.progress = "errored", "errored", -1
            asset.error = str(found)
            self._events.asset("errored", asset)
        else:
            self._note_non_standard(asset, found)
            asset.footage = shot.footage
            self._make_ready(asset, found)
        self._renditions.asset_settled(asset)

    def _make_ready(self, asset: Asset, media: Media) -> None:
        asset.media = media.cut(0.0, min(media.duration, TEST_ASSET_LENGTH)) if asset.test else media
        asset.tracks = self._tracks.of_file(asset.media)
        asked = self._tracks.asked_at_creation(asset)
        asset.tracks += [track for track, _ in asked]
        asset.status, asset.progress_state, asset.progress = "ready", "completed", 100
        self._events.asset("ready", asset)
        for track, url in asked:
            self._tracks.start(asset, track, url)
        self._master.asset_ready(asset)


def _new_playback_id(policy: PlaybackPolicy) -> PlaybackId:
    return PlaybackId(ids.resource_id(), policy.policy, policy.drm_configuration_id)
