"""The records of one owner, found by a scan: no index holds all kinds. The functions may not scan; this tool does."""

from itertools import batched
from typing import Any, Final

from mux_lifecycle.store import keys
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item, Refused, Table
from mux_lifecycle.times import microseconds

_BATCH: Final = 100


class OwnerRecords:
    """`client` is a DynamoDB client, `table` the same table's door."""

    def __init__(self, client: Any, table_name: str, table: Table, owner: str) -> None:
        self._client = client
        self._table_name = table_name
        self._table = table
        self._owner = owner

    def all(self) -> list[Item]:
        """Every record that names the owner, as it is now."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name,
            ConsistentRead=True,
            FilterExpression="#owner = :owner",
            ProjectionExpression="#pk",
            ExpressionAttributeNames={"#owner": "owner", "#pk": "pk"},
            ExpressionAttributeValues={":owner": {"S": self._owner}},
        )
        pks = [item["pk"]["S"] for page in pages for item in page["Items"]]
        found: list[Item] = []
        for batch in batched(pks, _BATCH, strict=False):
            found += self._table.get_all(list(batch), consistent=True)
        return [record for record in found if record.get("owner") == self._owner]

    def limits(self) -> str | None:
        """The key of what the owner holds against their limits, if there is such a record."""
        pk = keys.quota(self._owner)
        return pk if self._table.get(pk) else None

    def remove(self, record: Item) -> bool:
        """Delete a record that has stayed as it was read; whether it has."""
        values: Item = {name: record[name] for name in ("owner", "request") if name in record}
        condition = " AND ".join(f"#{name} = :{name}" for name in values)
        try:
            self._table.delete(text(record, "pk"), condition=condition, values=values)
        except Refused as refused:
            return not refused.item
        return True

    def remove_limits(self) -> None:
        """Delete what the owner holds; the next request of theirs would count anew."""
        pk = keys.quota(self._owner)
        try:
            self._table.delete(pk, condition="#pk = :pk", values={"pk": pk})
        except Refused:
            return

    def bury_upload(self, upload_id: str, *, now: float) -> bool:
        """Replace an upload's record, or the place where one was, by what keeps it from being made anew.

        Mux lists an upload with its tag for as long as it likes, and the reconcile adopts what has no record. So this
        one has no end. False when the upload belongs to somebody else.
        """
        remains: Item = {
            "pk": keys.upload(upload_id),
            "seen": keys.version("deleted", microseconds(now), now=now),
            "status": "cancelled",
        }
        condition = "attribute_not_exists(#pk) OR attribute_not_exists(#owner) OR #owner = :owner"
        try:
            self._table.put(remains, condition=condition, values={"owner": self._owner})
        except Refused:
            return False
        return True


def is_buried(upload: Item) -> bool:
    """Whether the record is what `bury_upload` leaves: newer than all that Mux can still tell of the upload."""
    return "owner" not in upload and text(upload, "seen").startswith(f"{keys.RANKS['deleted']}|")
