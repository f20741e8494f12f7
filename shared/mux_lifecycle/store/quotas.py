"""Quotas: whether an owner may make more, decided on what the ledger holds and, now and then, on the records.

The audit holds the ledger against the records. It runs before something is taken when the last one was long ago (also
never: quotas were switched on, or the table was lost), and when something is refused. So whatever was not written down
because a function was killed is found, and nothing is refused for what is no longer there.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from mux_lifecycle.errors import QuotaExceeded, StoreUnavailable
from mux_lifecycle.rates import Cost
from mux_lifecycle.request_ids import made_at
from mux_lifecycle.store.assets import is_at_mux
from mux_lifecycle.store.budget import Allowance
from mux_lifecycle.store.ledger import Account, Ledger, slot
from mux_lifecycle.store.recorded import Recorded
from mux_lifecycle.store.records import members, number, text
from mux_lifecycle.store.table import Item, Refused, Table
from mux_lifecycle.times import rfc3339

DAY_SECONDS: Final = 86_400
AUDIT_SECONDS: Final = 3600
"""After so long, what the ledger says of assets is not believed without an audit."""
PAUSE_SECONDS: Final = 10
"""A caller who is refused again and again does not make us read their records more often."""
SETTLED_SECONDS: Final = 3600
"""Long enough for the cleanup to hear of every upload and asset; what has no record so long after it could have become
one stands for nothing."""

_TRIES: Final = 5
_ONE_POST: Final[Cost] = {"post": 1}
_MOST: Final = 100
"""So many assets more than allowed are counted; with still more, their number does not matter."""


class Quotas:
    """The quotas of the owners in one table. `now` gives epoch seconds.

    With an `allowance`, what takes a place also pays for the POST that makes it, in the same write.
    """

    def __init__(
        self,
        table: Table,
        ledger: Ledger,
        upload_timeout_seconds: int,
        now: Callable[[], float],
        allowance: Allowance | None = None,
    ) -> None:
        self._records = Recorded(table)
        self._ledger = ledger
        self._now = now
        self._allowance = allowance
        self._settled = upload_timeout_seconds + SETTLED_SECONDS

    def take(self, owner: str, request: str, accounts: tuple[Account, ...], *, instead_of: str = "") -> None:
        """Count `request` in `accounts`, in place of one that came to nothing, or raise QuotaExceeded.

        Raises TooManyRequests when the owner's budget is used up.
        """
        charge = self._allowance.charge(_ONE_POST) if self._allowance else None
        for _ in range(_TRIES):
            now = int(self._now())
            try:
                self._ledger.take(
                    owner,
                    request,
                    accounts,
                    instead_of=instead_of,
                    audited_after=now - AUDIT_SECONDS,
                    until=self._until(now),
                    charge=charge,
                )
            except Refused as refused:
                held = refused.item
                if charge and charge.refused(held):
                    continue
            else:
                if charge and self._allowance:
                    charge.paid()
                    self._allowance.add(_ONE_POST)
                if instead_of:
                    self._ledger.give_back(owner, instead_of, *accounts)
                return
            if not self._audited(owner, held, now):
                break
        full = [account for account in accounts if self._is_full(held, account)]
        if not full:
            raise StoreUnavailable("the quota is being counted: try again")
        raise QuotaExceeded(*(self._complaint(account, held) for account in full))

    def give_back(self, owner: str, request: str, accounts: tuple[Account, ...]) -> None:
        """What `request` was counted for has certainly not been made."""
        self._ledger.give_back(owner, request, *accounts)

    def _audited(self, owner: str, held: Item, now: int) -> bool:
        """Take out of the ledger what is dead, put in what has a record; whether it makes sense to ask again."""
        dead: dict[Account, frozenset[str]] = {
            "open": older(held, "open", than=self._settled, now=now),
            "day": older(held, "day", than=DAY_SECONDS, now=now),
        }
        counting = "assets" in self._ledger.limits and number(held, "audited_at") <= now - PAUSE_SECONDS
        if counting:
            recorded = self._recorded(owner)
            missing = {name: pk for name, pk in recorded.items() if name not in members(held, "assets")}
            if missing and not self._ledger.add(owner, frozenset(missing), audited_at=now):
                return True
            unknown = older(held, "assets", than=self._settled, now=now) - recorded.keys()
            dead["assets"] = unknown | self._gone(missing)
        self._ledger.drop(owner, dead)
        if counting:
            self._ledger.close_audit(owner, audited_at=now, until=self._until(now))
        return counting or any(dead.values())

    def _recorded(self, owner: str) -> dict[str, str]:
        """The owner's assets by what holds them in the ledger, with their partition keys; a moment old perhaps."""
        most = self._ledger.limits["assets"] + _MOST
        return {slot(item): text(item, "pk") for item in islice(self._records.assets(owner), most)}

    def _gone(self, added: Mapping[str, str]) -> frozenset[str]:
        """Those that were deleted while the index still showed them: they were given back before they were added."""
        found = {text(record, "pk") for record in self._records.now(added.values()) if is_at_mux(record)}
        return frozenset(name for name, pk in added.items() if pk not in found)

    def _is_full(self, held: Item, account: Account) -> bool:
        limit = self._ledger.limits.get(account)
        return limit is not None and len(members(held, account)) >= limit

    def _complaint(self, account: Account, held: Item) -> str:
        limit = self._ledger.limits[account]
        match account:
            case "open":
                return f"at most {limit} uploads may be open at once: send their files, or cancel one"
            case "assets":
                return f"at most {limit} assets, uploads under way included: delete one"
            case _:
                oldest = min(made_at(request, now=self._now()) for request in members(held, account))
                then = rfc3339(oldest + DAY_SECONDS)
                return f"at most {limit} uploads and assets within a day: try again after {then}"

    def _until(self, now: int) -> int:
        return now + self._settled + 2 * DAY_SECONDS


def older(held: Item, account: Account, *, than: int, now: int) -> frozenset[str]:
    """What has been held in an account for so many seconds."""
    return frozenset(request for request in members(held, account) if now - made_at(request, now=now) >= than)
