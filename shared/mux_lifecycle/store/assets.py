"""Asset records: what may be written to them and when, as conditional updates; and how they are read.

A record of an asset holds `seen` (its version), `status`, `doc` (what is only shown), `owner`, `visibility`, the index
keys, and for each track or rendition with a clock of its own `track#ID` and `track_v#ID` (likewise `rendition`).
"""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from copy import replace
from functools import partial
from typing import Final, Literal

from mux_lifecycle.errors import Conflict, NotFound, StoreUnavailable
from mux_lifecycle.store import feed, keys
from mux_lifecycle.store.ledger import Ledger, slot
from mux_lifecycle.store.pages import Page, cut, page
from mux_lifecycle.store.projection import AssetChange, AssetDeletion, PartChange, is_watchable
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item, Refused, Table
from mux_lifecycle.times import MICROSECONDS

type Outcome = Literal["applied", "stale", "ignored"]

SEARCHED: Final = 500
"""The most records that one page of a search reads, whatever is searched for."""
SEARCHED_AT_ONCE: Final = 100
"""The most records that one call of a search reads, so that the answer comes in time."""
STUCK_SECONDS: Final = 1800
"""An asset that is still preparing so long after its creation is asked about at Mux."""

# The first may assume the wrong owner or visibility; the second has them from the record.
_WRITES: Final = 3
DELETION_SECONDS: Final = 60
"""A wish to delete is carried out at once by who expresses it; after so long, by the cleanup."""
MAX_PARTS: Final = 100
"""So many tracks and static renditions with clocks of their own fit into a record: DynamoDB's items hold 400 KB."""
# The largest records of a list that reads them one by one would be 28 MB.
_BATCH: Final = 25
# The text of an update may have 4 KB.
_MOST_FORGOTTEN: Final = 50

REJECTED_SECONDS: Final = 30 * 86_400
"""How long the record of a rejected asset is kept once that is gone."""

_REJECTED: Final = f"{keys.RANKS['rejected']}|"
_VERSIONED: Final[dict[str, keys.PartKind]] = {"track_v": "track", "rendition_v": "rendition"}
_NOT_WISHED: Final = "attribute_not_exists(#delete_requested_at)"
_DIFFERS: Final = "attribute_not_exists(#doc) OR #doc <> :doc OR #status <> :status"
_NO_OWNER: Final = "attribute_not_exists(#owner)"
_NO_VISIBILITY: Final = "attribute_not_exists(#visibility)"
_NO_LATER_DOUBT: Final = "(attribute_not_exists(#doubt_at) OR #doubt_at <= :micros)"
_SAME_OWNER: Final = "(attribute_not_exists(#owner) OR #owner = :owner)"


class Assets:
    """The asset records of one table. What an asset holds in the ledger is given back when it is gone."""

    def __init__(self, table: Table, ledger: Ledger) -> None:
        self._table = table
        self._ledger = ledger

    def get(self, asset_id: str, *, owner: str | None) -> Item:
        """The record, if `owner` may see it (None: anybody's); else NotFound."""
        record = self.find(asset_id)
        if record is None or (owner is not None and record.get("owner") != owner):
            raise NotFound("no such asset")
        return record

    def get_all(self, asset_ids: Iterable[str], *, owner: str | None) -> list[Item]:
        """Those of at most 100 assets that exist and that `owner` may see (None: anybody's), in the order given."""
        wanted = [keys.asset(asset_id) for asset_id in dict.fromkeys(asset_ids)]
        found = self._table.get_all(wanted, consistent=True)
        return [record for record in found if exists(record) and owner in (None, record.get("owner"))]

    def find(self, asset_id: str) -> Item | None:
        """The record of an asset that exists, whoever owns it. Tombstones and loose parts are none."""
        record = self.stored(asset_id)
        return record if exists(record) else None

    def stored(self, asset_id: str) -> Item:
        """What is stored under the asset's id, tombstones too; empty when there is nothing."""
        return self._table.get(keys.asset(asset_id)) or {}

    def page(
        self,
        owner: str,
        status: str | None,
        *,
        limit: int,
        after: str | None,
        since: str = "",
        oldest_first: bool = False,
        matches: Callable[[Item], bool] | None = None,
    ) -> Page:
        """At most `limit` records behind the position `after`, newest first unless `oldest_first`.

        `since` is a sort key: nothing older is read. With `matches`, the page holds only matching records, and at most
        SEARCHED records are read: the page may be short or empty without being the last one.
        """
        index, name, value = (
            (keys.BY_OWNER_AND_STATUS, "owner_status", keys.owner_status(owner, status))
            if status
            else (keys.BY_OWNER, "owner", owner)
        )
        read = partial(self._ordered, index, name, value, since=since, oldest_first=oldest_first)
        if matches:
            return _search(read, matches, limit, after)
        items, more = read(limit=limit, after=after)
        return page(items, limit, more=more)

    def library(self, *, limit: int, after: str | None, oldest_first: bool = False) -> Page:
        """`page`, over everybody's assets. One that was deleted meanwhile may be missing from its page."""
        items, more = self._ordered(
            keys.LIBRARY_INDEX, "library", keys.LIBRARY, limit=limit, after=after, oldest_first=oldest_first
        )
        indexed = page(items, limit, more=more)
        return Page(self._records(indexed.entries), indexed.after)

    def _records(self, indexed: Iterable[tuple[str, Item]]) -> Iterator[tuple[str, Item]]:
        """The records behind entries of an index, read as they are taken."""
        for batch in itertools.batched(indexed, _BATCH, strict=False):
            found = self._table.get_all([text(item, "pk") for _, item in batch])
            records = {text(record, "pk"): record for record in found if exists(record)}
            yield from ((at, records[pk]) for at, item in batch if (pk := text(item, "pk")) in records)

    def stored_by_id(self, asset_ids: list[str]) -> dict[str, Item]:
        """`stored` for at most 100 ids, without those of which nothing is stored; a moment old perhaps."""
        found = self._table.get_all([keys.asset(asset_id) for asset_id in asset_ids])
        return {text(item, "pk").removeprefix("ASSET#"): item for item in found}

    def positions(self, *, newest: str, oldest: str, limit: int, after: str | None) -> tuple[list[str], str | None]:
        """Positions in the library from `newest` down to `oldest`, at most `limit` behind `after`, and where to go on.

        Those of assets that were deleted or made in this very moment may be wrong.
        """
        items, more = self._table.query(
            keys.LIBRARY_INDEX,
            condition="#library = :library AND #sort BETWEEN :oldest AND :newest",
            values={"library": keys.LIBRARY, "oldest": oldest, "newest": newest},
            limit=limit,
            descending=True,
            start=_start("library", keys.LIBRARY, after),
        )
        found = [text(item, "sort") for item in items]
        return found, found[-1] if found and more else None

    def gallery(self, *, limit: int, after: str | None) -> Page:
        """`page`, over what is published: `doc` and `sort` of assets that are ready and anybody may watch."""
        items, more = self._ordered(keys.GALLERY_INDEX, "gallery", keys.GALLERY, limit=limit, after=after)
        return page(items, limit, more=more)

    def apply(self, change: AssetChange, *, owner: str | None, compared: bool = False) -> Outcome:
        """Write a snapshot unless a newer one, a tombstone or a wish to delete stands.

        `owner` is who owns the asset if the record does not say otherwise. An observation is written only if it differs
        from the snapshot that stands, unless the caller has `compared` more than that.
        """
        if compared:
            change = replace(change, observed=False)
        visibility, doubted = change.tag.visibility if change.tag else "", False
        for _ in range(_WRITES):
            try:
                self._write(change, owner, visibility, doubted=doubted)
            except Refused as refused:
                old = refused.item
                if old.get("seen") == change.version:
                    self._fill_facts(old, change, owner, visibility)
                    return "applied"
                if not self._only_misnamed(old, change, visibility):
                    self._fill_facts(old, change, owner, visibility)
                    if _in_doubt(old, change):
                        at = keys.version_micros(change.version) // MICROSECONDS
                        self.look_again(change.asset_id, at=at, since=at)
                    return "stale"
                owned_by = text(old, "owner")
                if not visibility or (owned_by and owned_by != owner):
                    owner, visibility = owned_by or owner, text(old, "visibility")
                doubted = number(old, "doubt_at") > keys.version_micros(change.version)
            else:
                return "applied"
        raise StoreUnavailable("the record changes too fast: try again")

    def look_again(self, asset_id: str, *, at: int, since: float) -> None:
        """Have the cleanup ask Mux about the asset `at` a time, unless it waits for its deletion.

        The record is in doubt `since` another time: no snapshot from before then takes the look away. Both are epoch
        seconds.
        """
        with contextlib.suppress(Refused):
            self._table.update(
                keys.asset(asset_id),
                put={"due": keys.DUE_PARTITION, "due_at": at, "doubt_at": int(since * MICROSECONDS)},
                condition=f"attribute_exists(#seen) AND #status <> :deleted AND {_NOT_WISHED}",
                values={"deleted": "deleted"},
            )

    def bury(self, deletion: AssetDeletion, *, now: float) -> Outcome:
        """Replace the record, if any, by a tombstone that outlives every repetition of an older event.

        The record of a rejected asset stays, to tell its owner why, unless its owner wishes it away as well.
        """
        tombstone: Item = {
            "pk": keys.asset(deletion.asset_id),
            "seen": deletion.version,
            "status": "deleted",
            "ttl": int(now) + keys.TOMBSTONE_SECONDS,
        }
        tombstone |= feed.facts(deletion.asset_id, None)
        condition = keys.NEWER if deletion.wished else f"{keys.NEWER} AND {_NOT_WISHED}"
        try:
            old = self._table.put(tombstone, condition=condition, values={"seen": deletion.version})
        except Refused as refused:
            if "delete_requested_at" in refused.item and not deletion.wished:
                return self.bury(deletion.as_wished(), now=now)
            return "applied" if refused.item.get("seen") == deletion.version else "stale"
        self._give_back(old)
        return "applied"

    def note_gone(self, asset_id: str, *, now: float) -> None:
        """A rejected asset is gone at Mux. Its record stays for a while, unless its owner has wished it away."""
        with contextlib.suppress(Refused):
            record = self._table.update(
                keys.asset(asset_id),
                put={"gone_at": int(now), "ttl": int(now) + REJECTED_SECONDS},
                remove=["library", "due", "due_at", "doubt_at"],
                condition=f"begins_with(#seen, :rejected) AND {_NOT_WISHED}",
                values={"rejected": _REJECTED},
                fetch=True,
            )
            self._give_back(record)

    def apply_part(self, change: PartChange) -> Outcome:
        """Write a track or rendition on its own clock; the asset's own status and version are not touched."""
        document, version = keys.part(change.kind, change.part_id)
        try:
            record = self._table.update(
                keys.asset(change.asset_id),
                put={document: change.document, version: change.version},
                condition="(attribute_not_exists(#own) OR #own < :own) AND #status <> :deleted",
                values={"own": change.version, "deleted": "deleted"},
                names={"#own": version},
                fetch=True,
            )
        except Refused as refused:
            return "applied" if refused.item.get(version) == change.version else "stale"
        surplus = len(part_versions(record)) - MAX_PARTS
        return self._forget_parts(change, record, surplus) if surplus > 0 else "applied"

    def _forget_parts(self, change: PartChange, record: Item, surplus: int) -> Outcome:
        """What was deleted first is forgotten first; when nothing was, `change` itself, and that is `ignored`."""
        versions = part_versions(record)
        deleted = sorted((part for part in versions if _is_deleted(versions[part])), key=lambda part: versions[part])
        forgotten = deleted[: min(surplus, _MOST_FORGOTTEN)] or [(change.kind, change.part_id)]
        _, version = keys.part(change.kind, change.part_id)
        # When somebody wrote a newer version of this part meanwhile, they forget what is too much.
        with contextlib.suppress(Refused):
            self._table.update(
                keys.asset(change.asset_id),
                put={},
                remove=[attribute for part in forgotten for attribute in keys.part(*part)],
                condition="#own = :own",
                values={"own": change.version},
                names={"#own": version},
            )
        return "applied" if deleted else "ignored"

    def request_deletion(self, asset_id: str, *, owner: str | None, now: float) -> Item:
        """Store the wish to delete, for as long as it takes; the record as it is then.

        With `owner` None the wish is an administrator's and holds for anybody's asset. Raises NotFound, and Conflict
        for a foreign one: nothing here deletes what was not made here.
        """
        if owner is None:
            owner = text(self.get(asset_id, owner=None), "owner")
            if not owner:
                raise Conflict("the asset was not made through this API: delete it at Mux")
        put: Item = {"status": "deleting", "due": keys.DUE_PARTITION, "due_at": int(now) + DELETION_SECONDS}
        put |= _listed(owner, "", "deleting", watchable=False)
        try:
            return self._table.update(
                keys.asset(asset_id),
                put=put,
                once={"delete_requested_at": int(now)},
                remove=["gallery"],
                condition="attribute_exists(#seen) AND #status <> :deleted AND #owner = :owner",
                values={"deleted": "deleted", "owner": owner},
                fetch=True,
            )
        except Refused as refused:
            raise NotFound("no such asset") from refused

    def _give_back(self, record: Item) -> None:
        if "owner" in record:
            self._ledger.give_back(text(record, "owner"), slot(record), "assets")

    def _ordered(
        self,
        index: str,
        name: str,
        value: str,
        *,
        limit: int,
        after: str | None,
        since: str = "",
        oldest_first: bool = False,
    ) -> tuple[list[Item], bool]:
        """One more than `limit`: that tells whether there is a next page without a page that turns out to be empty."""
        return self._table.query(
            index,
            condition=f"#{name} = :partition" + (" AND #sort >= :since" if since else ""),
            values={"partition": value} | ({"since": since} if since else {}),
            limit=limit + 1,
            descending=not oldest_first,
            start=_start(name, value, after),
        )

    def _write(self, change: AssetChange, owner: str | None, visibility: str, *, doubted: bool) -> None:
        """Write a snapshot. With `doubted` it is older than a doubt about the record, which stays due."""
        put: Item = {
            "seen": change.version,
            "status": change.status,
            "doc": change.document,
            "library": keys.LIBRARY,
            # Mux's created_at never changes; only where it is missing does the newest snapshot's own time decide.
            "sort": keys.sort(change.created_at, change.asset_id),
        }
        put |= _listed(owner, visibility, change.status, watchable=change.watchable)
        values: Item = {"seen": change.version}
        if owner:
            values |= {"owner": owner}
        condition = f"{keys.NEWER} AND {_NOT_WISHED} AND {_SAME_OWNER if owner else _NO_OWNER}"
        if not visibility:
            condition += f" AND {_NO_VISIBILITY}"
        if change.observed:
            differs = _DIFFERS
            values |= {"doc": change.document, "status": change.status}
            if visibility:
                differs += " OR #visibility <> :visibility"
                values |= {"visibility": visibility}
            condition += f" AND ({differs})"
        absent: tuple[str, ...] = ("gallery",)
        if not doubted or change.rejected:
            put |= _due(owner, change)
            absent += ("due", "due_at", "doubt_at")
        if not doubted:
            condition += f" AND {_NO_LATER_DOUBT}"
            values |= {"micros": keys.version_micros(change.version)}
        # Only a rejection is written over a tombstone, or over the record of what was gone already.
        absent += ("ttl", "gone_at") if change.rejected else ()
        self._table.update(
            keys.asset(change.asset_id),
            put=put,
            once=_facts(change, owner),
            remove=[name for name in absent if name not in put],
            condition=condition,
            values=values,
        )

    @staticmethod
    def _only_misnamed(old: Item, change: AssetChange, visibility: str) -> bool:
        """Whether a write was refused for nothing but the owner or visibility it assumed."""
        differs = old.get("doc") != change.document or old.get("status") != change.status
        differs = differs or (bool(visibility) and text(old, "visibility") != visibility)
        newer = text(old, "seen") < change.version
        return newer and "delete_requested_at" not in old and (differs or not change.observed)

    def _fill_facts(self, old: Item, change: AssetChange, owner: str | None, visibility: str) -> None:
        """Owner and links are facts: also a stale or repeated snapshot may fill them in, once."""
        facts = missing_facts(old, change, owner)
        if not facts or not exists(old):
            return
        condition = "#seen = :seen"
        if "owner" in facts:
            # The record's own visibility is newer than that of a stale snapshot.
            visibility = text(old, "visibility") or visibility
            facts |= _listed(owner, visibility, shown_status(old), watchable=is_watchable(text(old, "doc")))
            # Who has an owner meanwhile may have a wish to delete too, and must not come back into list and gallery.
            condition += f" AND {_NO_OWNER}"
        # When somebody wrote a newer version meanwhile, its facts stand; else the next event fills them in.
        with contextlib.suppress(Refused):
            self._table.update(
                keys.asset(change.asset_id), put=facts, condition=condition, values={"seen": text(old, "seen")}
            )


def _in_doubt(old: Item, change: AssetChange) -> bool:
    """Whether a stale event may be later than what we saw ourselves: Mux stamps whole seconds, and this is the same."""
    seen = text(old, "seen")
    if change.observed or change.status == "preparing" or not keys.is_observed(seen):
        return False
    differs = old.get("doc") != change.document or old.get("status") != change.status
    return differs and keys.whole_second(seen) == keys.whole_second(change.version)


def _facts(change: AssetChange, owner: str | None) -> Item:
    """What never changes once it is known."""
    facts = feed.facts(change.asset_id, owner)
    if owner:
        facts |= {"owner": owner}
    if change.tag and change.tag.owner == owner:
        facts |= {"request": change.tag.request}
    if change.tag and change.tag.max_duration:
        facts |= {"max_duration": change.tag.max_duration}
    if change.upload_id:
        facts |= {"upload_id": change.upload_id}
    return facts


def _search(
    read: Callable[..., tuple[list[Item], bool]], matches: Callable[[Item], bool], limit: int, after: str | None
) -> Page:
    """The first `limit` matching records behind `after`, read in parts until the page is full."""
    entries: list[tuple[str, Item]] = []
    for searched in range(0, SEARCHED, SEARCHED_AT_ONCE):
        items, more = read(limit=min(SEARCHED - searched, SEARCHED_AT_ONCE) - 1, after=after)
        entries += [(text(item, "sort"), item) for item in items if matches(item)]
        after = text(items[-1], "sort") if items and more else None
        if after is None or len(entries) > limit:
            break
    return cut(entries, limit, after=after)


def _start(name: str, value: str, after: str | None) -> Item | None:
    """The key from which a query of the index whose partition key is `name` goes on."""
    return {"pk": keys.asset(keys.sorted_id(after)), "sort": after, name: value} if after else None


def _listed(owner: str | None, visibility: str, status: str, *, watchable: bool) -> Item:
    """The attributes that put a record into its owner's filtered list and the gallery."""
    listed: Item = {}
    if owner:
        listed |= {"owner_status": keys.owner_status(owner, status)}
    if visibility:
        listed |= {"visibility": visibility}
    if owner and visibility == "public" and status == "ready" and watchable:
        listed |= {"gallery": keys.GALLERY}
    return listed


def _due(owner: str | None, change: AssetChange) -> Item:
    """When an asset that is still preparing or must go is looked at; foreign ones are nobody's to heal."""
    if owner and change.rejected:
        return {"due": keys.DUE_PARTITION, "due_at": keys.version_micros(change.version) // MICROSECONDS}
    if not owner or change.status != "preparing":
        return {}
    return {"due": keys.DUE_PARTITION, "due_at": change.created_at + STUCK_SECONDS}


def new_record(change: AssetChange) -> Item:
    """The record of an asset of which nothing but `change` is known, as far as it is shown."""
    record: Item = {
        "pk": keys.asset(change.asset_id),
        "seen": change.version,
        "status": change.status,
        "doc": change.document,
        "sort": keys.sort(change.created_at, change.asset_id),
    }
    if change.upload_id:
        record["upload_id"] = change.upload_id
    return record


def missing_facts(record: Item, change: AssetChange, owner: str | None) -> Item:
    """Owner and links that `change` knows and the record does not."""
    return {name: value for name, value in _facts(change, owner).items() if name not in record}


def part_versions(record: Item) -> keys.PartVersions:
    """The record's, deleted parts too."""
    names = {name: name.partition("#") for name in record if "#" in name}
    return {
        (_VERSIONED[kind], part_id): text(record, name)
        for name, (kind, _, part_id) in names.items()
        if kind in _VERSIONED
    }


def is_full(record: Item) -> bool:
    """Whether the record has as many tracks and renditions as it can keep."""
    return sum(not _is_deleted(own) for own in part_versions(record).values()) >= MAX_PARTS


def is_part_deleted(record: Item, kind: keys.PartKind, part_id: str) -> bool:
    """Whether the record knows that the track or rendition is gone; its id never comes again."""
    own = part_versions(record).get((kind, part_id))
    return own is not None and _is_deleted(own)


def _is_deleted(version: str) -> bool:
    return keys.version_rank(version) == keys.RANKS["deleted"]


def exists(record: Item) -> bool:
    """Whether the record stands for an asset that can be shown."""
    return "seen" in record and record.get("status") != "deleted"


def is_rejected(record: Item) -> bool:
    """Whether the asset breaks a limit that it was made under: it is removed at Mux, and its record says why."""
    return text(record, "seen").startswith(_REJECTED)


def is_at_mux(record: Item) -> bool:
    """Whether the asset is there, and counts, as far as we know."""
    return exists(record) and "gone_at" not in record


def shown_status(record: Item) -> str:
    """The status callers see: Mux's, or `deleting` once its deletion was asked for."""
    return "deleting" if "delete_requested_at" in record else text(record, "status")
