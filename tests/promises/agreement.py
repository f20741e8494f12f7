"""Whether the table, as its owners see it through the API, and Mux say the same: every difference, in words."""

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlencode

from mux_lifecycle.mux.tag import Tag
from tests import mux_events
from tests.world import STACK, World, pages

type Json = dict[str, Any]
type Kind = Literal["lost", "doubled", "ghost", "differs", "pending", "foreign"]

_NEVER_RECORDED: Final = {"status": "timed_out"}
"""An upload whose URL nobody ever got may be unknown here; at Mux it ends by itself."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`lost`: at Mux, but its owner does not see it · `doubled`: seen more than once · `ghost`: seen, but not at Mux ·
    `differs`: shown otherwise than it is · `pending`: still waiting for somebody · `foreign`: seen by who may not."""

    kind: Kind
    what: str


def differences(world: World, owners: Iterable[str]) -> list[Difference]:
    """What `owners` and administrators are shown, against what is there at Mux."""
    at_mux = {asset["id"]: asset for asset in world.mux_assets()}
    owned = {asset_id: tag for asset_id, asset in at_mux.items() if (tag := owner_tag(asset))}
    found: list[Difference] = []
    for owner in owners:
        listed = [asset for page in pages(world, limit=100, owner=owner) for asset in page]
        expected = {asset_id for asset_id, tag in owned.items() if tag.owner == owner}
        found += _list(owner, listed, expected, set(at_mux))
        found += [difference for asset in listed if asset["id"] in expected for difference in _asset(asset, at_mux)]
    everything = [asset["id"] for page in _everybody(world) for asset in page]
    found += [Difference("lost", f"asset {lost}: no administrator sees it") for lost in owned.keys() - set(everything)]
    found += [Difference("doubled", f"asset {asset_id}: in the admin list") for asset_id in _repeated(everything)]
    records = world.records()
    found += _uploads(world, records)
    found += [Difference("pending", f"{pk}: {record}") for pk, record in records.items() if _is_left_over(record)]
    return found


def owner_tag(asset: Json) -> Tag | None:
    """This stack's tag on an asset of Mux's; None for one that is none of ours."""
    return Tag.decode(asset.get("passthrough"), stack=STACK)


def mux_uploads(world: World) -> Iterator[Json]:
    """Every upload at Mux, newest first."""
    for page in itertools.count(1):
        uploads = world.mux_get("/video/v1/uploads?" + urlencode({"limit": 100, "page": page})).json()["data"]
        if not uploads:
            return
        yield from uploads


def _list(owner: str, listed: list[Json], expected: set[str], at_mux: set[str]) -> Iterator[Difference]:
    ids = [asset["id"] for asset in listed]
    for asset_id in expected - set(ids):
        yield Difference("lost", f"asset {asset_id}: {owner} does not see it")
    for asset_id in set(ids) - expected:
        kind: Kind = "foreign" if asset_id in at_mux else "ghost"
        yield Difference(kind, f"asset {asset_id}: {owner} sees it")
    for asset_id in _repeated(ids):
        yield Difference("doubled", f"asset {asset_id}: in {owner}'s list")


def _asset(shown: Json, at_mux: dict[str, Json]) -> Iterator[Difference]:
    known, real = _known(shown), _real(at_mux[shown["id"]])
    if shown["status"] == "deleting":
        yield Difference("pending", f"asset {shown['id']}: is still to be deleted")
    elif known != real:
        names = [name for name in real if known[name] != real[name]]
        told = ", ".join(f"{name} {known[name]} is {real[name]}" for name in names)
        yield Difference("differs", f"asset {shown['id']}: {told}")


def _known(shown: Json) -> Json:
    return _comparable(shown) | {
        "title": shown.get("title", ""),
        "visibility": shown["visibility"],
        "playable_by": shown["playable_by"],
        "static_renditions": _statuses(shown.get("static_renditions", [])),
    }


def _real(asset: Json) -> Json:
    tag = owner_tag(asset)
    playable_by = mux_events.playable_by(asset)
    return _comparable(asset) | {
        "title": asset.get("meta", {}).get("title", ""),
        "visibility": tag.visibility if tag and playable_by == "everyone" else "private",
        "playable_by": playable_by,
        "static_renditions": _statuses(asset.get("static_renditions", {}).get("files", [])),
    }


def _comparable(asset: Json) -> Json:
    """What both sides call by the same name."""
    return {
        "status": asset["status"],
        "upload_id": asset.get("upload_id"),
        "duration": asset.get("duration"),
        "playback_ids": {entry["id"]: entry["policy"] for entry in asset.get("playback_ids", [])},
        "tracks": _statuses(asset.get("tracks", [])),
    }


def _is_left_over(record: Json) -> bool:
    """Overdue, or an asset that may have been made or not. An upload may: it ends by itself, for nobody has its URL."""
    return int(record.get("due_at", time.time() + 1)) <= time.time() or (
        record.get("state") == "pending" and record["kind"] == "asset"
    )


def _statuses(parts: list[Json]) -> Json:
    # The files of mp4_support have no id.
    return {part.get("id") or part["name"]: part.get("status") for part in parts}


def _uploads(world: World, records: dict[str, Json]) -> Iterator[Difference]:
    for upload in mux_uploads(world):
        record = records.get(f"UPLOAD#{upload['id']}")
        if Tag.decode(upload["new_asset_settings"].get("passthrough"), stack=STACK) is None:
            if record:
                yield Difference("foreign", f"upload {upload['id']}: has a record")
            continue
        known = record or _NEVER_RECORDED
        for name in ("status", "asset_id"):
            if known.get(name) != upload.get(name):
                yield Difference("differs", f"upload {upload['id']}: {name} {known.get(name)} is {upload.get(name)}")


def _everybody(world: World) -> Iterator[list[Json]]:
    """Every page of what an administrator sees."""
    cursor = ""
    while True:
        query = urlencode({"scope": "all", "limit": 100} | ({"cursor": cursor} if cursor else {}))
        answer = world.call("list_assets", owner="root", groups=["admin"], query=query)
        yield answer.data
        cursor = answer.body["next_cursor"]
        if not cursor:
            return


def _repeated(ids: list[str]) -> list[str]:
    return [asset_id for asset_id, times in Counter(ids).items() if times > 1]
