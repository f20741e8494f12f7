"""What an owner has of what is limited: by the ledger where it is kept, and by the records."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from mux_lifecycle.request_ids import made_at
from mux_lifecycle.store.assets import is_at_mux
from mux_lifecycle.store.ledger import Account, Ledger, slot
from mux_lifecycle.store.quotas import AUDIT_SECONDS, DAY_SECONDS, SETTLED_SECONDS, older
from mux_lifecycle.store.recorded import Recorded
from mux_lifecycle.store.records import members, number, text
from mux_lifecycle.store.table import Item, Table
from mux_lifecycle.times import rfc3339

ACCOUNTS: Final[tuple[Account, ...]] = ("assets", "open", "day")


class Limited(NamedTuple):
    """How many there are, and how many there may be; None for any number."""

    found: int
    limit: int | None


class Usage:
    """The owners' counts, in one table. `now` gives epoch seconds. Nothing is written.

    The ledger knows at once what was taken and given back, the indexes a moment later; the records also know what was
    made before a limit was set. So what only an index shows is looked at once more if it should be in the ledger.
    """

    def __init__(self, table: Table, ledger: Ledger, upload_timeout_seconds: int, now: Callable[[], float]) -> None:
        self._ledger = ledger
        self._recorded = Recorded(table)
        self._settled = upload_timeout_seconds + SETTLED_SECONDS
        self._now = now

    def of(self, owner: str) -> Mapping[Account, Limited]:
        """The owner's counts, by account."""
        now = int(self._now())
        yesterday = now - DAY_SECONDS
        held = self._ledger.held(owner)
        uploads = list(self._recorded.uploads(owner, since=now - max(DAY_SECONDS, self._settled)))
        opened = self._open(held, uploads, now)
        audited = number(held, "audited_at") > now - AUDIT_SECONDS
        assets = list(self._recorded.assets(owner, since=rfc3339(yesterday) if audited else ""))
        found = {
            "open": opened,
            # An upload under way may become one.
            "assets": opened | (members(held, "assets") if audited else self._assets(held, assets, now)),
            "day": (members(held, "day") - older(held, "day", than=DAY_SECONDS, now=now))
            | {slot(upload) for upload in uploads if number(upload, "asked_at") > yesterday}
            | {slot(asset) for asset in assets if _asked_since(asset, yesterday, now=now)},
        }
        return {account: Limited(len(found[account]), self._ledger.limits.get(account)) for account in ACCOUNTS}

    def _open(self, held: Item, uploads: list[Item], now: int) -> frozenset[str]:
        """Uploads that wait for their file. One that has no record yet is in the ledger alone."""
        ended = {slot(upload) for upload in uploads if not _waits(upload)}
        taken = members(held, "open") - older(held, "open", than=self._settled, now=now)
        waiting = {slot(upload): text(upload, "pk") for upload in uploads if _waits(upload)}
        doubtful = [pk for request, pk in waiting.items() if request not in taken]
        shown = {slot(upload) for upload in self._recorded.now(doubtful) if _waits(upload)}
        return frozenset((waiting.keys() & taken) | shown | (taken - ended))

    def _assets(self, held: Item, assets: list[Item], now: int) -> frozenset[str]:
        """As an audit would count them."""
        taken = members(held, "assets")
        recorded = {slot(asset): text(asset, "pk") for asset in assets}
        shown = frozenset(recorded)
        if "assets" in self._ledger.limits:
            doubtful = [pk for name, pk in recorded.items() if name not in taken]
            shown = (shown & taken) | {slot(asset) for asset in self._recorded.now(doubtful) if is_at_mux(asset)}
        return shown | (taken - older(held, "assets", than=self._settled, now=now))


def _waits(upload: Item) -> bool:
    return upload.get("status") == "waiting"


def _asked_since(asset: Item, since: int, *, now: int) -> bool:
    """Whether an asset was asked for since then; where its request does not say when, whether it was made."""
    asked_at = made_at(text(asset, "request"), now=now)
    return text(asset, "sort") >= rfc3339(since) and (not asked_at or asked_at > since)
