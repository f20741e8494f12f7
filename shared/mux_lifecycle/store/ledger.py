"""The ledger: what each owner holds against their quotas, as sets of request ids in one item per owner.

DynamoDB carries out the writes to one item one after the other, so a write that demands room in a set and takes it is
exact, however many come at once. Sets make every write repeatable: what is taken twice is held once, what is given back
twice is gone. A request id comes once only, so what was given back never returns.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, Literal

from mux_lifecycle.store import keys
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item, Refused, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mux_lifecycle.store.budget import Charge

type Account = Literal["open", "assets", "day"]
"""`open`: uploads that wait for their file · `assets`: assets, and uploads that may become one · `day`: what was asked
for within a day."""

OF_UPLOAD: Final[tuple[Account, ...]] = ("open", "assets", "day")
OF_ASSET: Final[tuple[Account, ...]] = ("assets", "day")

# Not older than the audit at hand: two at once may both write.
_AUDITED_BEFORE: Final = "(attribute_not_exists(#audited_at) OR #audited_at <= :audited_at)"


class Ledger:
    """The ledger of one table. `limits` are by account, 0 for none: without any, nothing is written at all."""

    def __init__(self, table: Table, limits: Mapping[Account, int]) -> None:
        self._table = table
        self._limits = {account: limit for account, limit in limits.items() if limit}

    @property
    def limits(self) -> Mapping[Account, int]:
        """The limits there are."""
        return self._limits

    def held(self, owner: str) -> Item:
        """What the owner holds now in the accounts that are kept, and when the assets were counted; empty without any.

        What an account held when it was last limited is no longer true.
        """
        kept = self._kept(("open", "assets", "day"))
        item = (self._table.get(keys.quota(owner)) or {}) if kept else {}
        known = (*kept, "audited_at") if "assets" in kept else kept
        return {name: item[name] for name in known if name in item}

    def take(
        self,
        owner: str,
        request: str,
        accounts: tuple[Account, ...],
        *,
        instead_of: str,
        audited_after: int,
        until: int,
        charge: Charge | None = None,
    ) -> None:
        """Hold `request` in `accounts` if each has room, or holds it or the request that it stands for already.

        With a `charge`, take that from the owner's budget too.
        Raises Refused, with what is held, also when assets are limited and have not been counted since `audited_after`.
        The item may be forgotten at `until`. Both are epoch seconds.
        """
        kept = self._kept(accounts)
        if not kept and not charge:
            return
        values: Item = {}
        conditions = []
        added: dict[str, frozenset[str] | int] = dict.fromkeys(kept, frozenset({request}))
        put: Item = {"ttl": until}
        if charge:
            conditions.append(charge.condition)
            values |= charge.values
            added |= charge.added
            put |= charge.put
        for account in kept:
            if account in self._limits:
                values |= {account: self._limits[account], "request": request, "before": instead_of or request}
                conditions.append(
                    f"(attribute_not_exists(#{account}) OR size(#{account}) < :{account}"
                    f" OR contains(#{account}, :request) OR contains(#{account}, :before))"
                )
        if "assets" in kept:
            values["audited_after"] = audited_after
            conditions.append("#audited_at > :audited_after")
        self._table.add_to_sets(
            keys.quota(owner),
            added,
            put=put,
            condition=" AND ".join(conditions),
            values=values,
        )

    def give_back(self, owner: str, request: str, *accounts: Account) -> None:
        """Hold `request` in `accounts` no more."""
        self.drop(owner, dict.fromkeys(accounts, frozenset({request})))

    def end_upload(self, owner: str, request: str, *, became_asset: bool) -> None:
        """An upload waits no more; what became an asset stays held as one.

        A create that Mux's client had to repeat may have left a second upload of this request at Mux. It says nothing
        about an asset that the first has become since.
        """
        if became_asset:
            self.give_back(owner, request, "open")
        else:
            dead = frozenset({request})
            self._drop(owner, {"open": dead, "assets": dead}, "contains(#open, :request)", {"request": request})

    def drop(self, owner: str, dead: Mapping[Account, frozenset[str]]) -> None:
        """Hold the `dead` no more, wherever they are held."""
        self._drop(owner, dead, "attribute_exists(#pk)", {})

    def add(self, owner: str, assets: frozenset[str], *, audited_at: int) -> bool:
        """Hold `assets` whatever the limits; False when a later audit has been made."""
        try:
            self._table.add_to_sets(
                keys.quota(owner),
                {"assets": assets},
                condition=_AUDITED_BEFORE,
                values={"audited_at": audited_at},
            )
        except Refused:
            return False
        return True

    def close_audit(self, owner: str, *, audited_at: int, until: int) -> None:
        """Note when the assets were counted, unless that was before they were counted last."""
        with contextlib.suppress(Refused):
            self._table.update(
                keys.quota(owner),
                put={"audited_at": audited_at, "ttl": until},
                condition=_AUDITED_BEFORE,
                values={"audited_at": audited_at},
            )

    def _drop(self, owner: str, dead: Mapping[Account, frozenset[str]], condition: str, values: Item) -> None:
        kept: dict[str, frozenset[str]] = {account: dead[account] for account in self._kept(dead) if dead[account]}
        if not kept:
            return
        with contextlib.suppress(Refused):
            self._table.take_from_sets(keys.quota(owner), kept, condition=condition, values=values)

    def _kept(self, accounts: Iterable[Account]) -> list[Account]:
        """Of what is not limited no account is kept, but for `open`, which `end_upload` needs for `assets` as well."""
        return [
            account
            for account in accounts
            if account in self._limits or (account == "open" and "assets" in self._limits)
        ]


def slot(record: Item) -> str:
    """Under which id the record of an asset is held: that of the request that made it, else its own."""
    return text(record, "request") or text(record, "pk").partition("#")[2]
