"""What Mux found in the inputs of ready assets: it never changes, so it is asked once and kept for a while.

Records of their own, so that lists do not grow by it.
"""

import contextlib
import json
from typing import Any, Final

from mux_lifecycle.store import keys
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item, Refused, Table

type Json = dict[str, Any]

KEPT_SECONDS: Final = 7 * 86_400
_MAX_BYTES: Final = 64_000


class Inputs:
    """The input information in one table. `now` is in epoch seconds."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, asset_id: str, *, now: float) -> list[Json] | None:
        """What is kept, or None."""
        record = self._table.get(keys.inputs(asset_id)) or {}
        # DynamoDB takes its time to delete what has expired.
        if number(record, "ttl") <= now:
            return None
        found: list[Json] = json.loads(text(record, "inputs"))
        return found

    def keep(self, asset_id: str, inputs: list[Json], *, owner: str, now: float) -> None:
        """Remember it, unless it is longer than any that makes sense."""
        document = json.dumps(inputs, separators=(",", ":"))
        if len(document) > _MAX_BYTES:
            return
        put: Item = {"inputs": document, "ttl": int(now) + KEPT_SECONDS}
        # The owner is named so that an erasure finds the record.
        if owner:
            put["owner"] = owner
        with contextlib.suppress(Refused):
            self._table.update(
                keys.inputs(asset_id),
                put=put,
                condition="attribute_not_exists(#ttl) OR #ttl <= :now",
                values={"now": int(now)},
            )
