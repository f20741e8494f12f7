"""What callers see of a record: built field by field, so that nothing internal can slip out."""

import json
from typing import Any, Final

from mux_lifecycle.mux import playback
from mux_lifecycle.store import keys
from mux_lifecycle.store.assets import shown_status
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item
from mux_lifecycle.times import MICROSECONDS, rfc3339

type Json = dict[str, Any]
# (time in whole seconds, rank): Mux stamps whole seconds, so within one of them the further state is the later one.
type _Clock = tuple[int, int]

_PLAIN_FIELDS: Final = (
    "title",
    "duration",
    "aspect_ratio",
    "resolution_tier",
    "video_quality",
    "master",
    "errors",
)
_PART_RANKS: Final = {"preparing": 1, "deleted": 3}


def asset(record: Item) -> Json:
    """An asset record as GET /assets/{id} answers it: only what is known."""
    document = json.loads(text(record, "doc") or "{}")
    created_at = text(record, "sort").partition("#")[0]
    versions = [
        value for name, value in record.items() if name == "seen" or name.startswith(("track_v#", "rendition_v#"))
    ]
    updated = max(keys.version_micros(str(version)) for version in versions) // MICROSECONDS
    shown: Json = {
        "id": text(record, "pk").removeprefix("ASSET#"),
        "status": shown_status(record),
        "created_at": created_at,
        "updated_at": max(rfc3339(updated), created_at),
        "visibility": text(record, "visibility") or "private",
        "upload_id": text(record, "upload_id"),
        "playback_ids": [_playback_id(entry) for entry in document.get("playback_ids", [])],
        "tracks": _parts(record, document.get("tracks", []), "track"),
        "static_renditions": _parts(record, document.get("static_renditions", []), "rendition"),
    }
    shown |= {name: document[name] for name in _PLAIN_FIELDS if name in document}
    return {name: value for name, value in shown.items() if value not in ("", [])}


def upload(record: Item, asset_record: Item | None) -> Json:
    """An upload record as GET /uploads/{id} answers it, together with its asset once there is one."""
    shown: Json = {"id": text(record, "pk").removeprefix("UPLOAD#"), "status": text(record, "status")}
    if "asset_id" in record:
        shown["asset_id"] = record["asset_id"]
    if asset_record:
        shown["asset"] = asset(asset_record)
    if "error" in record:
        shown["error"] = json.loads(text(record, "error"))
    return shown


def created_upload(upload_id: str, status: str, expires_at: int, url: str) -> Json:
    """What POST /uploads answers; `url` is `""` once the upload is no longer waiting."""
    shown = {"id": upload_id, "status": status, "expires_at": rfc3339(expires_at)}
    return shown | ({"url": url} if url else {})


def _playback_id(entry: Json) -> Json:
    if entry.get("policy") != "public" or "id" not in entry:
        return entry
    return entry | {"urls": playback.urls(entry["id"])}


def _parts(record: Item, snapshot: list[Json], kind: str) -> list[Json]:
    """The parts in the asset's snapshot, each replaced, dropped or joined by what its own clock knows later."""
    seen = text(record, "seen")
    parts = {part["id"]: part for part in snapshot if "id" in part}
    for name, value in sorted(record.items()):
        if not name.startswith(f"{kind}_v#"):
            continue
        part_id, own = name.partition("#")[2], str(value)
        in_snapshot = parts.get(part_id)
        rank = _PART_RANKS.get(in_snapshot.get("status", "ready"), 2) if in_snapshot else 0
        if _clock(own, keys.version_rank(own)) < _clock(seen, rank):
            continue
        own_document = text(record, f"{kind}#{part_id}")
        if own_document:
            parts[part_id] = json.loads(own_document)
        else:
            parts.pop(part_id, None)
    return list(parts.values())


def _clock(version: str, rank: int) -> _Clock:
    return keys.version_micros(version) // MICROSECONDS, rank
