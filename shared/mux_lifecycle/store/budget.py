"""The budget: how many calls to Mux the requests of one owner may make, and those of all owners together.

Each of Mux's buckets has one number in the owner's item: the time in milliseconds at which it is full again (GCRA).
DynamoDB has no max(), so a write assumes of each bucket that it is full, or that it is not, and its condition says so.
A refused write brings the item back, which tells what to assume. Spending twice, after a lost answer, harms nobody.

A process remembers what it has seen. The times only grow, so what was used up is refused without a call; and who knows
what to assume needs one write.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

from mux_lifecycle import rates
from mux_lifecycle.errors import StoreUnavailable, TooManyRequests
from mux_lifecycle.rates import Bucket, Cost, Rate
from mux_lifecycle.store import keys
from mux_lifecycle.store.records import number
from mux_lifecycle.store.table import Item, Refused, Table
from mux_lifecycle.telemetry import count

OWNERS_TOGETHER: Final[Mapping[Bucket, float]] = {"post": 0.75, "other": 0.5}
"""The shares of Mux's buckets that all owners take at most. The schedules need the rest of `other`."""
KEPT_SECONDS: Final = 86_400
"""An item that holds only a budget may be forgotten so long after it was made: at worst its buckets are full again."""

_TRIES: Final = 4
_MOST_REMEMBERED: Final = 1000


class Charge:
    """`cost`, taken from buckets of these `rates` at `now` (epoch seconds), in terms of a conditional write.

    `added`, `put`, `condition` and `values` are arguments of `Table.add_to_sets`. They assume the item as it was `seen`
    last, or as it was when it `refused`.
    """

    def __init__(self, limits: Mapping[Bucket, Rate], cost: Cost, now: float, seen: dict[str, int]) -> None:
        self._seen = seen
        self._now = math.floor(now * 1000)
        self._price: dict[str, int] = {}
        self._latest: dict[str, int] = {}
        for bucket, calls in cost.items():
            interval = math.ceil(1000 / limits[bucket].per_second)
            full = math.floor(limits[bucket].burst * interval)
            # What is more than a whole bucket could never be paid.
            price = min(calls * interval, full)
            self._price[_name(bucket)] = price
            self._latest[_name(bucket)] = self._now + full - price
        self._refuse_if_used_up()
        self._running = self._those_running()

    def refused(self, item: Item) -> bool:
        """Assume from now on that this is the item; False when that was assumed before, and something else was refused.

        Raises TooManyRequests if the buckets in it do not hold enough.
        """
        self._seen |= {name: number(item, name) for name in self._price}
        self._refuse_if_used_up()
        running = self._those_running()
        changed, self._running = running != self._running, running
        return changed

    def paid(self) -> None:
        """The write was made."""
        for name, price in self._price.items():
            self._seen[name] = max(self._seen.get(name, 0), self._now) + price

    def _refuse_if_used_up(self) -> None:
        late = max((self._seen.get(name, 0) - latest for name, latest in self._latest.items()), default=0)
        if late > 0:
            wait = math.ceil(late / 1000)
            count("QuotaExceeded")
            raise TooManyRequests(f"too many requests in a short time: try again in {wait} seconds", retry_after=wait)

    def _those_running(self) -> frozenset[str]:
        return frozenset(name for name in self._price if self._seen.get(name, 0) > self._now)

    @property
    def added(self) -> dict[str, int]:
        return {name: price for name, price in self._price.items() if name in self._running}

    @property
    def put(self) -> Item:
        put: Item = {}
        for name, price in self._price.items():
            if name not in self._running:
                put[name] = self._now + price
        return put

    @property
    def condition(self) -> str:
        return " AND ".join(
            f"#{name} BETWEEN :charged_at AND :latest_{name}"
            if name in self._running
            else f"(attribute_not_exists(#{name}) OR #{name} <= :charged_at)"
            for name in self._price
        )

    @property
    def values(self) -> Item:
        latest = {f"latest_{name}": latest for name, latest in self._latest.items() if name in self._running}
        values: Item = {"charged_at": self._now}
        return values | latest


class Budget:
    """The budgets in one table. `share` is an owner's part of each of Mux's buckets; `now` gives epoch seconds."""

    def __init__(self, table: Table, share: float, now: Callable[[], float]) -> None:
        self._table = table
        self._of_owner = {bucket: rate.share(share) for bucket, rate in rates.MUX.items()}
        self._of_all = {bucket: rate.share(OWNERS_TOGETHER[bucket]) for bucket, rate in rates.MUX.items()}
        self._now = now
        self._seen: dict[str, dict[str, int]] = {}

    def charge(self, owner: str, cost: Cost) -> Charge:
        """What `cost` takes from the owner's budget now; TooManyRequests if that is known to be used up."""
        pk = keys.quota(owner)
        return Charge(self._of_owner, cost, self._now(), self._remembered(pk))

    def spend(self, owner: str, cost: Cost) -> None:
        """Take `cost` from the owner's budget, then from that of all owners; TooManyRequests if either is used up."""
        self._take(keys.quota(owner), self._of_owner, cost)
        self._take(keys.BUDGET_OF_ALL, self._of_all, cost)

    def _take(self, pk: str, limits: Mapping[Bucket, Rate], cost: Cost) -> None:
        now = self._now()
        charge = Charge(limits, cost, now, self._remembered(pk))
        for _ in range(_TRIES):
            try:
                self._table.add_to_sets(
                    pk,
                    charge.added,
                    put=charge.put,
                    once={"ttl": int(now) + KEPT_SECONDS},
                    condition=charge.condition,
                    values=charge.values,
                )
            except Refused as refused:
                charge.refused(refused.item)
            else:
                charge.paid()
                return
        raise StoreUnavailable("the store is busy: try again")

    def _remembered(self, pk: str) -> dict[str, int]:
        if pk not in self._seen and len(self._seen) >= _MOST_REMEMBERED:
            self._seen.clear()
        return self._seen.setdefault(pk, {})


class Allowance:
    """What one request of `owner` may send to Mux; called with the method before each call, it takes that one.

    A request that needs several calls reserves them first, so that it is refused before the first or not at all.
    """

    def __init__(self, budget: Budget, owner: str) -> None:
        self._budget = budget
        self._owner = owner
        self._reserved: dict[Bucket, int] = {"post": 0, "other": 0}

    def __call__(self, method: str) -> None:
        bucket = rates.bucket(method)
        if self._reserved[bucket]:
            self._reserved[bucket] -= 1
        else:
            self._budget.spend(self._owner, {bucket: 1})

    def reserve(self, *, posts: int = 0, others: int = 0) -> None:
        """Take so many calls from the budget at once; TooManyRequests if it does not hold them."""
        cost: dict[Bucket, int] = {}
        if posts:
            cost["post"] = posts
        if others:
            cost["other"] = others
        if cost:
            self._budget.spend(self._owner, cost)
            self.add(cost)

    def charge(self, cost: Cost) -> Charge:
        """For who takes `cost` from the owner's item in a write of their own, and then calls `add`."""
        return self._budget.charge(self._owner, cost)

    def add(self, cost: Cost) -> None:
        """These calls have been paid for."""
        for bucket, calls in cost.items():
            self._reserved[bucket] += calls


def _name(bucket: Bucket) -> str:
    return f"mux_{bucket}"
