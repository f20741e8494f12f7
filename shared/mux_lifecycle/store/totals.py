"""The totals of the stack: what all owners together ask for within a day, and how many minutes of video are stored.

Of stored minutes the record holds what the last complete walk has `counted`. Whatever was asked for since then counts
with the longest duration it may have, until the next walk: that is never less than what is stored, and needs no write
when a video turns out shorter. `room` says how many may be asked for until then; `room_of` for which limits that is so.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from mux_lifecycle.request_ids import made_at
from mux_lifecycle.store import keys
from mux_lifecycle.store.places import Kind, Places
from mux_lifecycle.store.quotas import SETTLED_SECONDS
from mux_lifecycle.store.records import members, number, text
from mux_lifecycle.store.table import Item, Refused, Table, Value

LONGEST_SECONDS: Final = 12 * 3600
"""Mux takes no longer video. So much is reserved for one where there is no limit on its length."""
_MOST_PLACES: Final = 5000
"""So many names fit into one item with some to spare."""
_TAKEN_BEFORE: Final = "(attribute_not_exists(#folded_at) OR #folded_at < :settled)"


class Limits(NamedTuple):
    """What the operator says: each 0 for any number."""

    uploads_per_day: int
    extras_per_day: int
    stored_minutes: int
    max_duration_seconds: int

    @property
    def minutes_each(self) -> int:
        """What a video counts whose length has not been counted yet."""
        return -(-(self.max_duration_seconds or LONGEST_SECONDS) // 60)


class Totals(Places):
    """The totals in one table. An upload URL is good for `upload_timeout_seconds`; `now` gives epoch seconds."""

    def __init__(self, table: Table, limits: Limits, upload_timeout_seconds: int, now: Callable[[], float]) -> None:
        by_kind: dict[Kind, int] = {
            "day": limits.uploads_per_day,
            "extras": limits.extras_per_day,
            "minutes": limits.stored_minutes,
        }
        super().__init__(table, keys.TOTALS, by_kind, now)
        self._each = limits.minutes_each
        self._room_of = f"{limits.stored_minutes}:{self._each}"
        self._settled = upload_timeout_seconds + SETTLED_SECONDS

    def is_counted(self) -> bool:
        """Whether the stored minutes have ever been counted, if anybody wants to know."""
        return "minutes" not in self._limits or "counted_at" in (self._table.get(self._pk) or {})

    def count(self, minutes: int, *, since: int) -> None:
        """So many minutes were found stored by a walk that began at `since` (epoch seconds).

        What was asked for long enough before is among them, or came to nothing; what is younger keeps its place.
        """
        if "minutes" not in self._limits:
            return
        held, settled = self._table.get(self._pk) or {}, since - self._settled
        if _each(held) not in (0, self._each):
            self._measure(held)
            return
        dead = frozenset(name for name in members(held, "minutes") if made_at(name, now=self._now()) < settled)
        put: Item = {"counted": minutes, "counted_at": since, **self._measured(minutes)}
        condition = f"(attribute_not_exists(#counted_at) OR #counted_at <= :counted_at) AND {_TAKEN_BEFORE}"
        values: Item = {"counted_at": since, "settled": settled}
        with contextlib.suppress(Refused):
            if dead:
                self._table.take_from_sets(self._pk, {"minutes": dead}, put=put, condition=condition, values=values)
            else:
                self._table.update(self._pk, put=put, condition=condition, values=values)

    def used(self) -> dict[Kind, float]:
        """Which share of each limit is taken now."""
        shares = super().used()
        if "minutes" in self._limits:
            held = self._table.get(self._pk) or {}
            taken = number(held, "counted") + len(members(held, "minutes")) * (_each(held) or self._each)
            shares["minutes"] = taken / self._limits["minutes"]
        return shares

    def _has_room(self, kind: Kind, wanted: int) -> tuple[str, Item]:
        if kind != "minutes":
            return super()._has_room(kind, wanted)
        first = "attribute_not_exists(#minutes) AND #room > :none"
        next_one = "attribute_exists(#minutes) AND size(#minutes) < #room"
        room = f"#room_of = :room_of AND (({first}) OR ({next_one}))"
        return room, {"room_of": self._room_of, "none": 0}

    def _room(self, held: Item, kind: Kind) -> int:
        return number(held, "room") - len(members(held, kind)) if kind == "minutes" else super()._room(held, kind)

    def _young(self, held: Item, kind: Kind) -> frozenset[str]:
        return members(held, kind) if kind == "minutes" else super()._young(held, kind)

    def _put(self) -> Item:
        return {}

    def _made_room(self, held: Item, kinds: Sequence[Kind]) -> bool:
        measured = "minutes" in kinds and text(held, "room_of") != self._room_of
        if measured:
            self._measure(held)
        return super()._made_room(held, kinds) or measured

    def _measure(self, held: Item) -> None:
        """Say how much room there is under limits that are new.

        Where a video may be longer or shorter than before, those asked for until now are added to what was counted,
        each as long as it might be: from then on places of one size are compared with places of the same size.
        """
        counted, waiting = number(held, "counted"), len(members(held, "minutes"))
        resized = bool(waiting) and _each(held) != self._each
        put: Item = {}
        if resized:
            counted += waiting * _each(held)
            put = {"folded_at": int(self._now())}
        put |= {"counted": counted, **self._measured(counted)}
        same, values = "attribute_not_exists(#room_of)", dict[str, Value]()
        if "room_of" in held:
            same = "#room_of = :old AND #counted = :counted"
            values = {"old": text(held, "room_of"), "counted": number(held, "counted")}
        with contextlib.suppress(Refused):
            self._table.update(
                self._pk,
                put=put,
                remove=["minutes"] if resized else [],
                condition=f"{same} AND attribute_exists(#minutes) AND size(#minutes) = :waiting" if resized else same,
                values=values | ({"waiting": waiting} if resized else {}),
            )

    def _measured(self, counted: int) -> Item:
        room = max(0, (self._limits["minutes"] - counted) // self._each)
        return {"room": min(room, _MOST_PLACES), "room_of": self._room_of}

    def _complaint(self, kind: Kind, held: Item) -> str:
        if kind != "minutes":
            return super()._complaint(kind, held)
        most = self._limits["minutes"]
        return f"all videos together may have {most} minutes: when some are deleted, there is room within a day"

    def _whose(self) -> str:
        return " of all owners together"


def _each(held: Item) -> int:
    """What each place in an item counts; 0 when none was ever taken."""
    return int(text(held, "room_of").partition(":")[2] or 0)
