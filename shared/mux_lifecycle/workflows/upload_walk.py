"""The part of a walk that compares uploads: Mux's list, newest first, back to what can still matter.

Mux numbers the pages of this list, so it shifts while uploads are made: some are then seen twice, which does no harm.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mux_lifecycle.errors import MuxMalformed, MuxNotFound, WrongEnvironment
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.projection import UploadChange
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item
from mux_lifecycle.store.uploads import FINAL_SECONDS, Uploads
from mux_lifecycle.telemetry import logger
from mux_lifecycle.times import MICROSECONDS, rfc3339
from mux_lifecycle.workflows.environment import Environment
from mux_lifecycle.workflows.retention import Retention
from mux_lifecycle.workflows.walk import Run

PAGE: Final = 100
_LONGEST_TIMEOUT: Final = 604_800


class UploadWalk:
    """One page is one step, at the end of which everything is saved. `now` gives epoch seconds."""

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
    ) -> None:
        self._mux = mux
        self._assets = assets
        self._uploads = uploads
        self._environment = environment
        self._retention = retention
        self._stack = stack
        self._now = now

    def page(self, run: Run) -> None:
        """One page of Mux's list. The walk is done when there is no more, or nothing that matters any more."""
        walk = run.walk
        sent_at = self._now()
        try:
            entries = self._mux.list_uploads(page=walk.uploads_page, limit=PAGE)
        except MuxNotFound as error:
            raise WrongEnvironment("Mux shows no list of uploads to this token") from error
        self._environment.confirm()
        changes = self._changes(run, entries, sent_at)
        if changes and list(changes) == run.last_uploads:
            raise MuxMalformed("the list of uploads does not go on")
        run.last_uploads = list(changes)
        created = self._assets_created(changes.values())
        self._compare(run, changes, created)
        # Uploads have no time of their own, but none is younger than its asset.
        horizon = rfc3339(self._now() - FINAL_SECONDS - _LONGEST_TIMEOUT)
        if not entries or any(moment < horizon for moment in created.values()):
            walk.phase = "done"
        walk.uploads_page += 1
        run.save()

    def _changes(self, run: Run, entries: Iterable[Mapping[str, Any]], sent_at: float) -> dict[str, UploadChange]:
        changes: dict[str, UploadChange] = {}
        for entry in entries:
            change = projection.observed_upload(entry, sent_at=sent_at, stack=self._stack)
            if change is None:
                logger.error("upload at mux not understood", id=str(entry.get("id"))[:128])
                run.count("poisoned")
                continue
            changes[change.upload_id] = change
            run.count("uploads_seen")
        return changes

    def _assets_created(self, changes: Iterable[UploadChange]) -> dict[str, str]:
        """When the assets of uploads were created, by asset id, as far as they have a record."""
        records = self._assets.stored_by_id(sorted({change.asset_id for change in changes if change.asset_id}))
        return {asset_id: text(record, "sort") for asset_id, record in records.items() if "sort" in record}

    def _compare(self, run: Run, changes: Mapping[str, UploadChange], created: Mapping[str, str]) -> None:
        records = self._uploads.found_by_id(list(changes))
        forgotten = rfc3339(self._now() - FINAL_SECONDS)
        for upload_id, change in changes.items():
            run.go_on()
            with run.sparing(upload_id):
                if upload_id in records:
                    self._reconcile(run, change, records[upload_id])
                # A record that is missing because its time was over stays missing.
                elif change.tag and created.get(change.asset_id, forgotten) >= forgotten:
                    self._write(run, change, "uploads_adopted")

    def _reconcile(self, run: Run, change: UploadChange, record: Item) -> None:
        if change.status == text(record, "status") == "waiting":
            age = self._now() - keys.version_micros(text(record, "seen")) / MICROSECONDS
            abandoned = not run.walk.rebuild and "owner" in record and self._retention.is_abandoned(age)
            if abandoned and self._retention.may_act(run) and run.repairs.cancel_upload(change.upload_id):
                run.count("uploads_cancelled")
        elif change.version > text(record, "seen") and _differs(record, change):
            self._write(run, change, "uploads_repaired")

    def _write(self, run: Run, change: UploadChange, outcome: str) -> None:
        if run.repairs.write_upload(change, now=self._now()):
            run.count(outcome)


def _differs(record: Item, change: UploadChange) -> bool:
    """Mux's events leave out an error that its answers have, so that only what is there is compared."""
    return (
        text(record, "status") != change.status
        or (bool(change.asset_id) and "asset_id" not in record)
        or (bool(change.error) and text(record, "error") != change.error)
    )
