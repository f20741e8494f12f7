"""Checkpoints: how far a long job has come and who works on it, so that it survives being killed anywhere.

Whoever works on a job holds its lease. A lease ends by itself: that of a killed function keeps nobody waiting for long.
"""

import contextlib
from collections.abc import Callable
from typing import Final

from mux_lifecycle.errors import LeaseLost, StoreUnavailable
from mux_lifecycle.store import keys
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item, Refused, Table

LEASE_SECONDS: Final = 120
_RENEWED_BELOW_SECONDS: Final = 60

_FREE: Final = "(attribute_not_exists(#holder) OR #holder = :holder OR #lease_until <= :now)"
_MINE: Final = "#holder = :holder"


class Lease:
    """The right to work on a job. `state` is the text saved last, `""` if there is none.

    `save` and `keep` raise LeaseLost once another holder has taken over.
    """

    def __init__(self, table: Table, now: Callable[[], float], pk: str, holder: str, until: int, state: str) -> None:
        self._table = table
        self._now = now
        self._pk = pk
        self._holder = holder
        self._until = until
        self.state = state

    def save(self, state: str) -> None:
        """Store how far the job has come."""
        self._renew({"state": state})
        self.state = state

    def keep(self) -> None:
        """Renew the lease when half of it is over."""
        if self._until - self._now() < _RENEWED_BELOW_SECONDS:
            self._renew({})

    def release(self) -> None:
        """Let the next one work at once. Should that fail, the lease ends by itself."""
        with contextlib.suppress(Refused, StoreUnavailable):
            self._table.update(
                self._pk, put={}, remove=["holder", "lease_until"], condition=_MINE, values={"holder": self._holder}
            )

    def _renew(self, put: Item) -> None:
        until = int(self._now()) + LEASE_SECONDS
        try:
            self._table.update(
                self._pk, put=put | {"lease_until": until}, condition=_MINE, values={"holder": self._holder}
            )
        except Refused as refused:
            raise LeaseLost("another run has taken over") from refused
        self._until = until


class Checkpoints:
    """The checkpoints of one table. `now` gives epoch seconds."""

    def __init__(self, table: Table, now: Callable[[], float]) -> None:
        self._table = table
        self._now = now

    def is_held(self, name: str) -> bool:
        """Whether somebody works on the job."""
        return number(self._table.get(keys.checkpoint(name)) or {}, "lease_until") > self._now()

    def take(self, name: str, holder: str) -> Lease | None:
        """The right to work on the job, or None while another holder has it. `holder` must be new."""
        now = int(self._now())
        until = now + LEASE_SECONDS
        try:
            item = self._table.update(
                keys.checkpoint(name),
                put={"holder": holder, "lease_until": until},
                condition=_FREE,
                values={"holder": holder, "now": now},
                fetch=True,
            )
        except Refused:
            return None
        return Lease(self._table, self._now, keys.checkpoint(name), holder, until, text(item, "state"))
