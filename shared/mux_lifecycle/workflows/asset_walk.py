"""The part of a walk that compares assets: Mux's list, newest first, with the library index, newest first.

What differs is repaired, what carries our tag and has no record is adopted. A record that Mux did not list is gone only
if Mux, asked for it by id, says so.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil, inf
from typing import Any, Final

from mux_lifecycle import views
from mux_lifecycle.errors import LifecycleError, MuxNotFound, MuxRefused, WrongEnvironment
from mux_lifecycle.mux.client import AssetPage, MuxClient
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.assets import Assets, exists, is_rejected, missing_facts, part_versions
from mux_lifecycle.store.projection import AssetChange
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item
from mux_lifecycle.store.totals import LONGEST_SECONDS
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.telemetry import logger
from mux_lifecycle.times import parse_epoch, rfc3339
from mux_lifecycle.workflows.environment import Environment
from mux_lifecycle.workflows.retention import Retention
from mux_lifecycle.workflows.walk import NEWEST, OLDEST, Run

PAGE: Final = 100
_INDEX_PAGE: Final = 500
# Their ids are part of the checkpoint, which is written with every page.
_MOST_MISSING: Final = 500
_SETTLED_SECONDS: Final = 60
"""A record this young is not asked about: Mux may not show yet what it has just made."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """An asset as Mux's API showed it; `tagged` by anybody. `seconds`: how long the video is, or may be."""

    change: AssetChange
    tagged: bool
    seconds: int


class AssetWalk:
    """Each method is one step, at the end of which everything is saved. `now` gives epoch seconds."""

    def __init__(
        self,
        *,
        mux: MuxClient,
        assets: Assets,
        uploads: Uploads,
        environment: Environment,
        retention: Retention,
        stack: str,
        now: Callable[[], float],
        request_id: Callable[[], str],
    ) -> None:
        self._mux = mux
        self._assets = assets
        self._uploads = uploads
        self._environment = environment
        self._retention = retention
        self._stack = stack
        self._now = now
        self._request_id = request_id

    def page(self, run: Run) -> None:
        """One page of Mux's list, and the part of the index that covers the same time."""
        walk = run.walk
        if not walk.cursor:
            # When this page is read again, it may begin with what was not there the first time.
            walk.position = NEWEST
        sent_at = self._now()
        page = self._list(run)
        if page is None:
            return
        # After the list, not before: it may have been the first to use a new token.
        self._environment.confirm()
        listed = self._listed(run, page.assets, sent_at)
        oldest = min([walk.position, *(_whole_second(entry.change) for entry in listed.values())])
        walk.missing = [asset_id for asset_id in walk.missing if asset_id not in listed]
        seconds = self._compare(run, listed)
        if not walk.rebuild:
            self._note_missing(run, oldest, listed)
        walk.position = oldest
        walk.seen += len(listed)
        walk.stored_seconds += seconds
        walk.turn_page(page.next_cursor or "")
        if not walk.cursor:
            walk.phase = "uploads" if walk.rebuild else "rest"
        run.save()

    def rest(self, run: Run) -> None:
        """What the index holds behind the end of Mux's list."""
        self._note_missing(run, OLDEST, ())
        run.walk.phase = "missing"
        run.save()

    def missing(self, run: Run) -> None:
        """Ask about everything that Mux did not list."""
        self._ask_about_missing(run)
        run.walk.phase = "uploads"
        run.save()

    def _list(self, run: Run) -> AssetPage | None:
        """The page that comes next; None when Mux does not know the cursor any more, so that all is read again."""
        walk = run.walk
        try:
            page = self._mux.list_assets(cursor=walk.cursor or None, limit=PAGE)
        except MuxNotFound as error:
            raise WrongEnvironment("Mux shows no list of assets to this token") from error
        except MuxRefused as refused:
            if refused.status != HTTPStatus.BAD_REQUEST or not walk.cursor or run.counts["started_over"]:
                raise
            logger.warning("walk starts over: cursor refused")
            walk.start_over()
            run.count("started_over")
            run.save()
            return None
        run.sees_assets = True
        return page

    def _listed(self, run: Run, entries: Iterable[Mapping[str, Any]], sent_at: float) -> dict[str, _Listed]:
        listed: dict[str, _Listed] = {}
        for entry in entries:
            change = projection.observed_asset(entry, sent_at=sent_at, stack=self._stack)
            if change is None or parse_epoch(entry.get("created_at")) is None:
                logger.error("asset at mux not understood", id=str(entry.get("id"))[:128])
                run.count("poisoned")
                continue
            listed[change.asset_id] = _Listed(change, bool(entry.get("passthrough")), _seconds(entry, change))
            run.count("seen")
        return listed

    def _compare(self, run: Run, listed: Mapping[str, _Listed]) -> int:
        """How many seconds of video those of this stack are."""
        records = self._assets.stored_by_id(list(listed))
        owners = self._owners_by_upload(listed, records)
        for asset_id, entry in listed.items():
            run.go_on()
            with run.sparing(asset_id):
                self._reconcile(run, entry, records.get(asset_id, {}), owners.get(entry.change.upload_id))
        return sum(
            entry.seconds
            for asset_id, entry in listed.items()
            if entry.change.tag or "owner" in records.get(asset_id, {}) or entry.change.upload_id in owners
        )

    def _owners_by_upload(self, listed: Mapping[str, _Listed], records: Mapping[str, Item]) -> dict[str, str]:
        """The owners of uploads, for assets of which neither their record nor their tag names one."""
        upload_ids = {
            entry.change.upload_id
            for asset_id, entry in listed.items()
            if entry.change.upload_id and not entry.change.tag and "owner" not in records.get(asset_id, {})
        }
        found = self._uploads.found_by_id(sorted(upload_ids))
        return {upload_id: text(record, "owner") for upload_id, record in found.items()}

    def _reconcile(self, run: Run, entry: _Listed, record: Item, upload_owner: str | None) -> None:
        change = entry.change
        if record.get("status") == "deleted":
            # Not believed while the tombstone stands: Mux's list may be older than the deletion.
            run.count("disputed")
            return
        if "delete_requested_at" in record:
            run.count("deleting")
            return
        owner = text(record, "owner") or (change.tag.owner if change.tag else upload_owner) or None
        if owner is None and run.walk.adopt_owner:
            if entry.tagged:
                run.count("foreign_kept")
            else:
                owner = run.walk.adopt_owner
                tag = Tag(self._stack, owner, self._request_id())
                change = run.repairs.tag_asset(change, tag, sent_at=self._now())
        run.count(self._written(run, change, record, owner))
        age = self._now() - change.created_at
        expired = bool(owner) and not run.walk.rebuild and self._retention.is_over(change.status, age)
        if not (owner and expired and self._retention.may_act(run)):
            return
        if run.repairs.expire(change.asset_id, owner, now=self._now()):
            run.count("expired")

    def _written(self, run: Run, change: AssetChange, record: Item, owner: str | None) -> str:
        if not exists(record):
            outcome = "adopted" if owner else "noted"
        elif owner and "owner" not in record:
            outcome = "adopted"
        else:
            outcome = _difference(record, change) or ("repaired" if missing_facts(record, change, owner) else "")
        written = bool(outcome) and run.repairs.write_asset(change, owner)
        return outcome if written else "unchanged"

    def _note_missing(self, run: Run, oldest: str, listed: Iterable[str]) -> None:
        """Go down the index to the position `oldest` and keep the ids that are not `listed`."""
        walk, after, more = run.walk, None, True
        while more:
            run.go_on()
            positions, after = self._assets.positions(
                newest=walk.position, oldest=oldest, limit=_INDEX_PAGE, after=after
            )
            known = {*listed, *walk.missing}
            walk.missing += [asset_id for position in positions if (asset_id := keys.sorted_id(position)) not in known]
            walk.position = after or oldest
            if len(walk.missing) >= _MOST_MISSING:
                self._ask_about_missing(run)
            more = after is not None

    def _ask_about_missing(self, run: Run) -> None:
        while run.walk.missing:
            run.go_on()
            asset_id = run.walk.missing[0]
            with run.sparing(asset_id):
                self._ask_about(run, asset_id)
            del run.walk.missing[0]

    def _ask_about(self, run: Run, asset_id: str) -> None:
        walk, record = run.walk, self._assets.stored(asset_id)
        if not exists(record) or is_rejected(record):
            # Gone meanwhile, or to be removed and noted as gone by the cleanup.
            return
        if text(record, "sort") > keys.sort(int(self._now()) - _SETTLED_SECONDS, ""):
            run.count("postponed")
            return
        if not walk.may_bury():
            run.count("held_back")
            return
        sent_at = self._now()
        try:
            found = self._mux.get_asset(asset_id)
        except MuxNotFound:
            self._confirm(run)
            # Counted before it is done: however often a run is killed here, no more are buried than allowed.
            walk.burials += 1
            run.save()
            if run.repairs.bury(asset_id, sent_at=sent_at, now=self._now()):
                run.count("buried")
            return
        walk.unlisted += 1
        walk.stored_seconds += self._compare(run, self._listed(run, [found], sent_at))

    def _confirm(self, run: Run) -> None:
        """Raise WrongEnvironment if the token is another environment's, or has lost the permission to see assets."""
        if not run.sees_assets:
            # To a token that may not see it, each asset is a 404; the list too.
            self._list(run)
        self._environment.confirm()


def _seconds(entry: Mapping[str, Any], change: AssetChange) -> int:
    """What could not be processed is stored nowhere; what Mux has not measured may be as long as is allowed."""
    duration = entry.get("duration")
    if isinstance(duration, int | float) and 0 <= duration < inf:
        return ceil(duration)
    if change.status == "errored":
        return 0
    return (change.tag.max_duration if change.tag else 0) or LONGEST_SECONDS


def _whole_second(change: AssetChange) -> str:
    """The position in the library before all assets of the second in which this one was created."""
    return f"{rfc3339(change.created_at)}#"


def _difference(record: Item, change: AssetChange) -> str:
    """What writing `change` over an older record would do: `repaired` if callers are shown something else then,
    `refreshed` if only the snapshot differs, because a track or rendition is shown as its own clock knows it.
    """
    seen = text(record, "seen")
    if not keys.is_version(seen):
        raise LifecycleError("a record without a version that could be compared")
    then: Item = {
        "status": change.status,
        "doc": change.document,
        "sort": keys.sort(change.created_at, change.asset_id),
    }
    if change.tag:
        then["visibility"] = change.tag.visibility
    same = all(record.get(name) == value for name, value in then.items())
    if change.version <= seen or (same and not part_versions(record)):
        return ""
    if _shown(record) != _shown(record | then | {"seen": change.version}):
        return "repaired"
    return "" if same else "refreshed"


def _shown(record: Item) -> views.Json:
    return views.asset(record) | {"updated_at": None}
