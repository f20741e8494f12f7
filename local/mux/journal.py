"""What the emulator was asked, what happened in it and what it sent, for tests to read."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.mux.events import Event

_KEPT = 100_000
_KEPT_LOST = 1_000


@dataclass
class RequestRecord:
    """`body` is the text received, None on the upload URL; `status` is None when no answer was sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str | None
    status: int | None
    received_at: float


@dataclass
class DeliveryRecord:
    """One attempt: `body` is the exact text signed; `status` is None when the endpoint did not answer."""

    webhook_id: str
    address: str
    event_id: str
    type: str
    headers: dict[str, str]
    body: str
    sent_at: float
    status: int | None = None

    @property
    def object_id(self) -> str:
        """The id of what it tells about."""
        return str(json.loads(self.body)["object"]["id"])


@dataclass(frozen=True)
class LostRecord:
    """A delivery that a fault has lost; nobody was asked."""

    event_id: str
    type: str
    object_id: str
    at: float


class Journal:
    def __init__(self) -> None:
        self._requests: deque[RequestRecord] = deque(maxlen=_KEPT)
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._happened = 0
        self._deliveries: deque[DeliveryRecord] = deque(maxlen=_KEPT)
        self._lost: deque[LostRecord] = deque(maxlen=_KEPT_LOST)
        self._open: set[int] = set()

    def request(self, record: RequestRecord) -> None:
        self._requests.append(record)

    def event(self, event: Event) -> None:
        self._events.append(event)
        self._happened += 1

    def begin(self, record: DeliveryRecord) -> None:
        """Note an attempt; it shows, in the order of beginning, once it is ended."""
        self._deliveries.append(record)
        self._open.add(id(record))

    def end(self, record: DeliveryRecord, status: int | None) -> None:
        record.status = status
        self._open.discard(id(record))

    def lose(self, event: Event) -> None:
        """Note a delivery that is not even tried."""
        self._lost.append(LostRecord(event.id, event.type, event.object["id"], event.emitted_at))

    def requests(self) -> list[dict[str, Any]]:
        return [dict(vars(record)) for record in self._requests]

    def events(self, start: int) -> list[Event]:
        """From number `start` on, counted from 0; the oldest are forgotten some day."""
        forgotten = self._happened - len(self._events)
        return list(islice(self._events, max(0, start - forgotten), None))

    def deliveries(self) -> list[dict[str, Any]]:
        return [dict(vars(record)) for record in self._deliveries if id(record) not in self._open]

    def latest_deliveries(self, limit: int) -> list[dict[str, Any]]:
        """The latest first, with what they were about and not what they held; `lost` ones among them."""
        ended = [record for record in islice(reversed(self._deliveries), limit) if id(record) not in self._open]
        shown = [
            _shown(record.event_id, record.type, record.object_id, record.sent_at, record.status) for record in ended
        ]
        shown += [
            _shown(record.event_id, record.type, record.object_id, record.at, None) | {"lost": True}
            for record in islice(reversed(self._lost), limit)
        ]
        return sorted(shown, key=lambda entry: float(entry["at"]), reverse=True)[:limit]

    def clear(self) -> None:
        self._requests.clear()
        self._events.clear()
        self._happened = 0
        self._deliveries.clear()
        self._lost.clear()
        self._open.clear()


def _shown(event_id: str, kind: str, object_id: str, at: float, status: int | None) -> dict[str, Any]:
    return {"at": at, "event_id": event_id, "type": kind, "object_id": object_id, "status": status, "lost": False}
