"""The cleanup: looks at every record that is due, asks Mux what became of it, and closes, heals or postpones it.

A record is due when a webhook that should have come by now has not (or, as with upload timeouts, never comes), when a
wish to delete is still open, or when the outcome of a create is unknown. Killed anywhere, the next run goes on: what
was not written is still due.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Final, Self

from mux_lifecycle.errors import (
    InProgress,
    LifecycleError,
    MuxMalformed,
    MuxNotFound,
    MuxRateLimited,
    MuxRefused,
    TemporarilyUnavailable,
    WrongEnvironment,
)
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.store import projection
from mux_lifecycle.store.assets import Assets, is_rejected
from mux_lifecycle.store.due import Due
from mux_lifecycle.store.intents import Intent, Intents
from mux_lifecycle.store.ledger import OF_ASSET, Ledger
from mux_lifecycle.store.places import NEW_VIDEO, Kind
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item
from mux_lifecycle.store.totals import Totals
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.telemetry import Percentage, count, gauge, logger, percentage
from mux_lifecycle.workflows.deletion import Deletion
from mux_lifecycle.workflows.environment import Environment
from mux_lifecycle.workflows.options import BURIAL_SHARE, flag, known, max_share, may_bury
from mux_lifecycle.workflows.search import Search

RESERVE_SECONDS: Final = 30.0
"""A run ends when less than this is left of its function's time: enough for the slowest single record."""
_GAUGES: Final[dict[Kind, Percentage]] = {
    "day": "UploadsPerDayUsed",
    "extras": "ExtrasPerDayUsed",
    "minutes": "StoredMinutesUsed",
}
_PAGE: Final = 50
_SEARCH_PAGES: Final = 50
_MAX_FAILURES_IN_A_ROW: Final = 5
_POSTPONE_SECONDS: Final = {"upload": 600, "asset": 900, "deletion": 300, "intent": 300, "failed": 3600}


@dataclass(frozen=True, slots=True)
class CleanupOptions:
    """What an operator may say in the event: only look (`dry_run`), and which share may be buried (`max_share`)."""

    dry_run: bool = False
    max_share: float = BURIAL_SHARE

    @classmethod
    def parse(cls, event: object) -> Self:
        """From the event of a schedule, `{}`, or of a run by hand. Anything else is refused."""
        event = known(event, {entry.name for entry in fields(cls)})
        return cls(flag(event, "dry_run"), max_share(event))


class _Burials:
    """How many records this run has declared gone, and whether it may go on so."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._done = 0

    def allow(self, seen: int) -> bool:
        if not may_bury(self._done, seen=seen, share=self._share):
            return False
        self._done += 1
        return True


class Cleanup:
    """One cleanup of a stack. `now` gives epoch seconds."""

    def __init__(  # noqa: PLR0913 - a composition root hands it everything it works with
        self,
        *,
        mux: MuxClient,
        assets: Assets,
        uploads: Uploads,
        intents: Intents,
        ledger: Ledger,
        totals: Totals,
        due: Due,
        search: Search,
        deletion: Deletion,
        environment: Environment,
        stack: str,
        now: Callable[[], float],
    ) -> None:
        self._mux = mux
        self._assets = assets
        self._uploads = uploads
        self._intents = intents
        self._ledger = ledger
        self._totals = totals
        self._due = due
        self._search = search
        self._deletion = deletion
        self._environment = environment
        self._stack = stack
        self._now = now

    def run(self, options: CleanupOptions, remaining_seconds: Callable[[], float]) -> dict[str, int | str]:
        """Counts of what was done, and under `stopped` why it ended early.

        Raises WrongEnvironment, after what could be done, when Mux's answers could not be trusted.
        """
        self._tell_totals()
        report: Counter[str] = Counter()
        burials = _Burials(options.max_share)
        stopped, failures = "", 0
        for pk in self._due_keys():
            if remaining_seconds() < RESERVE_SECONDS:
                stopped = "out_of_time"
                break
            report["seen"] += 1
            try:
                outcome = self._would(pk) if options.dry_run else self._outcome(pk, burials, report["seen"])
            except MuxRateLimited:
                stopped = "rate_limited"
                break
            except WrongEnvironment:
                self._report(report, "wrong_environment")
                raise
            report[outcome] += 1
            failures = failures + 1 if outcome == "unreachable" else 0
            if failures == _MAX_FAILURES_IN_A_ROW:
                stopped = "unavailable"
                break
        return self._report(report, stopped)

    def _due_keys(self) -> Iterator[str]:
        """The partition keys of what is due as the run begins, read page by page."""
        started_at, start = self._now(), None
        while True:
            page = self._due.page(now=started_at, limit=_PAGE, start=start)
            if start is None:
                gauge("OldestDueSeconds", started_at - page.since if page.since else 0)
            yield from page.pks
            if page.next is None:
                return
            start = page.next

    def _tell_totals(self) -> None:
        """How full the stack is. Not when a place is taken: what nobody asks for any more must show as well."""
        for kind, share in self._totals.used().items():
            percentage(_GAUGES[kind], 100 * share)

    def _report(self, report: Counter[str], stopped: str) -> dict[str, int | str]:
        count("CleanupHealed", report["healed"])
        count("CleanupFailed", report["failed"])
        count("CleanupHeldBack", report["held_back"])
        logger.info("cleanup ended", stopped=stopped, counts=dict(report))
        return dict(report) | ({"stopped": stopped} if stopped else {})

    def _would(self, pk: str) -> str:
        return f"due_{pk.partition('#')[0].lower()}"

    def _outcome(self, pk: str, burials: _Burials, seen: int) -> str:
        """What became of one record. Only what ends the whole run is raised: MuxRateLimited and WrongEnvironment."""
        try:
            return self._look_at(pk, burials, seen)
        except (MuxRateLimited, WrongEnvironment):
            raise
        except (TemporarilyUnavailable, MuxMalformed) as error:
            logger.warning("due record not reached", record=pk, error=type(error).__name__)
            return "unreachable"
        except Exception as error:
            if isinstance(error, MuxRefused) and error.status == HTTPStatus.UNAUTHORIZED:
                raise WrongEnvironment("Mux refuses the token") from error
            # One poisoned record must not keep the others waiting; it is counted, and comes back later.
            logger.exception("due record failed", record=pk, error=type(error).__name__)
            self._later(self._due.record(pk), "failed")
            return "failed"

    def _look_at(self, pk: str, burials: _Burials, seen: int) -> str:
        record = self._due.record(pk)
        if record is None:
            return "settled"
        match pk.partition("#")[0]:
            case "UPLOAD":
                return self._upload(record, burials, seen)
            case "ASSET" if "delete_requested_at" in record:
                return self._open_deletion(record)
            case "ASSET" if is_rejected(record):
                return self._rejected(record)
            case "ASSET":
                return self._asset(pk.partition("#")[2], record, burials, seen)
            case "IDEMPOTENCY":
                return self._intent(record)
            case _:
                raise LifecycleError("a due record of unknown kind")

    def _upload(self, record: Item, burials: _Burials, seen: int) -> str:
        upload_id = text(record, "pk").partition("#")[2]
        if text(record, "status") != "waiting":
            return self._became(upload_id, text(record, "asset_id"), record, burials, seen)
        sent_at = self._now()
        try:
            found = self._mux.get_upload(upload_id)
        except MuxNotFound:
            self._environment.confirm()
            if not burials.allow(seen):
                return "held_back"
            found = {"id": upload_id, "status": "timed_out"}
        change = projection.observed_upload(found, sent_at=sent_at, stack=self._stack)
        if change is None or change.status == "waiting":
            return self._later(record, "upload")
        self._uploads.apply(change, now=self._now())
        if not change.asset_id:
            return "closed"
        return self._became(upload_id, change.asset_id, record, burials, seen)

    def _became(self, upload_id: str, asset_id: str, upload: Item, burials: _Burials, seen: int) -> str:
        """An upload has become an asset: once that has an owner's record, it is looked after by itself."""
        asset = self._assets.stored(asset_id)
        known = text(asset, "status") == "deleted" or "owner" in asset
        outcome = "settled"
        if not known:
            outcome = self._asset(asset_id, None, burials, seen, owner=text(upload, "owner") or None)
        if outcome != "held_back":
            self._uploads.settle(upload_id)
        return outcome

    def _asset(self, asset_id: str, record: Item | None, burials: _Burials, seen: int, owner: str | None = None) -> str:
        sent_at = self._now()
        try:
            found = self._mux.get_asset(asset_id)
        except MuxNotFound:
            self._environment.confirm()
            if not burials.allow(seen):
                return "held_back"
            buried = self._assets.bury(projection.observed_deletion(asset_id, sent_at=sent_at), now=self._now())
            return self._later(record, "asset") if buried == "stale" else "buried"
        change = projection.observed_asset(found, sent_at=sent_at, stack=self._stack)
        if change is None:
            raise LifecycleError("an asset without a known status")
        written = self._assets.apply(change, owner=change.tag.owner if change.tag else owner)
        if change.status == "preparing" and record:
            return self._later(record, "asset")
        if written == "stale" and record:
            # What nobody writes stays due.
            self._due.settle(record)
        return "healed"

    def _open_deletion(self, record: Item) -> str:
        if self._deletion.carry_out(text(record, "pk").partition("#")[2]):
            return "deleted"
        return self._later(record, "deletion")

    def _rejected(self, record: Item) -> str:
        if self._deletion.remove(text(record, "pk").partition("#")[2]):
            return "removed"
        return self._later(record, "deletion")

    def _intent(self, record: Item) -> str:
        intent = Intent.from_item(record)
        if not intent.request:
            raise LifecycleError("an intent without a request")
        # Before the search, not after: should a long one end with the function's time, the others come first next time.
        self._later(record, "intent")
        try:
            asset_id = self._search.find(intent, pages=_SEARCH_PAGES)
        except InProgress:
            return "postponed"
        if asset_id is None:
            # Before the intent is closed: killed in between, the next run does both.
            self._ledger.give_back(intent.owner, intent.request, *OF_ASSET)
            self._totals.give_back(frozenset({intent.request}), *NEW_VIDEO)
            self._intents.give_up(intent)
            return "lost"
        self._intents.finish(intent, asset_id)
        return "found"

    def _later(self, record: Item | None, kind: str) -> str:
        if record:
            self._due.postpone(record, until=int(self._now()) + _POSTPONE_SECONDS[kind])
        return "postponed"
