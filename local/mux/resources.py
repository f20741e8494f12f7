"""What Mux keeps: assets with their parts, and uploads. Plain state; serialisers give it its outward forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from local.mux.footage import Footage
    from local.mux.probe import Media
    from local.mux.settings import AssetSettings

type AssetStatus = Literal["preparing", "ready", "errored"]
type UploadStatus = Literal["waiting", "asset_created", "errored", "cancelled", "timed_out"]
type PartStatus = Literal["preparing", "ready", "errored", "skipped", "deleted"]


@dataclass(frozen=True, slots=True)
class PlaybackId:
    id: str
    policy: str
    drm_configuration_id: str | None = None


@dataclass(slots=True)
class Track:
    """A track of any type; what does not apply to its type stays None. `text` is WebVTT that was read."""

    id: str
    type: Literal["video", "audio", "text"]
    status: PartStatus | None = None
    primary: bool | None = None
    duration: float | None = None
    max_width: int | None = None
    max_height: int | None = None
    max_frame_rate: float | None = None
    max_channels: int | None = None
    max_channel_layout: str | None = None
    text_type: str | None = None
    text_source: str | None = None
    name: str | None = None
    language_code: str | None = None
    closed_captions: bool | None = None
    passthrough: str | None = None
    error: str | None = None
    text: str | None = None


@dataclass(slots=True)
class StaticRendition:
    """One file of an asset: asked for by `resolution`, or (`resolution` None) made by `mp4_support`.

    `file` is the encoded one, if there is.
    """

    id: str
    name: str
    ext: str
    resolution: str | None = None
    type: str | None = None
    status: PartStatus | None = None
    resolution_tier: str | None = None
    width: int | None = None
    height: int | None = None
    bitrate: int | None = None
    filesize: int | None = None
    passthrough: str | None = None
    error: str | None = None
    file: Path | None = None


@dataclass(slots=True)
class Master:
    status: PartStatus
    url: str | None = None


@dataclass(slots=True)
class Asset:
    """`created_at` in Unix seconds; `number` counts creations and orders the list; `footage` is what was encoded."""

    id: str
    number: int
    created_at: int
    settings: AssetSettings
    ingest_type: str
    status: AssetStatus = "preparing"
    progress_state: str = "ingesting"
    progress: float = 0
    upload_id: str | None = None
    source_asset_id: str | None = None
    passthrough: str | None = None
    meta: dict[str, str] = field(default_factory=dict)
    thumbnail_time: float | None = None
    test: bool = False
    media: Media | None = None
    footage: Footage | None = None
    playback_ids: list[PlaybackId] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    static_renditions: list[StaticRendition] = field(default_factory=list)
    mp4_support: str | None = None
    mp4_status: str | None = None
    mp4_files: list[StaticRendition] = field(default_factory=list)
    master_access: str = "none"
    master: Master | None = None
    non_standard_input_reasons: dict[str, str] = field(default_factory=dict)
    error: str | None = None


@dataclass(slots=True)
class Upload:
    """`timeout` in seconds; `url` carries the token that is the right to transfer."""

    id: str
    url: str
    token: str
    timeout: int
    settings: AssetSettings
    cors_origin: str | None = None
    test: bool = False
    status: UploadStatus = "waiting"
    asset_id: str | None = None
    error: dict[str, Any] | None = None
