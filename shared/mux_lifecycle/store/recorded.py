"""What an owner has by the records, found by an index; what was written a moment ago may not be there yet."""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Final

from mux_lifecycle.store import keys
from mux_lifecycle.store.assets import is_at_mux
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item, Table, Value

_PAGE: Final = 500
_BATCH: Final = 100
_OF_ASSET: Final = ("pk", "sort", "seen", "status", "request", "gone_at")
_OF_UPLOAD: Final = ("pk", "asked_at", "status", "request")


class Recorded:
    """The records of one table. Those of an index hold no more than is needed to count them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def assets(self, owner: str, *, since: str = "") -> Iterator[Item]:
        """The owner's assets that are at Mux; with `since`, a sort key, none that are older."""
        for item in self._pages(keys.BY_OWNER, "sort", owner, since, _OF_ASSET):
            if is_at_mux(item):
                yield item

    def uploads(self, owner: str, *, since: int) -> Iterator[Item]:
        """The owner's uploads, ended ones too, that were asked for `since` an epoch second."""
        return self._pages(keys.UPLOADS_BY_OWNER, "asked_at", owner, since, _OF_UPLOAD)

    def now(self, pks: Iterable[str]) -> Iterator[Item]:
        """Whole records as they are at this moment, of those that exist."""
        for batch in batched(pks, _BATCH, strict=False):
            yield from self._table.get_all(list(batch), consistent=True)

    def _pages(self, index: str, order: str, owner: str, since: Value, only: tuple[str, ...]) -> Iterator[Item]:
        start: Item | None = None
        more = True
        while more:
            items, more = self._table.query(
                index,
                condition="#owner = :owner" + (f" AND #{order} >= :since" if since else ""),
                values={"owner": owner} | ({"since": since} if since else {}),
                limit=_PAGE,
                start=start,
                only=only,
            )
            yield from items
            more = more and bool(items)
            start = {"pk": text(items[-1], "pk"), order: items[-1][order], "owner": owner} if items else None
