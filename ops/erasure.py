"""Erasing what a survey has found. Killed anywhere and run again, it ends the same.

Each asset's deletion is stored before it is carried out, and what cannot be deleted yet stays a pending deletion that
the cleanup finishes. Uploads end before assets, for one may become an asset at the last moment; what tells of both goes
last. Foreign assets never get here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from mux_lifecycle.errors import (
    Conflict,
    LifecycleError,
    MuxRateLimited,
    MuxRefused,
    NotFound,
    SecretUnavailable,
    StoreUnavailable,
    WrongEnvironment,
)
from mux_lifecycle.store import keys
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.intents import SETTLE_SECONDS
from mux_lifecycle.store.projection import AssetChange, UploadChange
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item, Refused, Table
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.workflows.cancellation import Cancellation
from mux_lifecycle.workflows.deletion import Deletion
from mux_lifecycle.workflows.walk import Walk
from ops.owner_records import OwnerRecords
from ops.survey import Owned, Survey

_UNDER_WAY: Final = "a request is under way: run this again in a minute"
_CAME: Final = "it came while this ran: has the user been disabled? Run this again"
_CHANGED: Final = "it changed while this ran: run this again"
_RECONCILE: Final = keys.checkpoint("reconcile")


@dataclass(slots=True)
class Report:
    """What became of everything, by what it is. `tell` hears of what is gone; `stopped` says why a run ended early."""

    tell: Callable[[str], None]
    deleted: int = 0
    pending: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        return not (self.pending or self.failed or self.left or self.stopped)

    def gone(self, subject: str) -> None:
        self.deleted += 1
        self.tell(f"{'deleted':14} {subject}")


class Erasure:
    """Erases one owner. `now` gives epoch seconds."""

    def __init__(  # noqa: PLR0913 - it works with everything there is of an owner
        self,
        *,
        survey: Survey,
        records: OwnerRecords,
        table: Table,
        assets: Assets,
        uploads: Uploads,
        deletion: Deletion,
        cancellation: Cancellation,
        owner: str,
        now: Callable[[], float],
    ) -> None:
        self._survey = survey
        self._records = records
        self._table = table
        self._assets = assets
        self._uploads = uploads
        self._deletion = deletion
        self._cancellation = cancellation
        self._owner = owner
        self._now = now

    def run(self, tell: Callable[[str], None]) -> Report:
        """Erase what there is now, and `tell` of each thing that is gone. What stops it is in the report."""
        report = Report(tell)
        try:
            self._erase(report)
        except MuxRateLimited:
            report.stopped = "Mux answers that there are too many requests"
        except (StoreUnavailable, SecretUnavailable) as error:
            report.stopped = f"AWS does not answer: {error}"
        except WrongEnvironment as error:
            report.stopped = str(error)
        return report

    def _erase(self, report: Report) -> None:
        found = self._survey.take()
        report.left |= found.left
        for upload_id in sorted(found.waiting):
            with self._sparing(report, f"upload {upload_id}"):
                self._cancel(found, upload_id, found.uploads[upload_id])
        for asset_id, change in sorted(found.assets.items()):
            with self._sparing(report, f"asset {asset_id}"):
                self._delete(report, asset_id, change)
        self._end_uploads(report, found)
        for record in found.records:
            self._remove(report, record)
        if found.limits:
            self._records.remove_limits()
            report.gone("what counted against the owner's limits")
        self._forget_import(report)
        self._look_again(report)

    def _cancel(self, found: Owned, upload_id: str, unknown: UploadChange | None) -> None:
        if unknown:
            self._uploads.apply(unknown, now=self._now())
        try:
            self._cancellation.cancel(upload_id, owner=self._owner)
        except Conflict:
            asset_id = text(self._uploads.find(upload_id) or {}, "asset_id")
            if asset_id and asset_id not in found.assets:
                self._survey.asset(found, asset_id)
        except NotFound:
            # Its time was over, and DynamoDB has deleted the record meanwhile.
            return

    def _delete(self, report: Report, asset_id: str, unknown: AssetChange | None) -> None:
        subject = f"asset {asset_id}"
        if unknown:
            self._assets.apply(unknown, owner=self._owner)
        try:
            self._assets.request_deletion(asset_id, owner=self._owner, now=self._now())
        except NotFound:
            # Deleted meanwhile; or it got another owner, and then it stands in nobody's way here.
            return
        if self._deletion.carry_out(asset_id):
            report.gone(subject)
        else:
            report.pending[subject] = "Mux still prepares it; the cleanup deletes it within minutes of its being ready"

    def _end_uploads(self, report: Report, found: Owned) -> None:
        for upload_id in sorted(found.uploads):
            subject = f"upload {upload_id}"
            if subject in report.failed:
                # It may still become an asset, and its record is how that is found.
                continue
            if self._records.bury_upload(upload_id, now=self._now()):
                report.gone(subject)
            else:
                report.left[subject] = _CHANGED

    def _remove(self, report: Report, record: Item) -> None:
        pk = text(record, "pk")
        under_way = text(record, "state") == "pending" and self._now() - number(record, "sent_at") < SETTLE_SECONDS
        if under_way:
            report.left[pk] = _UNDER_WAY
        elif self._records.remove(record):
            report.gone(pk)
        else:
            report.left[pk] = _CHANGED

    def _forget_import(self, report: Report) -> None:
        """An import that gave assets to the owner is remembered until the next walk of the reconcile begins."""
        state = text(self._table.get(_RECONCILE) or {}, "state")
        walk = Walk.from_text(state)
        if walk is None or walk.adopt_owner != self._owner:
            return
        if not walk.finished_at:
            report.left[_RECONCILE] = "an import for this owner is under way: begin another walk, and run this again"
            return
        forgotten = replace(walk, adopt_owner="").to_text()
        try:
            self._table.update(_RECONCILE, put={"state": forgotten}, condition="#state = :old", values={"old": state})
        except Refused:
            report.left[_RECONCILE] = _CHANGED

    def _look_again(self, report: Report) -> None:
        accounted = report.pending.keys() | report.failed.keys() | report.left.keys()
        for record in self._records.all():
            pk = text(record, "pk")
            kind, _, name = pk.partition("#")
            subject = f"{kind.lower()} {name}" if kind in ("ASSET", "UPLOAD") else pk
            if subject not in accounted:
                report.left[subject] = _CAME

    @contextmanager
    def _sparing(self, report: Report, subject: str) -> Iterator[None]:
        """What fails for one asset or upload keeps none of the others; what fails for all of them ends the run."""
        try:
            yield
        except (MuxRateLimited, StoreUnavailable, SecretUnavailable, WrongEnvironment):
            raise
        except MuxRefused as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise WrongEnvironment("Mux refuses the token") from error
            report.failed[subject] = f"Mux answers {error.status}"
        except LifecycleError as error:
            report.failed[subject] = f"{type(error).__name__}: {error}"
