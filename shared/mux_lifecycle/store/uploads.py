"""Upload records: what may be written to them and when. Never the upload's URL, which is a key to write with."""

import contextlib
from typing import Any, Final

from mux_lifecycle.errors import NotFound
from mux_lifecycle.request_ids import made_at
from mux_lifecycle.store import keys
from mux_lifecycle.store.assets import STUCK_SECONDS, Outcome
from mux_lifecycle.store.ledger import Ledger
from mux_lifecycle.store.projection import UploadChange
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item, Refused, Table

FINAL_SECONDS: Final = 30 * 86_400
"""How long the record of a finished upload is kept."""
GRACE_SECONDS: Final = 60
"""Mux is asked about a waiting upload so long after its timeout."""


class Uploads:
    """The upload records of one table. What an upload holds in the ledger is given back when it ends."""

    def __init__(self, table: Table, ledger: Ledger) -> None:
        self._table = table
        self._ledger = ledger

    def get(self, upload_id: str, *, owner: str | None, now: float) -> Item:
        """The record, if `owner` may see it (None: anybody's) and its time is not over; else NotFound."""
        record = self.find(upload_id)
        if record is None or (owner is not None and record.get("owner") != owner):
            raise NotFound("no such upload")
        # DynamoDB takes its time to delete what has expired.
        if "ttl" in record and number(record, "ttl") <= now:
            raise NotFound("no such upload")
        return record

    def find(self, upload_id: str) -> Item | None:
        """The record, whoever owns it."""
        return self._table.get(keys.upload(upload_id))

    def found_by_id(self, upload_ids: list[str]) -> dict[str, Item]:
        """`find` for at most 100 ids, without those that have no record; a moment old perhaps."""
        found = self._table.get_all([keys.upload(upload_id) for upload_id in upload_ids])
        return {text(item, "pk").removeprefix("UPLOAD#"): item for item in found}

    def owner(self, upload_id: str) -> str | None:
        """Who owns the upload, or None when it is not known."""
        record = self.find(upload_id)
        return text(record, "owner") or None if record else None

    def apply(self, change: UploadChange, *, now: float) -> Outcome:
        """Write what an event or answer says, unless something newer stands. Foreign uploads get no record."""
        try:
            record = self._table.update(**update(change, now=now), fetch=True)
        except Refused as refused:
            if refused.item.get("seen") == change.version:
                self._end(refused.item, change)
                return "applied"
            if change.asset_id and refused.item and "asset_id" not in refused.item:
                self._link(change)
            return "stale"
        self._end(record, change)
        return "applied"

    def settle(self, upload_id: str) -> None:
        """Its asset is accounted for: the upload is due no more."""
        with contextlib.suppress(Refused):
            self._table.update(
                keys.upload(upload_id), put={}, remove=["due", "due_at"], condition="attribute_exists(#seen)"
            )

    def _end(self, record: Item, change: UploadChange) -> None:
        owner, request = text(record, "owner"), text(record, "request")
        if change.status != "waiting" and owner and request:
            self._ledger.end_upload(owner, request, became_asset="asset_id" in record)

    def _link(self, change: UploadChange) -> None:
        # Nothing is there to link when the record has expired since.
        with contextlib.suppress(Refused):
            self._table.update(
                keys.upload(change.upload_id),
                put={},
                once={"asset_id": change.asset_id},
                condition="attribute_exists(#seen)",
            )


def update(change: UploadChange, *, now: float) -> dict[str, Any]:
    """The arguments of `Table.update` that write `change`."""
    once: dict[str, str | int] = {}
    put: dict[str, str | int] = {"seen": change.version, "status": change.status}
    remove: list[str] = []
    condition = keys.NEWER
    if change.status != "waiting":
        put |= {"ttl": int(now) + FINAL_SECONDS}
    if change.status == "waiting":
        put |= {"due": keys.DUE_PARTITION, "due_at": change.expires_at + GRACE_SECONDS}
    elif change.asset_id:
        # Should all of the asset's own events get lost, this is how anybody hears of it.
        put |= {"due": keys.DUE_PARTITION, "due_at": min(change.at, int(now)) + STUCK_SECONDS}
    else:
        remove = ["due", "due_at"]
    if change.error:
        put |= {"error": change.error}
    else:
        remove.append("error")
    if change.asset_id:
        once |= {"asset_id": change.asset_id}
    if change.tag:
        once |= {"owner": change.tag.owner, "request": change.tag.request}
        # The request alone decides, so that any order of events ends in one record.
        if asked_at := made_at(change.tag.request, now=now):
            once |= {"asked_at": asked_at}
    else:
        condition += " AND attribute_exists(#seen)"
    return {
        "pk": keys.upload(change.upload_id),
        "put": put,
        "once": once,
        "remove": remove,
        "condition": condition,
        "values": {"seen": change.version},
    }
