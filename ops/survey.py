"""What belongs to an owner, in the table and at Mux. Changes nothing.

An asset is the owner's when its record and its tag at Mux agree, or when only one of the two speaks. Where they
disagree, and where somebody else's text stands in the place of the tag, the asset is left alone and reported.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from mux_lifecycle.errors import MuxMalformed, MuxNotFound, WrongEnvironment
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.projection import AssetChange, UploadChange
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.workflows.environment import Environment
from ops.owner_records import OwnerRecords, is_buried

_PAGE: Final = 100
_OTHERS: Final = "its record names another owner"
_DISAGREE: Final = "its record names this owner, its passthrough at Mux somebody else"
_NOT_UNDERSTOOD: Final = "what Mux says of it is not understood"


@dataclass(slots=True)
class Owned:
    """All that was found. `assets` and `uploads` are by id, with what Mux says of them if the table does not know them.

    `waiting` are the uploads that can still become an asset; `left` says why something is left alone, by what it is.
    """

    assets: dict[str, AssetChange | None] = field(default_factory=dict)
    uploads: dict[str, UploadChange | None] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    records: list[Item] = field(default_factory=list)
    limits: str | None = None
    left: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.assets or self.uploads or self.records or self.limits)


class Survey:
    """Looks for all of one owner. `now` gives epoch seconds."""

    def __init__(
        self,
        *,
        mux: MuxClient,
        assets: Assets,
        uploads: Uploads,
        records: OwnerRecords,
        environment: Environment,
        stack: str,
        owner: str,
        now: Callable[[], float],
    ) -> None:
        self._mux = mux
        self._assets = assets
        self._uploads = uploads
        self._records = records
        self._environment = environment
        self._stack = stack
        self._owner = owner
        self._now = now

    def take(self) -> Owned:
        """Everything of the owner. Raises WrongEnvironment before anything is believed that another Mux said."""
        self._environment.confirm()
        found = Owned()
        known: dict[str, Item] = {}
        upload_records: dict[str, Item] = {}
        for record in self._records.all():
            kind, _, name = text(record, "pk").partition("#")
            match kind:
                case "ASSET":
                    known[name] = record
                case "UPLOAD":
                    upload_records[name] = record
                case _:
                    found.records.append(record)
        made = self._look_at_uploads(found, upload_records)
        listed = self._look_at_list(found, known, upload_records)
        # What Mux does not list is asked for by its id: a list may be late, and an upload may have become an asset.
        for asset_id in sorted((known.keys() | made) - listed):
            self._look_at_unlisted(found, asset_id, known.get(asset_id))
        found.limits = self._records.limits()
        return found

    def asset(self, found: Owned, asset_id: str) -> None:
        """Look at an asset that has come into being meanwhile."""
        self._look_at_unlisted(found, asset_id, None)

    def _look_at_uploads(self, found: Owned, records: dict[str, Item]) -> set[str]:
        """The ids of the assets that the owner's uploads have become."""
        made = {text(record, "asset_id") for record in records.values() if "asset_id" in record}
        for upload_id, record in records.items():
            found.uploads[upload_id] = None
            if text(record, "status") == "waiting":
                found.waiting.add(upload_id)
        for entry, sent_at in self._uploads_at_mux():
            change = projection.observed_upload(entry, sent_at=sent_at, stack=self._stack)
            if change is None or change.tag is None:
                continue
            known = change.upload_id in records
            theirs = change.tag.owner == self._owner
            if known and not theirs:
                self._leave(found, f"upload {change.upload_id}", _DISAGREE)
                found.uploads.pop(change.upload_id, None)
                found.waiting.discard(change.upload_id)
            elif theirs and (known or self._add_upload(found, change)) and change.asset_id:
                made.add(change.asset_id)
        return made

    def _add_upload(self, found: Owned, change: UploadChange) -> bool:
        """Take in an upload of the owner's that has no record of theirs, unless it is dealt with or somebody else's."""
        record = self._uploads.find(change.upload_id) or {}
        if is_buried(record):
            return False
        if record.get("owner", self._owner) != self._owner:
            self._leave(found, f"upload {change.upload_id}", _OTHERS)
            return False
        found.uploads[change.upload_id] = change
        if change.status == "waiting":
            found.waiting.add(change.upload_id)
        return True

    def _look_at_list(self, found: Owned, known: dict[str, Item], uploads: dict[str, Item]) -> set[str]:
        """The ids of all that Mux lists."""
        listed: set[str] = set()
        for entry, sent_at in self._assets_at_mux():
            asset_id = str(entry.get("id"))
            listed.add(asset_id)
            tag = Tag.decode(entry.get("passthrough"), stack=self._stack)
            tagged = tag is not None and tag.owner == self._owner
            uploaded = not entry.get("passthrough") and str(entry.get("upload_id")) in uploads
            if asset_id in known or tagged or uploaded:
                self._look_at(found, entry, sent_at, known.get(asset_id))
        return listed

    def _look_at_unlisted(self, found: Owned, asset_id: str, record: Item | None) -> None:
        sent_at = self._now()
        try:
            entry = self._mux.get_asset(asset_id)
        except MuxNotFound:
            self._environment.confirm()
            if record is not None:
                found.assets[asset_id] = None
            return
        self._look_at(found, entry, sent_at, record)

    def _look_at(self, found: Owned, entry: dict[str, Any], sent_at: float, record: Item | None) -> None:
        """Decide whether an asset that Mux shows is the owner's, `record` being theirs if there is one."""
        asset_id = str(entry.get("id"))
        subject = f"asset {asset_id}"
        passthrough = entry.get("passthrough")
        tag = Tag.decode(passthrough, stack=self._stack)
        if passthrough and (tag is None or tag.owner != self._owner):
            if record is not None:
                self._leave(found, subject, _DISAGREE)
            return
        if record is not None:
            found.assets[asset_id] = None
            return
        stored = self._assets.stored(asset_id)
        if text(stored, "status") == "deleted":
            # Mux's list is late: a tombstone stands.
            return
        if stored.get("owner", self._owner) != self._owner:
            self._leave(found, subject, _OTHERS)
            return
        change = projection.observed_asset(entry, sent_at=sent_at, stack=self._stack)
        if change is None:
            self._leave(found, subject, _NOT_UNDERSTOOD)
            return
        found.assets[asset_id] = change

    @staticmethod
    def _leave(found: Owned, subject: str, why: str) -> None:
        found.left[subject] = why

    def _assets_at_mux(self) -> Iterator[tuple[dict[str, Any], float]]:
        cursor: str | None = None
        used: set[str] = set()
        while True:
            sent_at = self._now()
            try:
                page = self._mux.list_assets(cursor=cursor, limit=_PAGE)
            except MuxNotFound as error:
                raise WrongEnvironment("Mux shows no list of assets to this token") from error
            # After the list, not before: it may have been the first to use a new token.
            self._environment.confirm()
            for entry in page.assets:
                yield entry, sent_at
            cursor = page.next_cursor
            if not cursor:
                return
            if cursor in used:
                raise MuxMalformed("the list of assets goes round in circles")
            used.add(cursor)

    def _uploads_at_mux(self) -> Iterator[tuple[dict[str, Any], float]]:
        number = 1
        before: list[str] = []
        while True:
            sent_at = self._now()
            try:
                entries = self._mux.list_uploads(page=number, limit=_PAGE)
            except MuxNotFound as error:
                raise WrongEnvironment("Mux shows no list of uploads to this token") from error
            self._environment.confirm()
            ids = [str(entry.get("id")) for entry in entries]
            if not entries:
                return
            if ids == before:
                raise MuxMalformed("the list of uploads does not go on")
            for entry in entries:
                yield entry, sent_at
            before = ids
            number += 1
