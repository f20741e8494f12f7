"""Intents: what a caller asked for, stored before it is sent to Mux, so that a lost answer is found again and a
repeated request (same Idempotency-Key) gets the same answer."""

import contextlib
from copy import replace
from dataclasses import dataclass
from typing import Final, Literal, Self

from mux_lifecycle.store import keys, uploads
from mux_lifecycle.store.projection import UploadChange
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item, Refused, Table

type Kind = Literal["upload", "asset"]

KEPT_SECONDS: Final = 86_400
"""How long a repeated Idempotency-Key gets the first answer."""
SETTLE_SECONDS: Final = 60
"""What was sent may take effect so long afterwards; it is looked for then, and not sent again before."""

_FREE: Final = "(attribute_not_exists(#pk) OR #ttl <= :now)"
_OPEN: Final = "#request = :request AND #state <> :done"


@dataclass(frozen=True, slots=True)
class Intent:
    """One request that creates something at Mux. `request` is the id in the tag of what is being sent, a new one
    whenever it is sent again; times are epoch seconds.

    `state`: `pending` while the outcome is open · `done` with `object_id` · `lost` when nothing came of it.
    """

    pk: str
    owner: str
    kind: str
    fingerprint: str
    request: str
    sent_at: int
    state: str = "pending"
    object_id: str = ""
    expires_at: int = 0

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(
            pk=text(item, "pk"),
            owner=text(item, "owner"),
            kind=text(item, "kind"),
            fingerprint=text(item, "fingerprint"),
            request=text(item, "request"),
            sent_at=number(item, "sent_at"),
            state=text(item, "state"),
            object_id=text(item, "object_id"),
            expires_at=number(item, "expires_at"),
        )


class Intents:
    """The intents of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, intent: Intent) -> Intent:
        """Store `intent` unless one stands under its key; whichever stands then."""
        item: Item = {
            "pk": intent.pk,
            "owner": intent.owner,
            "kind": intent.kind,
            "fingerprint": intent.fingerprint,
            "request": intent.request,
            "sent_at": intent.sent_at,
            "state": intent.state,
            "ttl": intent.sent_at + KEPT_SECONDS,
        }
        try:
            self._table.put(item | _due(intent), condition=_FREE, values={"now": intent.sent_at})
        except Refused as refused:
            return Intent.from_item(refused.item)
        return intent

    def find(self, pk: str) -> Intent | None:
        """The intent as it is now."""
        item = self._table.get(pk)
        return Intent.from_item(item) if item and "request" in item else None

    def send_again(self, intent: Intent, *, request: str, now: int) -> Intent | None:
        """Take over an intent of which nothing came so far; None when somebody else was faster.

        `request` must be new: it tells our own write, its answer lost, from that of a parallel retry, and what is sent
        now from what was sent before.
        """
        again = replace(intent, request=request, sent_at=now, state="pending")
        put: Item = {"state": "pending", "request": request, "sent_at": now, "ttl": now + KEPT_SECONDS}
        try:
            self._table.update(intent.pk, put=put | _due(again), condition=_OPEN, values=self._open(intent))
        except Refused as refused:
            return again if refused.item.get("request") == request else None
        return again

    def finish(self, intent: Intent, object_id: str, *, expires_at: int = 0) -> None:
        """Note what came of it; nothing happens if the intent has expired meanwhile."""
        self._close(intent, {"state": "done", "object_id": object_id, "expires_at": expires_at})

    def give_up(self, intent: Intent) -> None:
        """Note that nothing came of what was sent: the next request with its key may send it again."""
        self._close(intent, {"state": "lost"})

    def _close(self, intent: Intent, put: Item) -> None:
        with contextlib.suppress(Refused):
            self._table.update(intent.pk, put=put, remove=["due", "due_at"], condition=_OPEN, values=self._open(intent))

    def finish_upload(self, intent: Intent, change: UploadChange, *, now: float) -> None:
        """Write the new upload's record and close its intent, both or neither; Refused if a record stands already."""
        record = uploads.update(change, now=now)
        done: Item = {"state": "done", "object_id": change.upload_id, "expires_at": change.expires_at}
        closed = {"pk": intent.pk, "put": done, "condition": _OPEN, "values": self._open(intent)}
        self._table.update_both(record, closed)

    def release(self, intent: Intent) -> None:
        """Forget an intent of which certainly nothing came; one that was sent again stands."""
        with contextlib.suppress(Refused):
            self._table.delete(intent.pk, condition=_OPEN, values=self._open(intent))

    @staticmethod
    def _open(intent: Intent) -> dict[str, str]:
        return {"request": intent.request, "done": "done"}


def _due(intent: Intent) -> Item:
    """Only what costs money is looked for: a lost upload times out by itself."""
    if intent.kind != "asset":
        return {}
    return {"due": keys.DUE_PARTITION, "due_at": intent.sent_at + SETTLE_SECONDS}
