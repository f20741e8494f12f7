"""The reconcile: walks through everything at Mux and everything in the table until both say the same.

A walk takes as many runs as it needs, one at a time. Each goes on where the last one, killed or not, has saved.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from http import HTTPStatus
from math import ceil
from typing import Final, Self

from mux_lifecycle.errors import (
    InvalidRequest,
    LeaseLost,
    LifecycleError,
    MuxRateLimited,
    MuxRefused,
    StoreUnavailable,
    TemporarilyUnavailable,
    WrongEnvironment,
)
from mux_lifecycle.mux.tag import is_owner
from mux_lifecycle.store.checkpoints import Checkpoints
from mux_lifecycle.store.totals import Totals
from mux_lifecycle.telemetry import count, logger
from mux_lifecycle.workflows.asset_walk import AssetWalk
from mux_lifecycle.workflows.environment import Environment
from mux_lifecycle.workflows.options import BURIAL_SHARE, flag, known, max_share
from mux_lifecycle.workflows.repairs import Rehearsal, Repairs
from mux_lifecycle.workflows.upload_walk import UploadWalk
from mux_lifecycle.workflows.walk import Run, Stopped, Walk

PERIOD_SECONDS: Final = 86_400
"""A new walk begins so long after the last one has finished."""
_NAME: Final = "reconcile"
_DRIFT: Final = ("repaired", "adopted", "buried", "uploads_repaired", "uploads_adopted")
_NEEDS_ATTENTION: Final = ("held_back", "poisoned", "unclaimed")

type Report = dict[str, int | str]


@dataclass(frozen=True, slots=True)
class ReconcileOptions:
    """What an operator may say in the event. With any of it a walk begins at once, unless one is open: that goes on.

    `restart`, `rebuild` and `adopt_owner` begin anew all the same, unless the open walk does just that. `rebuild` only
    restores: it buries, expires and cancels nothing. `adopt_owner` becomes the owner of assets without a passthrough.
    `max_share` (None: the usual) holds for the rest of the walk. A `dry_run` is a walk of its own that changes nothing.
    """

    start: bool = False
    restart: bool = False
    rebuild: bool = False
    dry_run: bool = False
    adopt_owner: str = ""
    max_share: float | None = None

    @classmethod
    def parse(cls, event: object) -> Self:
        """From the event of the schedule, `{}`, or of a run by hand. Anything else is refused."""
        event = known(event, {entry.name for entry in fields(cls)})
        adopt_owner = event.get("adopt_owner", "")
        if "adopt_owner" in event and not is_owner(adopt_owner):
            raise InvalidRequest("adopt_owner: must be 1 to 128 visible ASCII characters without #")
        return cls(
            start=flag(event, "start"),
            restart=flag(event, "restart"),
            rebuild=flag(event, "rebuild"),
            dry_run=flag(event, "dry_run"),
            adopt_owner=adopt_owner,
            max_share=max_share(event) if "max_share" in event else None,
        )

    @property
    def by_hand(self) -> bool:
        return self.start or self.restart or self.rebuild or bool(self.adopt_owner) or self.max_share is not None

    def goes_on_with(self, walk: Walk) -> bool:
        """Whether an open walk does what is asked for."""
        return (
            not self.restart
            and (not self.rebuild or walk.rebuild)
            and (not self.adopt_owner or walk.adopt_owner == self.adopt_owner)
        )


class Reconcile:
    """One run of a stack's walk. `now` gives epoch seconds, `request_id` a fresh random id."""

    def __init__(  # noqa: PLR0913 - a composition root hands it everything it works with
        self,
        *,
        checkpoints: Checkpoints,
        totals: Totals,
        environment: Environment,
        repairs: Repairs,
        rehearsal: Rehearsal,
        asset_walk: AssetWalk,
        upload_walk: UploadWalk,
        now: Callable[[], float],
        request_id: Callable[[], str],
    ) -> None:
        self._checkpoints = checkpoints
        self._totals = totals
        self._environment = environment
        self._repairs = repairs
        self._rehearsal = rehearsal
        self._steps = {
            "assets": asset_walk.page,
            "rest": asset_walk.rest,
            "missing": asset_walk.missing,
            "uploads": upload_walk.page,
        }
        self._now = now
        self._request_id = request_id

    def run(self, options: ReconcileOptions, remaining_seconds: Callable[[], float]) -> Report:
        """Counts of what this run did, and under `stopped` why it ended before its walk did.

        Raises WrongEnvironment when Mux's answers cannot be trusted, and MuxMalformed or MuxRefused when they cannot be
        used; what was done until then is reported all the same.
        """
        if options.dry_run:
            if self._checkpoints.is_held(_NAME):
                return {"stopped": "busy"}
            rehearsed = self._new_walk(options)
            return self._run(Run(rehearsed, self._rehearsal, _Nowhere(), remaining_seconds))
        try:
            lease = self._checkpoints.take(_NAME, self._request_id())
        except StoreUnavailable:
            return {"stopped": "unavailable"}
        if lease is None:
            return {"stopped": "busy"}
        walk = self._chosen_walk(Walk.from_text(lease.state), options)
        report: Report = {"stopped": "idle"}
        try:
            if walk:
                report = self._run(Run(walk, self._repairs, lease, remaining_seconds))
        except Exception:
            count("ReconcileFailed")
            lease.release()
            raise
        lease.release()
        return report

    def _chosen_walk(self, standing: Walk | None, options: ReconcileOptions) -> Walk | None:
        """The walk to go on with or to begin; None while there is none to begin yet."""
        if standing is None:
            return self._new_walk(options)
        if standing.finished_at:
            due = (
                options.by_hand or self._now() >= standing.finished_at + PERIOD_SECONDS or not self._totals.is_counted()
            )
            return self._new_walk(options) if due else None
        if not options.goes_on_with(standing):
            return self._new_walk(options)
        if options.max_share is not None:
            standing.max_share = options.max_share
        return standing

    def _new_walk(self, options: ReconcileOptions) -> Walk:
        return Walk(
            id=self._request_id(),
            started_at=int(self._now()),
            rebuild=options.rebuild,
            adopt_owner=options.adopt_owner,
            max_share=BURIAL_SHARE if options.max_share is None else options.max_share,
        )

    def _run(self, run: Run) -> Report:
        stopped = ""
        try:
            # What was asked for by hand is gone on with, whatever becomes of this run.
            run.save()
            self._environment.confirm()
            self._go_on(run)
        except Stopped as reason:
            stopped = reason.reason
        except LeaseLost:
            stopped = "lease_lost"
        except MuxRateLimited:
            stopped = "rate_limited"
        except TemporarilyUnavailable as error:
            logger.warning("walk interrupted", error=type(error).__name__)
            stopped = "unavailable"
        except MuxRefused as refused:
            self._report(run, "refused")
            if refused.status == HTTPStatus.UNAUTHORIZED:
                raise WrongEnvironment("Mux refuses the token") from refused
            raise
        except LifecycleError:
            self._report(run, "failed")
            raise
        return self._report(run, stopped)

    def _go_on(self, run: Run) -> None:
        while run.walk.phase != "done":
            run.go_on()
            self._steps[run.walk.phase](run)
        if not isinstance(run.repairs, Rehearsal):
            self._totals.count(ceil(run.walk.stored_seconds / 60), since=run.walk.started_at)
        run.walk.finished_at = int(self._now())
        run.count("finished")
        run.save()

    def _report(self, run: Run, stopped: str) -> Report:
        counts, walk = run.counts, run.walk
        counts["drift"] = sum(counts[name] for name in _DRIFT)
        counts["attention"] = sum(counts[name] for name in _NEEDS_ATTENTION)
        if not isinstance(run.repairs, Rehearsal):
            _count(walk, counts)
        logger.info("reconcile ended", walk=walk.id, phase=walk.phase, stopped=stopped, counts=dict(counts))
        if walk.finished_at:
            logger.info("walk finished", walk=walk.id, seconds=walk.finished_at - walk.started_at, counts=walk.counts)
        report: Report = {"walk": walk.id, "phase": walk.phase}
        if run.doubt:
            report["retention"] = f"deletes nothing: {run.doubt}"
        return report | dict(counts) | ({"stopped": stopped} if stopped else {})


def _count(walk: Walk, counts: Counter[str]) -> None:
    if not walk.rebuild and not walk.adopt_owner:
        # What an operator asked for is no drift.
        count("ReconcileDrift", counts["drift"])
    count("ReconcileAttention", counts["attention"])
    count("ReconcileFinished", counts["finished"])
    count("RetentionExpired", counts["expired"])
    count("RetentionCancelled", counts["uploads_cancelled"])


class _Nowhere:
    """Where a dry run saves."""

    def save(self, state: str) -> None:
        """Forget it."""

    def keep(self) -> None:
        """There is no lease."""
