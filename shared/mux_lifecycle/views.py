"""What callers see of a record: built field by field, so that nothing internal can slip out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from mux_lifecycle.mux import playback
from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.assets import part_versions, shown_status
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item
from mux_lifecycle.telemetry import count, logger
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
_INPUT_FIELDS: Final = (
    *("type", "duration", "encoding", "width", "height", "frame_rate"),
    *("sample_rate", "sample_size", "channels"),
)
_PART_RANKS: Final = {"preparing": 1, "deleted": 3}


def asset(record: Item) -> Json:
    """An asset record as GET /assets/{id} answers it: only what is known; of one that cannot be read, the outline."""
    created_at = text(record, "sort").partition("#")[0]
    shown: Json = {
        "id": asset_id(record),
        "status": shown_status(record),
        "created_at": created_at,
        "updated_at": created_at,
        "visibility": visibility(record),
        "playable_by": "unknown",
        "upload_id": text(record, "upload_id"),
    }
    with unreadable_reported(record):
        shown |= _details(record, created_at)
    return {name: value for name, value in shown.items() if value not in ("", [])}


def asset_id(record: Item) -> str:
    """The id of the asset that a record is of."""
    return text(record, "pk").removeprefix("ASSET#")


def visibility(record: Item) -> str:
    """What its owner has decided; but nothing is public that few can play, whatever the tag says."""
    public = text(record, "visibility") == "public" and projection.is_watchable(text(record, "doc"))
    return "public" if public else "private"


def title(record: Item) -> str:
    """The asset's title, `""` if it has none or cannot be read."""
    with unreadable_reported(record):
        found = _document(record).get("title")
        return found if isinstance(found, str) else ""
    return ""


def part(answer: Json, kind: keys.PartKind) -> Json:
    """A track or rendition as Mux answered it, in the shape that assets show it in."""
    return projection.part_document(answer, kind)


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


def playback_ids(record: Item) -> list[Json]:
    """The playback ids in an asset record, as assets show them."""
    return _playback_ids(_document(record), mp4(record))


def playback_id(entry: Json, file: str = "") -> Json:
    """A playback id; one that is public comes with its URLs, also that of `file` (as `mp4` names it)."""
    shown = {name: entry[name] for name in ("id", "policy") if name in entry}
    public = shown.get("policy") == "public" and "id" in shown
    return shown | ({"urls": playback.urls(shown["id"], file)} if public else {})


def mp4(record: Item) -> str:
    """The name of the largest MP4 of the asset that can be downloaded now, or `""`."""
    snapshot = _document(record).get("static_renditions", [])
    return playback.largest_mp4(_parts(record, snapshot, "rendition", part_versions(record)))


def published(record: Item) -> Json | None:
    """What anybody sees of a published asset; None of one that cannot be read, for it cannot be played."""
    with unreadable_reported(record):
        return _published(record)
    return None


def input_info(entry: Json) -> Json:
    """One input as Mux found it, without its URL: that may be a key to somebody's storage."""
    file = entry.get("file")
    if not isinstance(file, dict):
        return {}
    tracks = file.get("tracks")
    entries = [track for track in tracks if isinstance(track, dict)] if isinstance(tracks, list) else []
    shown = {"tracks": [projection.picked(track, _INPUT_FIELDS) for track in entries]}
    return {"file": shown | projection.picked(file, ("container_format",))}


def _document(record: Item) -> Json:
    document: Json = json.loads(text(record, "doc") or "{}")
    return document


def _playback_ids(document: Json, file: str) -> list[Json]:
    # A record that an earlier release wrote may name a hundred.
    return [playback_id(entry, file) for entry in projection.kept_playback_ids(document.get("playback_ids", []))]


@contextmanager
def unreadable_reported(record: Item) -> Iterator[None]:
    """Whatever is wrong with one record must not hide the others of its page."""
    try:
        yield
    except Exception as error:
        logger.error("record not readable", record=text(record, "pk"), error=type(error).__name__)
        count("RecordUnreadable")


def _details(record: Item, created_at: str) -> Json:
    """What the document and the parts of an asset record say."""
    document = _document(record)
    versions = part_versions(record)
    renditions = _parts(record, document.get("static_renditions", []), "rendition", versions)
    updated = max(map(keys.version_micros, (text(record, "seen"), *versions.values()))) // MICROSECONDS
    details: Json = {
        "updated_at": max(rfc3339(updated), created_at),
        "playable_by": _playable_by(document),
        "playback_ids": _playback_ids(document, playback.largest_mp4(renditions)),
        "tracks": _parts(record, document.get("tracks", []), "track", versions),
        "static_renditions": renditions,
    }
    return details | {name: document[name] for name in _PLAIN_FIELDS if name in document}


def _playable_by(document: Json) -> str:
    """Who can play it, by the playback ids that there are."""
    policies = {entry.get("policy") for entry in document.get("playback_ids", [])}
    if "public" in policies:
        return "everyone"
    return "token" if policies else "nobody"


def _published(record: Item) -> Json:
    document = _document(record)
    created_at, _, asset_id = text(record, "sort").partition("#")
    shown: Json = {"id": asset_id, "created_at": created_at}
    shown |= {name: document[name] for name in ("title", "duration", "aspect_ratio") if name in document}
    # The index holds no part with a clock of its own: a file that is not in the asset's snapshot yet is not named here.
    ids = _playback_ids(document, playback.largest_mp4(document.get("static_renditions", [])))
    return shown | {"playback_ids": [entry for entry in ids if entry.get("policy") == "public"][:1]}


def _parts(record: Item, snapshot: list[Json], kind: keys.PartKind, versions: keys.PartVersions) -> list[Json]:
    """The parts in the asset's snapshot, each replaced, dropped or joined by what its own clock knows later."""
    if not versions:
        return snapshot
    seen = text(record, "seen")
    # The files of mp4_support have no id.
    parts = {part.get("id", f"#{position}"): part for position, part in enumerate(snapshot)}
    for (own_kind, part_id), own in sorted(versions.items()):
        if own_kind != kind:
            continue
        in_snapshot = parts.get(part_id)
        rank = _PART_RANKS.get(in_snapshot.get("status", "ready"), 2) if in_snapshot else 0
        if _clock(own, keys.version_rank(own)) < _clock(seen, rank):
            continue
        own_document = text(record, keys.part(kind, part_id)[0])
        if own_document:
            parts[part_id] = json.loads(own_document)
        else:
            parts.pop(part_id, None)
    return list(parts.values())


def _clock(version: str, rank: int) -> _Clock:
    return keys.version_micros(version) // MICROSECONDS, rank
