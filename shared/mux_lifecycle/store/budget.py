"""The budget: how many calls to Mux the requests of one owner may make, and those of all owners together.

Each of Mux's buckets has one number in the owner's item: the time in milliseconds at which it is full again (GCRA).
DynamoDB has no max(), so a write assumes of each bucket that it is full, or that it is not, and its condition says so.
A refused write brings the item back, which tells what to assume. Spending twice, after a lost answer, harms nobody.
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


class Charge:
    """`cost`, taken from buckets of these `rates` at `now` (epoch seconds), in terms of a conditional write.

    `added`, `put`, `condition` and `values` are arguments of `Table.add_to_sets`. They assume what `suppose` was told.
    """

    def __init__(self, limits: Mapping[Bucket, Rate], cost: Cost, now: float) -> None:
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
        self._running: frozenset[str] = frozenset()

    def suppose(self, item: Item) -> bool:
        """Assume that this is the item; False when it was assumed before, so that something else was refused."""
        running = frozenset(name for name in self._price if number(item, name) > self._now)
        changed, self._running = running != self._running, running
        return changed

    def wait(self, item: Item) -> int:
        """In how many seconds the buckets of `item` hold enough; 0 if they do now."""
        most = max((number(item, name) - latest for name, latest in self._latest.items()), default=0)
        return max(0, math.ceil(most / 1000))

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

    def charge(self, cost: Cost) -> Charge:
        """What `cost` takes from an owner's budget now."""
        return Charge(self._of_owner, cost, self._now())

    def spend(self, owner: str, cost: Cost) -> None:
        """Take `cost` from the owner's budget, then from that of all owners; TooManyRequests if either is used up."""
        self._take(keys.quota(owner), self._of_owner, cost)
        self._take(keys.BUDGET_OF_ALL, self._of_all, cost)

    def _take(self, pk: str, limits: Mapping[Bucket, Rate], cost: Cost) -> None:
        now = self._now()
        charge = Charge(limits, cost, now)
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
                refuse_if_used_up(charge, refused.item)
                charge.suppose(refused.item)
            else:
                return
        raise StoreUnavailable("the store is busy: try again")


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
        return self._budget.charge(cost)

    def add(self, cost: Cost) -> None:
        """These calls have been paid for."""
        for bucket, calls in cost.items():
            self._reserved[bucket] += calls


def refuse_if_used_up(charge: Charge, item: Item) -> None:
    """Raise TooManyRequests if `item` does not hold what `charge` takes."""
    wait = charge.wait(item)
    if wait:
        count("QuotaExceeded")
        raise TooManyRequests(f"too many requests in a short time: try again in {wait} seconds", retry_after=wait)


def _name(bucket: Bucket) -> str:
    return f"mux_{bucket}"
