"""A walk: one comparison of everything at Mux with the table, which may take many runs. This is what they pass on.

Phases: `assets` (Mux's list, page by page, against the library index) · `rest` (the index behind the end of Mux's list)
· `missing` (what Mux did not list is asked about) · `uploads` · `done`. Every state in between may be saved: whoever
goes on from it repeats something at worst.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from mux_lifecycle.errors import LeaseLost, MuxMalformed, MuxRefused, TemporarilyUnavailable, WrongEnvironment
from mux_lifecycle.telemetry import logger
from mux_lifecycle.workflows.options import BURIAL_SHARE, may_bury

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mux_lifecycle.workflows.repairs import Repairs

RESERVE_SECONDS: Final = 30.0
"""A run ends when less than this is left of its function's time: enough for the slowest single step."""
NEWEST: Final = "~"
"""Sorts behind every position in the library."""
OLDEST: Final = "0"


@dataclass(slots=True)
class Walk:
    """The state of a walk; times in epoch seconds.

    The library index has been compared from its newest position down to `position`; `missing` are ids found there that
    Mux has not listed so far. `seen` counts the assets that Mux has listed, `unlisted` those it only knew by their id;
    `stored_seconds` is how long all videos of this stack are.
    `marked_cursor` is one that has been used: Mux answering it again would mean a walk in circles.
    """

    id: str
    started_at: int
    rebuild: bool = False
    adopt_owner: str = ""
    max_share: float = BURIAL_SHARE
    phase: str = "assets"
    cursor: str = ""
    marked_cursor: str = ""
    pages: int = 0
    position: str = NEWEST
    missing: list[str] = field(default_factory=list)
    uploads_page: int = 1
    seen: int = 0
    unlisted: int = 0
    stored_seconds: int = 0
    burials: int = 0
    finished_at: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """What `to_text` made; None when it is none of ours (there was none yet, or another release wrote it)."""
        try:
            fields: Any = json.loads(text)
            return cls(**fields)
        except (ValueError, TypeError):
            return None

    def to_text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    def start_over(self) -> None:
        """Read everything again; what was buried still counts."""
        self.phase, self.cursor, self.marked_cursor, self.position, self.missing = "assets", "", "", NEWEST, []
        self.pages = self.seen = self.unlisted = self.stored_seconds = 0

    def turn_page(self, next_cursor: str) -> None:
        """Go on with the page at `next_cursor`; MuxMalformed when that leads in circles."""
        if next_cursor and next_cursor == self.marked_cursor:
            raise MuxMalformed("the list of assets goes round in circles")
        self.pages += 1
        # Brent's way to find a cycle: the mark moves on at every power of two.
        if self.pages & (self.pages - 1) == 0:
            self.marked_cursor = next_cursor
        self.cursor = next_cursor

    def may_bury(self) -> bool:
        """Whether one more asset may be declared gone. A list of Mux's that leaves out what exists proves nothing."""
        return may_bury(max(self.burials, self.unlisted), seen=self.seen, share=self.max_share)


class Stopped(Exception):
    """The run ends here; the next one goes on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Checkpoint(Protocol):
    """Where a run leaves its walk; see `store.checkpoints.Lease`."""

    def save(self, state: str) -> None: ...

    def keep(self) -> None: ...


class Run:
    """One run of a walk: the time it has, what it may do, what it has counted, and where it saves.

    `sees_assets`: this run's token was shown Mux's list of assets. `last_uploads` are the ids on the page before.
    `doubt`: why the stack's claim to its tag is not confirmed, `""` if it is, None before anybody has asked.
    """

    def __init__(
        self, walk: Walk, repairs: Repairs, checkpoint: Checkpoint, remaining_seconds: Callable[[], float]
    ) -> None:
        self.walk = walk
        self.repairs = repairs
        self.sees_assets = False
        self.doubt: str | None = None
        self.last_uploads: list[str] = []
        self._checkpoint = checkpoint
        self._remaining_seconds = remaining_seconds
        self._saved: Counter[str] = Counter()
        self._unsaved: Counter[str] = Counter()

    @property
    def counts(self) -> Counter[str]:
        """What this run has done."""
        return self._saved + self._unsaved

    def count(self, name: str) -> None:
        self._unsaved[name] += 1

    def go_on(self) -> None:
        """To be called before every step: Stopped when the time is up, LeaseLost when another run has taken over."""
        if self._remaining_seconds() < RESERVE_SECONDS:
            raise Stopped("out_of_time")
        self._checkpoint.keep()

    def save(self) -> None:
        """From here the next run goes on if this one is killed."""
        self.walk.counts = dict(Counter(self.walk.counts) + self._unsaved)
        self._saved += self._unsaved
        self._unsaved.clear()
        self._checkpoint.save(self.walk.to_text())

    @contextmanager
    def sparing(self, about: str) -> Iterator[None]:
        """What makes no sense is counted as `poisoned` and must not keep the others waiting."""
        try:
            yield
        except (Stopped, LeaseLost, TemporarilyUnavailable, WrongEnvironment):
            raise
        except Exception as error:
            if isinstance(error, MuxRefused) and error.status == HTTPStatus.UNAUTHORIZED:
                raise
            logger.exception("skipped by the walk", about=about, error=type(error).__name__)
            self.count("poisoned")
