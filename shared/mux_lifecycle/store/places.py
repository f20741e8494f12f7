"""Places in one item, taken and given back by name: what an owner, or all owners together, ask for within a day.

As in the ledger, one conditional write demands room in a set of request ids and takes it, so that no limit is exceeded
however many ask at once. What was asked for a day ago holds no place any more; it is dropped when something is refused.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal

from mux_lifecycle.errors import LifecycleError, QuotaExceeded, StoreUnavailable
from mux_lifecycle.request_ids import made_at
from mux_lifecycle.store import keys
from mux_lifecycle.store.records import members
from mux_lifecycle.store.table import Item, Refused, Table
from mux_lifecycle.telemetry import count
from mux_lifecycle.times import rfc3339

type Kind = Literal["day", "extras", "minutes"]
"""`day`: uploads and assets within a day · `extras`: static renditions, generated subtitles and audio tracks within a
day · `minutes`: uploads and assets whose length has not been counted yet."""

NEW_VIDEO: Final[tuple[Kind, ...]] = ("day", "minutes")
DAY_SECONDS: Final = 86_400
_KEPT_SECONDS: Final = 10 * DAY_SECONDS
"""The ledger wants an owner's item no longer than that."""
_TRIES: Final = 3


class Places:
    """Places in one item. `limits` are by kind, 0 for any number; `now` gives epoch seconds."""

    def __init__(self, table: Table, pk: str, limits: Mapping[Kind, int], now: Callable[[], float]) -> None:
        self._table = table
        self._pk = pk
        self._limits = {kind: limit for kind, limit in limits.items() if limit}
        self._now = now

    @classmethod
    def of_owner(cls, table: Table, owner: str, extras: int, now: Callable[[], float]) -> "Places":
        """An owner's, in the item of their ledger."""
        return cls(table, keys.quota(owner), {"extras": extras}, now)

    def take(self, names: frozenset[str], *kinds: Kind, instead_of: str = "") -> None:
        """Take a place for each of the `names`, in every kind or in none; QuotaExceeded when one has no room.

        Names that hold their places already keep them. One name may take the place of another that came to nothing.
        """
        limited = [kind for kind in kinds if kind in self._limits]
        if not limited:
            return
        for _ in range(_TRIES):
            try:
                self._add(names, limited, instead_of)
            except Refused as refused:
                held = refused.item
            else:
                if instead_of:
                    self.give_back(frozenset({instead_of}), *limited)
                return
            if not self._made_room(held, limited):
                break
        full = [kind for kind in limited if self._room(held, kind) < len(names)]
        if not full:
            raise StoreUnavailable("the limits are being counted: try again")
        count("QuotaExceeded")
        raise QuotaExceeded(*(self._complaint(kind, held) for kind in full))

    def give_back(self, names: frozenset[str], *kinds: Kind) -> None:
        """What these names were taken for has certainly not been made."""
        self._drop({kind: names for kind in kinds if kind in self._limits})

    def used(self) -> dict[Kind, float]:
        """Which share of each limit is taken now."""
        held = self._table.get(self._pk) or {}
        return {kind: 1 - self._room(held, kind) / limit for kind, limit in self._limits.items()}

    def _add(self, names: frozenset[str], kinds: list[Kind], instead_of: str) -> None:
        one = min(names)
        values: Item = {"one": one, "before": instead_of or one}
        conditions = []
        for kind in kinds:
            condition, more = self._has_room(kind, len(names))
            values |= more
            conditions.append(f"({condition} OR contains(#{kind}, :one) OR contains(#{kind}, :before))")
        self._table.add_to_sets(
            self._pk,
            {str(kind): names for kind in kinds},
            put=self._put(),
            condition=" AND ".join(conditions),
            values=values,
        )

    def _has_room(self, kind: Kind, wanted: int) -> tuple[str, Item]:
        room = self._limits[kind] - wanted
        absent = f"attribute_not_exists(#{kind}) OR " if room >= 0 else ""
        return f"{absent}(attribute_exists(#{kind}) AND size(#{kind}) <= :{kind})", {kind: room}

    def _put(self) -> Item:
        return {"ttl": int(self._now()) + _KEPT_SECONDS}

    def _made_room(self, held: Item, kinds: Sequence[Kind]) -> bool:
        """Drop what is a day old; whether there was any."""
        old = {kind: frozenset(members(held, kind) - self._young(held, kind)) for kind in kinds}
        return self._drop({kind: names for kind, names in old.items() if names})

    def _drop(self, names: Mapping[Kind, frozenset[str]]) -> bool:
        if not names:
            return False
        with contextlib.suppress(Refused):
            self._table.take_from_sets(
                self._pk,
                {str(kind): held for kind, held in names.items()},
                condition="attribute_exists(#pk)",
                values={},
            )
        return True

    def _room(self, held: Item, kind: Kind) -> int:
        return self._limits[kind] - len(self._young(held, kind))

    def _young(self, held: Item, kind: Kind) -> frozenset[str]:
        now = self._now()
        return frozenset(name for name in members(held, kind) if now - made_at(name, now=now) < DAY_SECONDS)

    def _complaint(self, kind: Kind, held: Item) -> str:
        now = self._now()
        oldest = min((made_at(name, now=now) for name in self._young(held, kind)), default=int(now))
        then = rfc3339(oldest + DAY_SECONDS)
        what = "static renditions, generated subtitles and audio tracks" if kind == "extras" else "uploads and assets"
        return f"at most {self._limits[kind]} {what}{self._whose()} within a day: try again after {then}"

    def _whose(self) -> str:
        return ""


@contextlib.contextmanager
def held(
    places: Sequence[Places], names: frozenset[str], *kinds: Kind, undone_by: tuple[type[LifecycleError], ...]
) -> Iterator[None]:
    """Inside, the names hold their places; they give them back when it ends by what means that nothing was made."""
    asked: list[Places] = []
    try:
        for each in places:
            # Also where it cannot be told whether they were taken.
            asked.append(each)
            each.take(names, *kinds)
        yield
    except LifecycleError as error:
        if isinstance(error, (QuotaExceeded, StoreUnavailable, *undone_by)):
            for each in asked:
                each.give_back(names, *kinds)
        raise
