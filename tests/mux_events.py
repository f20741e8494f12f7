"""Mux's webhook events as Mux words them, with made-up ids: what `world.deliver` takes."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mux_lifecycle.mux.tag import Tag
from tests.world import ENVIRONMENT, STACK

type Json = dict[str, Any]

BASE: Final = 1_700_000_000
"""When the stories in tests begin: long past on every machine, so that no event counts as sent from the future."""

_ASSET_STATUS: Final = {"created": "preparing", "errored": "errored", "non_standard_input_detected": "preparing"}
_UPLOAD_STATUS: Final = {"created": "waiting"}
_PART_STATUS: Final = {"created": "preparing", "errored": "errored", "skipped": "skipped"}
_numbers: Final = itertools.count(1)


def new_id(kind: str) -> str:
    """An id in Mux's alphabet that no other object of this process has."""
    return f"{kind}{next(_numbers):08d}02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00"


def tag(owner: str = "ada", *, request: str = "kR7dQ2wXn0VbLs5TzYpHfA", visibility: str = "private") -> str:
    """The `passthrough` that this stack leaves with what `owner` asked for."""
    return Tag(STACK, owner, request, visibility).encode()


def playable_by(asset: Mapping[str, Any]) -> str:
    """Who can play an asset as Mux has it."""
    policies = {entry["policy"] for entry in asset.get("playback_ids", [])}
    return "everyone" if "public" in policies else "token" if policies else "nobody"


def stamp(seconds: float) -> str:
    """A time as the envelope of an event says it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(
    type: str,  # noqa: A002 - Mux's own word
    data: object,
    *,
    at: float | str | None = BASE,
    event_id: str | None = None,
    environment_id: str = ENVIRONMENT,
) -> Json:
    """Any event. `at` is in epoch seconds, or the text itself, or None to leave `created_at` out."""
    family = type.split(".")[1] if type.startswith("video.") else type.split(".", maxsplit=1)[0]
    envelope: Json = {
        "type": type,
        "request_id": None,
        "object": {"type": family, "id": data.get("id") if isinstance(data, Mapping) else None},
        "id": event_id or f"5f0c1e00-0000-4000-8000-{next(_numbers):012x}",
        "environment": {"name": "Production", "id": environment_id},
        "data": data,
        "attempts": [],
        "accessor_source": None,
        "accessor": None,
    }
    if at is not None:
        envelope["created_at"] = at if isinstance(at, str) else stamp(at)
    return envelope


def asset_event(
    type: str,  # noqa: A002 - Mux's own word
    *,
    asset_id: str,
    status: str | None = None,
    at: float | str | None = BASE,
    event_id: str | None = None,
    passthrough: str | None = "",
    upload_id: str | None = None,
    environment_id: str = ENVIRONMENT,
    **fields: Any,
) -> Json:
    """`video.asset.TYPE`, `type` without its prefix; `passthrough` "" is ada's tag, None leaves it out.

    `fields` replace or add to the asset in `data`; None takes one away.
    """
    status = status or _ASSET_STATUS.get(type, "ready")
    data: Json = {
        "id": asset_id,
        "status": status,
        "created_at": BASE,
        "progress": {"state": "completed", "progress": 100}
        if status == "ready"
        else {"state": "ingesting", "progress": 0},
        "playback_ids": [{"id": f"{asset_id}Play", "policy": "signed"}],
        "video_quality": "basic",
        "encoding_tier": "baseline",
        "max_resolution_tier": "1080p",
        "master_access": "none",
        "ingest_type": "on_demand_direct_upload" if upload_id else "on_demand_url",
        "upload_id": upload_id,
        "passthrough": tag() if passthrough == "" else passthrough,
        "meta": {"title": "Harbour at dawn"},
    }
    if status == "ready":
        data |= {
            "duration": 23.872,
            "aspect_ratio": "16:9",
            "resolution_tier": "1080p",
            "max_stored_resolution": "HD",
            "max_stored_frame_rate": 29.97,
            "tracks": [
                {"id": f"{asset_id}Video", "type": "video", "duration": 23.8238, "max_width": 1920, "max_height": 1080},
                {"id": f"{asset_id}Audio", "type": "audio", "status": "ready", "primary": True, "max_channels": 2},
            ],
        }
    if status == "errored":
        data["errors"] = {"type": "invalid_input", "messages": ["The input is not a video."]}
    return event(f"video.asset.{type}", _known(data | fields), at=at, event_id=event_id, environment_id=environment_id)


def upload_event(
    type: str,  # noqa: A002 - Mux's own word
    *,
    upload_id: str,
    status: str | None = None,
    at: float | str | None = BASE,
    event_id: str | None = None,
    passthrough: str | None = "",
    asset_id: str | None = None,
    environment_id: str = ENVIRONMENT,
    **fields: Any,
) -> Json:
    """`video.upload.TYPE`, `type` without its prefix; `passthrough` "" is ada's tag, None leaves it out."""
    data: Json = {
        "id": upload_id,
        "status": status or _UPLOAD_STATUS.get(type, type),
        "timeout": 3600,
        "cors_origin": "https://www.example.com",
        "new_asset_settings": _known(
            {
                "playback_policies": ["signed"],
                "video_quality": "basic",
                "passthrough": tag() if passthrough == "" else passthrough,
                "meta": {"title": "Harbour at dawn"},
            }
        ),
        "asset_id": asset_id,
        "url": f"https://direct-uploads.example.mux.com/upload/{upload_id}?token=a-key-to-write-with"
        if type == "created"
        else None,
    }
    return event(f"video.upload.{type}", _known(data | fields), at=at, event_id=event_id, environment_id=environment_id)


def track_event(
    type: str,  # noqa: A002 - Mux's own word
    *,
    asset_id: str,
    track_id: str,
    status: str | None = None,
    at: float | str | None = BASE,
    event_id: str | None = None,
    environment_id: str = ENVIRONMENT,
    **fields: Any,
) -> Json:
    """`video.asset.track.TYPE`: a generated text track."""
    data: Json = {
        "id": track_id,
        "type": "text",
        "text_type": "subtitles",
        "text_source": "generated_vod",
        "status": status or _PART_STATUS.get(type, "ready"),
        "name": "English (generated)",
        "language_code": "en",
        "closed_captions": False,
        "asset_id": asset_id,
    }
    return event(
        f"video.asset.track.{type}", _known(data | fields), at=at, event_id=event_id, environment_id=environment_id
    )


def rendition_event(
    type: str,  # noqa: A002 - Mux's own word
    *,
    asset_id: str,
    rendition_id: str,
    status: str | None = None,
    at: float | str | None = BASE,
    event_id: str | None = None,
    environment_id: str = ENVIRONMENT,
    **fields: Any,
) -> Json:
    """`video.asset.static_rendition.TYPE`: an MP4; its `filesize` is text here, a number inside an asset."""
    status = status or _PART_STATUS.get(type, "ready")
    data: Json = {
        "id": rendition_id,
        "type": "standard",
        "status": status,
        "resolution": "highest",
        "name": "highest.mp4",
        "ext": "mp4",
        "asset_id": asset_id,
    }
    if status == "ready":
        data |= {
            "resolution_tier": "1080p",
            "width": 1920,
            "height": 1080,
            "bitrate": 4_827_000,
            "filesize": "14402816",
        }
    return event(
        f"video.asset.static_rendition.{type}",
        _known(data | fields),
        at=at,
        event_id=event_id,
        environment_id=environment_id,
    )


def _known(fields: Mapping[str, Any]) -> Json:
    """Mux leaves out what it does not know."""
    return {name: value for name, value in fields.items() if value is not None}
