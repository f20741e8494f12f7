"""How records are named: partition keys, index keys, and the version text that orders what happens to a record."""

import hashlib
import re
from typing import Final, Literal

from mux_lifecycle.times import MICROSECONDS, rfc3339

BY_OWNER: Final = "by-owner"
BY_OWNER_AND_STATUS: Final = "by-owner-and-status"
UPLOADS_BY_OWNER: Final = "uploads-by-owner"
LIBRARY_INDEX: Final = "library"
GALLERY_INDEX: Final = "gallery"
DUE: Final = "due"

LIBRARY: Final = "asset"
GALLERY: Final = "public"
DUE_PARTITION: Final = "due"

TOMBSTONE_SECONDS: Final = 7 * 86_400
FUTURE_TOLERANCE_SECONDS: Final = 300

RANKS: Final = {"waiting": 0, "preparing": 1, "deleted": 3, "rejected": 4, "discarded": 5}
"""`deleted`: gone at Mux · `rejected`: breaks a limit, whether gone or not · `discarded`: gone by its owner's wish.
Statuses not named here are final ones."""
_FINAL_RANK: Final = 2
_VERSION: Final = re.compile(r"[0-9]\|[0-9]{16}\|")

NEWER: Final = "(attribute_not_exists(#seen) OR #seen < :seen)"
"""The condition of a write whose version `:seen` must be greater than what stands."""

type PartKind = Literal["track", "rendition"]
type PartVersions = dict[tuple[PartKind, str], str]
"""Versions of tracks and renditions that have clocks of their own, by kind and id."""


def asset(asset_id: str) -> str:
    return f"ASSET#{asset_id}"


def upload(upload_id: str) -> str:
    return f"UPLOAD#{upload_id}"


def idempotency(owner: str, key: str) -> str:
    """An owner holds no `#`, so no two pairs of owner and key share a text."""
    return f"IDEMPOTENCY#{hashlib.sha256(f'{owner}#{key}'.encode()).hexdigest()}"


def quota(owner: str) -> str:
    return f"QUOTA#{hashlib.sha256(owner.encode()).hexdigest()}"


def inputs(asset_id: str) -> str:
    return f"INPUTS#{asset_id}"


BUDGET_OF_ALL: Final = "BUDGET#all"
"""The item with the budget of all owners together."""
TOTALS: Final = "QUOTA#stack"
"""The item of what all owners together have asked for; those of owners have a digest there."""


def checkpoint(name: str) -> str:
    return f"CHECKPOINT#{name}"


def sort(created_at: int, asset_id: str) -> str:
    """The position of an asset in every list: `created_at` (epoch seconds) as text, made unique by the id."""
    return f"{rfc3339(created_at)}#{asset_id}"


def sorted_id(position: str) -> str:
    """The asset id in a sort key."""
    return position.partition("#")[2]


def part(kind: PartKind, part_id: str) -> tuple[str, str]:
    """The attributes of an asset's record that hold the document and the version of a track or rendition."""
    return f"{kind}#{part_id}", f"{kind}_v#{part_id}"


def owner_status(owner: str, status: str) -> str:
    return f"{owner}#{status}"


def version(status: str, micros: int | None, event_id: str = "", *, now: float) -> str:
    """`rank|microseconds|event id`, which sorts as text.

    A time that is missing or more than five minutes ahead of `now` (epoch seconds) counts as the oldest of its rank:
    it may be wrong, and must not keep later events out.
    """
    rank = RANKS.get(status, _FINAL_RANK)
    if micros is None or micros > (now + FUTURE_TOLERANCE_SECONDS) * MICROSECONDS:
        micros = 0
    return f"{rank}|{micros:016d}|{event_id}"


def discarded(version_text: str) -> str:
    """The same version, as that of an asset which is gone because its owner wished it."""
    return f"{RANKS['discarded']}|{version_text.partition('|')[2]}"


def is_version(text: str) -> bool:
    """Whether `text` can be compared with versions."""
    return bool(_VERSION.match(text))


def version_micros(version_text: str) -> int:
    """The microseconds in a version; 0 when its time was not usable."""
    return int(version_text.split("|", 2)[1])


def version_rank(version_text: str) -> int:
    return int(version_text.split("|", 1)[0])


def is_observed(version_text: str) -> bool:
    """Whether the version is that of something we saw or did ourselves, not of an event."""
    return version_text.endswith("|")


def whole_second(version_text: str) -> tuple[int, int]:
    """Rank and second of a version; Mux's events are no more precise than that."""
    return version_rank(version_text), version_micros(version_text) // MICROSECONDS
