"""From what Mux says to what may be written: events and API answers become versioned changes. Pure; no table, no clock.

An event and an API answer about the same object differ in types (times, file sizes); both end in the same document,
so that they can be compared.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Self

from mux_lifecycle import titles
from mux_lifecycle.identifiers import is_identifier
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import keys
from mux_lifecycle.times import MICROSECONDS, microseconds, parse_epoch, parse_iso

type Json = Mapping[str, Any]

MAX_PLAYBACK_IDS: Final = 10
"""So many an asset may have through this API, and so many a record names, however many somebody makes at Mux."""

_EVENT_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_MAX_TEXT: Final = 1024
_MAX_ENTRIES: Final = 100
_MAX_NUMBER: Final = 10**15
# A DynamoDB item holds 400 KB; an event that cannot be stored would be repeated for a day. One asset's document and
# those of as many parts as a record keeps (store/assets.py) fit together.
_MAX_DOCUMENT_BYTES: Final = 80_000
_MAX_PART_BYTES: Final = 2_000

_ASSET_STATUSES: Final = frozenset({"preparing", "ready", "errored"})
_UPLOAD_STATUSES: Final = frozenset({"waiting", "asset_created", "errored", "cancelled", "timed_out"})
_PART_STATUSES: Final = frozenset({"preparing", "ready", "errored", "skipped"})
_POLICIES: Final = ("public", "signed", "drm")

_ASSET_FIELDS: Final = ("duration", "aspect_ratio", "resolution_tier", "video_quality")
_TRACK_FIELDS: Final = (
    "id type status name language_code text_type text_source closed_captions primary "
    "duration max_width max_height max_frame_rate max_channels"
).split()
_RENDITION_FIELDS: Final = "id type status name ext resolution resolution_tier width height bitrate filesize".split()

_SNAPSHOTS: Final = frozenset(
    "video.asset." + name
    for name in (
        *("created", "ready", "errored", "updated", "non_standard_input_detected", "live_stream_completed"),
        *("master.preparing", "master.ready", "master.errored", "master.deleted"),
        *("static_renditions.preparing", "static_renditions.ready"),
        *("static_renditions.errored", "static_renditions.deleted"),
    )
)
_UPLOADS: Final = frozenset(f"video.upload.{name}" for name in ("created", "asset_created", "cancelled", "errored"))
_PART_PREFIXES: Final[dict[str, keys.PartKind]] = {
    "video.asset.track.": "track",
    "video.asset.static_rendition.": "rendition",
}
_PART_ENDINGS: Final = frozenset({"created", "ready", "errored", "skipped", "deleted"})


class AssetChange(NamedTuple):
    """A whole asset as Mux knew it. `document` is canonical JSON of what is only shown."""

    asset_id: str
    version: str
    status: str
    document: str
    created_at: int
    upload_id: str
    tag: Tag | None
    observed: bool = False

    @property
    def watchable(self) -> bool:
        """Whether anybody can play it without a token."""
        return is_watchable(self.document)

    @property
    def rejected(self) -> bool:
        """Whether it must go, for it breaks a limit it was made under."""
        return keys.version_rank(self.version) == keys.RANKS["rejected"]


class AssetDeletion(NamedTuple):
    """An asset is gone at Mux; `wished` by its owner, so that nothing shows it again."""

    asset_id: str
    version: str
    wished: bool = False

    def as_wished(self) -> Self:
        return self._replace(version=keys.discarded(self.version), wished=True)


class UploadChange(NamedTuple):
    """A direct upload as Mux knew it `at` a time; times in epoch seconds, `expires_at` 0 unless it is waiting."""

    upload_id: str
    version: str
    status: str
    asset_id: str
    error: str
    at: int
    expires_at: int
    tag: Tag | None
    observed: bool = False


class PartChange(NamedTuple):
    """A track or static rendition on its own clock; `document` is `""` once it is deleted."""

    asset_id: str
    kind: keys.PartKind
    part_id: str
    version: str
    document: str


type Change = AssetChange | AssetDeletion | UploadChange | PartChange


def part_document(data: Json, kind: keys.PartKind) -> dict[str, Any]:
    """What is shown of a track or rendition."""
    return _track(data) if kind == "track" else _rendition(data)


def usable_playback_ids(data: Json) -> list[Json]:
    """Those of Mux's asset that somebody can use, as `{id, policy}`."""
    value = data.get("playback_ids")
    entries = value if isinstance(value, list) else []
    return [shown for entry in entries if isinstance(entry, dict) and (shown := _playback_id(entry))]


def kept_playback_ids[Entry: Json](entries: list[Entry]) -> list[Entry]:
    """At most MAX_PLAYBACK_IDS, in their order; the first of each policy always, for they tell who can play."""
    if len(entries) <= MAX_PLAYBACK_IDS:
        return entries
    policies = [entry.get("policy") for entry in entries]
    firsts = {policies.index(policy) for policy in _POLICIES if policy in policies}
    others = [number for number in range(len(entries)) if number not in firsts]
    kept = firsts | {*others[: MAX_PLAYBACK_IDS - len(firsts)]}
    return [entries[number] for number in sorted(kept)]


def named_playback_ids(document: str) -> list[Json]:
    """The playback ids in an asset's document; one that cannot be read names none."""
    try:
        return [{"id": entry["id"], "policy": entry["policy"]} for entry in json.loads(document)["playback_ids"]]
    except (KeyError, RecursionError, TypeError, ValueError):
        return []


def is_watchable(document: str) -> bool:
    """Whether an asset's document names a public playback id."""
    return any(entry["policy"] == "public" for entry in named_playback_ids(document))


def from_event(event: Json, *, stack: str, now: float) -> Change | None:
    """The change that a webhook event asks for, or None when it asks for none (unknown type, partial or odd body)."""
    event_type, data = event.get("type"), event.get("data")
    if not isinstance(event_type, str) or not isinstance(data, dict):
        return None
    event_id = event.get("id")
    stamp = _Stamp(
        parse_iso(event.get("created_at")),
        event_id if isinstance(event_id, str) and _EVENT_ID.fullmatch(event_id) else "",
        now,
    )
    if event_type in _SNAPSHOTS:
        return _asset(data, stamp, stack)
    if event_type == "video.asset.deleted":
        asset_id = _identifier(data, "id")
        return AssetDeletion(asset_id, stamp.version("deleted")) if asset_id else None
    if event_type in _UPLOADS:
        return _upload(data, stamp, stack)
    for prefix, kind in _PART_PREFIXES.items():
        ending = event_type[len(prefix) :]
        if event_type.startswith(prefix) and ending in _PART_ENDINGS:
            return _part(data, kind, ending, stamp)
    return None


def observed_asset(data: Json, *, sent_at: float, stack: str) -> AssetChange | None:
    """What an answer of Mux's API to a request sent at `sent_at` says of an asset; None when it is no asset."""
    return _asset(data, _Stamp(microseconds(sent_at), "", sent_at, observed=True), stack)


def observed_upload(data: Json, *, sent_at: float, stack: str) -> UploadChange | None:
    """What an answer of Mux's API to a request sent at `sent_at` says of an upload; None when it is no upload."""
    return _upload(data, _Stamp(microseconds(sent_at), "", sent_at, observed=True), stack)


def observed_part(data: Json, kind: keys.PartKind, asset_id: str, *, sent_at: float) -> PartChange | None:
    """What an answer of Mux's API to a request sent at `sent_at` says of a track or rendition; None when nothing."""
    stamp = _Stamp(microseconds(sent_at), "", sent_at, observed=True)
    return _part({**data, "asset_id": asset_id}, kind, "", stamp)


def observed_part_deletion(kind: keys.PartKind, asset_id: str, part_id: str, *, sent_at: float) -> PartChange:
    """A track or rendition that was gone when a request sent at `sent_at` was answered."""
    return PartChange(asset_id, kind, part_id, keys.version("deleted", microseconds(sent_at), now=sent_at), "")


def observed_deletion(asset_id: str, *, sent_at: float) -> AssetDeletion:
    """An asset that was gone when a request sent at `sent_at` was answered."""
    return AssetDeletion(asset_id, keys.version("deleted", microseconds(sent_at), now=sent_at))


class _Stamp(NamedTuple):
    micros: int | None
    event_id: str
    now: float
    observed: bool = False

    def version(self, status: str) -> str:
        return keys.version(status, self.micros, self.event_id, now=self.now)

    @property
    def seconds(self) -> int:
        """When it happened, as far as that can be believed: never in the future."""
        return int(self.now) if self.micros is None else min(self.micros // MICROSECONDS, int(self.now))


def _asset(data: Json, stamp: _Stamp, stack: str) -> AssetChange | None:
    asset_id, status = _identifier(data, "id"), _status(data)
    if not asset_id or status not in _ASSET_STATUSES:
        return None
    created_at = parse_epoch(data.get("created_at"))
    tag = Tag.decode(data.get("passthrough"), stack=stack)
    rejected = status == "ready" and tag is not None and _is_too_long(data, tag.max_duration)
    if tag and rejected:
        data = _without_content(data, f"The video is longer than {tag.max_duration} seconds, so it is removed.")
    return AssetChange(
        asset_id=asset_id,
        version=stamp.version("rejected" if rejected else status),
        status="errored" if rejected else status,
        document=_asset_document(data),
        created_at=stamp.seconds if created_at is None else created_at,
        upload_id=_identifier(data, "upload_id"),
        tag=tag,
        observed=stamp.observed,
    )


def _is_too_long(data: Json, most: int) -> bool:
    duration = _plain(data.get("duration"))
    return bool(most) and isinstance(duration, int | float) and duration > most


def _without_content(data: Json, reason: str) -> Json:
    """An asset as its owner sees it once it is rejected: nothing of it can be played or loaded."""
    nothing = dict.fromkeys(("playback_ids", "tracks", "static_renditions", "master"))
    return {**data, **nothing, "errors": {"type": "too_long", "messages": [reason]}}


def _upload(data: Json, stamp: _Stamp, stack: str) -> UploadChange | None:
    upload_id, status = _identifier(data, "id"), _status(data)
    if not upload_id or status not in _UPLOAD_STATUSES:
        return None
    settings = data.get("new_asset_settings")
    timeout = data.get("timeout")
    seconds = timeout if isinstance(timeout, int) and 0 < timeout <= 604_800 else 3600
    return UploadChange(
        upload_id=upload_id,
        version=stamp.version(status),
        status=status,
        asset_id=_identifier(data, "asset_id"),
        error=_upload_error(data),
        at=stamp.seconds,
        expires_at=stamp.seconds + seconds if status == "waiting" else 0,
        tag=Tag.decode(settings.get("passthrough"), stack=stack) if isinstance(settings, dict) else None,
        observed=stamp.observed,
    )


def _part(data: Json, kind: keys.PartKind, ending: str, stamp: _Stamp) -> PartChange | None:
    asset_id, part_id = _identifier(data, "asset_id"), _identifier(data, "id")
    if not asset_id or not part_id:
        return None
    status = "deleted" if ending == "deleted" else _status(data)
    if stamp.observed and "status" not in data:
        # Mux says none of the video track, which is there as soon as the asset is ready.
        status = "ready"
    if status != "deleted" and status not in _PART_STATUSES:
        return None
    document = "" if status == "deleted" else _within(_MAX_PART_BYTES, part_document(data, kind))
    return PartChange(asset_id, kind, part_id, stamp.version(status), document)


def _asset_document(data: Json) -> str:
    meta, renditions, master = data.get("meta"), data.get("static_renditions"), data.get("master")
    files = renditions.get("files") if isinstance(renditions, dict) else renditions
    document = picked(data, _ASSET_FIELDS) | {
        "title": _title(meta.get("title")) if isinstance(meta, dict) else None,
        "playback_ids": kept_playback_ids(usable_playback_ids(data)),
        "tracks": _entries(data.get("tracks"), _track),
        "static_renditions": _entries(files, _rendition),
        "master": picked(master, ("status",)) if isinstance(master, dict) else None,
        "errors": _errors(data.get("errors")),
    }
    known = {name: value for name, value in document.items() if value not in (None, [], {}, "")}
    return _within(_MAX_DOCUMENT_BYTES, known)


def _title(value: object) -> str | None:
    title = _plain(value)
    return titles.normalized(title) if isinstance(title, str) else None


def _upload_error(data: Json) -> str:
    """Uploads say `error {type, message}`; callers see one shape of error everywhere."""
    error = data.get("error")
    if not isinstance(error, dict):
        return ""
    return _canonical(_errors({"type": error.get("type"), "messages": [error.get("message")]}) or {})


def _errors(value: object) -> Json | None:
    if not isinstance(value, dict):
        return None
    messages = value.get("messages")
    texts = messages[:_MAX_ENTRIES] if isinstance(messages, list) else []
    return picked(value, ("type",)) | {"messages": [_plain(text) for text in texts if isinstance(text, str)]}


def _track(data: Json) -> dict[str, Any]:
    error = _errors(data.get("error"))
    return picked(data, _TRACK_FIELDS) | ({"errors": error} if error else {})


def _rendition(data: Json) -> dict[str, Any]:
    """Mux writes `filesize` as text in answers and rendition events, as a number in the assets of events."""
    size = data.get("filesize")
    shown = picked(data, _RENDITION_FIELDS)
    if isinstance(size, str):
        shown.pop("filesize", None)
        if size.isascii() and size.isdigit() and len(size) < 16:
            shown["filesize"] = int(size)
    error = _errors(data.get("error"))
    return shown | ({"errors": error} if error else {})


def _playback_id(data: Json) -> Json:
    """Empty for one that nobody can use: without an id, or with a policy that we know nothing of."""
    usable = is_identifier(data.get("id")) and data.get("policy") in _POLICIES
    return picked(data, ("id", "policy")) if usable else {}


def _entries(value: object, shape: Callable[[Json], Json]) -> list[Json]:
    entries = value[:_MAX_ENTRIES] if isinstance(value, list) else []
    return [shown for entry in entries if isinstance(entry, dict) and (shown := shape(entry))]


def picked(data: Json, names: tuple[str, ...] | list[str]) -> dict[str, Any]:
    """Those of the fields `names` that hold something plain."""
    plain = {name: _plain(data.get(name)) for name in names}
    return {name: value for name, value in plain.items() if value is not None}


def _plain(value: object) -> str | int | float | bool | None:
    """A scalar that JSON, DynamoDB and browsers all take; None for anything else."""
    if isinstance(value, str):
        return value[:_MAX_TEXT].encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return value
    # NaN and infinity fail the comparison too; math.isfinite would overflow on the longest integers.
    if isinstance(value, int | float) and abs(value) < _MAX_NUMBER:
        return value
    return None


def _status(data: Json) -> str:
    status = data.get("status")
    return status if isinstance(status, str) else ""


def _identifier(data: Json, name: str) -> str:
    value = data.get(name)
    return value if is_identifier(value) else ""


def _within(most: int, document: Json) -> str:
    """Canonical JSON of the document, in at most `most` bytes: the largest fields go first."""
    while len((text := _canonical(document)).encode()) > most:
        largest = max(document, key=lambda name: len(_canonical({name: document[name]}).encode()))
        document = {name: value for name, value in document.items() if name != largest}
    return text


def _canonical(document: Json) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
