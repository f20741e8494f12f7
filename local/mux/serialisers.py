"""The two outward forms of every resource: the API's and the webhooks'.

They differ in types (an asset's `created_at` and a rendition's `filesize`) and in a few fields, so each form
is written out on its own terms over what both share. Optional fields are left out, never null.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

from local.mux.settings import VIDEO_QUALITIES

if TYPE_CHECKING:
    from local.mux.resources import Asset, PlaybackId, StaticRendition, Track, Upload

type Json = dict[str, Any]

INVALID_INPUT = "invalid_input"


def api_asset(asset: Asset) -> Json:
    return _asset(asset, str(asset.created_at), [api_rendition(file) for file in _files(asset)])


def event_asset(asset: Asset) -> Json:
    return _asset(asset, asset.created_at, [_rendition(file) for file in _files(asset)])


def api_upload(upload: Upload) -> Json:
    return _upload(upload)


def event_upload(upload: Upload) -> Json:
    return _upload(upload)


def api_track(track: Track) -> Json:
    return _track(track)


def event_track(track: Track, asset_id: str) -> Json:
    return _track(track) | {"asset_id": asset_id} | _part_error(track)


def api_rendition(file: StaticRendition) -> Json:
    size = {} if file.filesize is None else {"filesize": str(file.filesize)}
    return _rendition(file) | size


def event_rendition(file: StaticRendition, asset_id: str) -> Json:
    return api_rendition(file) | {"asset_id": asset_id} | _part_error(file)


def playback_id(entry: PlaybackId) -> Json:
    return _present(id=entry.id, policy=entry.policy, drm_configuration_id=entry.drm_configuration_id)


def input_info(asset: Asset) -> list[Json]:
    """One entry per input; the first also describes the file once it is known."""
    given = [item.given for item in asset.settings.inputs] or [{}]
    entries: list[Json] = [{"settings": settings} for settings in given]
    if asset.media is not None:
        entries[0]["file"] = {"container_format": asset.media.container, "tracks": _input_tracks(asset)}
    return entries


def _asset(asset: Asset, created_at: str | int, files: list[Json]) -> Json:
    quality = asset.settings.video_quality
    return _present(
        id=asset.id,
        status=asset.status,
        created_at=created_at,
        progress={"state": asset.progress_state, "progress": asset.progress},
        playback_ids=[playback_id(entry) for entry in asset.playback_ids] or None,
        video_quality=quality,
        encoding_tier=VIDEO_QUALITIES[quality],
        max_resolution_tier=asset.settings.max_resolution_tier,
        master_access=asset.master_access,
        ingest_type=asset.ingest_type,
        upload_id=asset.upload_id,
        source_asset_id=asset.source_asset_id,
        passthrough=asset.passthrough,
        meta=dict(asset.meta) or None,
        thumbnail_time=asset.thumbnail_time,
        test=asset.test or None,
        normalize_audio=asset.settings.normalize_audio or None,
        **_media(asset),
        tracks=[_track(track) for track in asset.tracks] or None,
        mp4_support=asset.mp4_support,
        static_renditions=_present(status=asset.mp4_status, files=files or None) or None,
        master=_present(status=asset.master.status, url=asset.master.url) if asset.master else None,
        non_standard_input_reasons=dict(asset.non_standard_input_reasons) or None,
        errors={"type": INVALID_INPUT, "messages": [asset.error]} if asset.error else None,
    )


def _media(asset: Asset) -> Json:
    media = asset.media
    if asset.status != "ready" or media is None:
        return {}
    video = media.video
    if video is None:
        return {"duration": media.duration, "resolution_tier": "audio-only", "max_stored_resolution": "Audio only"}
    divisor = gcd(video.width, video.height) or 1
    short_side = min(video.width, video.height)
    return {
        "duration": media.duration,
        "aspect_ratio": f"{video.width // divisor}:{video.height // divisor}",
        "resolution_tier": _resolution_tier(short_side, asset.settings.max_resolution_tier),
        "max_stored_resolution": _stored_resolution(short_side),
        "max_stored_frame_rate": video.frame_rate,
    }


def _resolution_tier(short_side: int, most: str) -> str:
    tiers = [720, 1080, 1440, 2160]
    tier = next((tier for tier in tiers if short_side <= tier), tiers[-1])
    return f"{min(tier, int(most.removesuffix('p')))}p"


def _stored_resolution(short_side: int) -> str:
    if short_side < 720:
        return "SD"
    if short_side <= 1080:
        return "HD"
    return "FHD" if short_side <= 1440 else "UHD"


def _files(asset: Asset) -> list[StaticRendition]:
    return asset.static_renditions or asset.mp4_files


def _rendition(file: StaticRendition) -> Json:
    return _present(
        id=file.id if file.resolution else None,
        type=file.type,
        status=file.status,
        resolution=file.resolution,
        name=file.name,
        ext=file.ext,
        resolution_tier=file.resolution_tier,
        width=file.width,
        height=file.height,
        bitrate=file.bitrate,
        filesize=file.filesize,
        passthrough=file.passthrough,
    )


def _track(track: Track) -> Json:
    return _present(
        id=track.id,
        type=track.type,
        text_type=track.text_type,
        text_source=track.text_source,
        status=track.status,
        primary=track.primary,
        duration=track.duration,
        max_width=track.max_width,
        max_height=track.max_height,
        max_frame_rate=track.max_frame_rate,
        max_channels=track.max_channels,
        max_channel_layout=track.max_channel_layout,
        name=track.name,
        language_code=track.language_code,
        closed_captions=track.closed_captions,
        passthrough=track.passthrough,
    )


def _part_error(part: Track | StaticRendition) -> Json:
    return {"error": {"type": INVALID_INPUT, "messages": [part.error]}} if part.error else {}


def _upload(upload: Upload) -> Json:
    return _present(
        id=upload.id,
        status=upload.status,
        timeout=upload.timeout,
        cors_origin=upload.cors_origin,
        new_asset_settings=upload.settings.echo,
        url=upload.url if upload.status == "waiting" else None,
        asset_id=upload.asset_id,
        error=upload.error,
        test=upload.test or None,
    )


def _input_tracks(asset: Asset) -> list[Json]:
    media = asset.media
    tracks: list[Json] = []
    if media and media.video:
        video = media.video
        tracks.append(
            {
                "type": "video",
                "duration": media.duration,
                "encoding": video.encoding,
                "width": video.width,
                "height": video.height,
                "frame_rate": video.frame_rate,
            }
        )
    if media and media.audio:
        audio = media.audio
        tracks.append(
            {
                "type": "audio",
                "duration": media.duration,
                "encoding": audio.encoding,
                "channels": audio.channels,
                "sample_rate": audio.sample_rate,
            }
        )
    return tracks


def _present(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
