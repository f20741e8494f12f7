"""Due records: those that somebody must look at by a certain time."""

from dataclasses import dataclass

from mux_lifecycle.store import keys
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item, Refused, Table


@dataclass(frozen=True, slots=True)
class DuePage:
    """Partition keys of due records, longest overdue first, and the position to go on from.

    `since` is when (epoch seconds) the first of them was due.
    """

    pks: list[str]
    since: int | None
    next: Item | None


class Due:
    """The due index of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, *, now: float, limit: int, start: Item | None = None) -> DuePage:
        """Records due at `now` (epoch seconds)."""
        items, more = self._table.query(
            keys.DUE,
            condition="#due = :due AND #due_at <= :now",
            values={"due": keys.DUE_PARTITION, "now": int(now)},
            limit=limit,
            start=start,
        )
        last = {name: items[-1][name] for name in ("pk", "due", "due_at")} if items and more else None
        since = number(items[0], "due_at") if items else None
        return DuePage([text(item, "pk") for item in items], since, last)

    def record(self, pk: str) -> Item | None:
        """The record as it is now, if it is still due at all."""
        item = self._table.get(pk)
        return item if item and "due_at" in item else None

    def postpone(self, record: Item, *, until: int) -> None:
        """Look again at `until`, unless the record has changed meanwhile."""
        try:
            self._table.update(
                text(record, "pk"),
                put={"due_at": until},
                condition="#due_at = :due_at",
                values={"due_at": record["due_at"]},
            )
        except Refused:
            return

    def settle(self, record: Item) -> None:
        """Look at it no more, unless the record has become due anew meanwhile."""
        try:
            self._table.update(
                text(record, "pk"),
                put={},
                remove=["due", "due_at", "doubt_at"],
                condition="#due_at = :due_at",
                values={"due_at": record["due_at"]},
            )
        except Refused:
            return
