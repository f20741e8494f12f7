"""What the emulator was asked, what happened in it and what it sent, for tests to read."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.mux.events import Event

_KEPT = 100_000


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


class Journal:
    def __init__(self) -> None:
        self._requests: deque[RequestRecord] = deque(maxlen=_KEPT)
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._happened = 0
        self._deliveries: deque[DeliveryRecord] = deque(maxlen=_KEPT)
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

    def requests(self) -> list[dict[str, Any]]:
        return [dict(vars(record)) for record in self._requests]

    def events(self, start: int) -> list[Event]:
        """From number `start` on, counted from 0; the oldest are forgotten some day."""
        forgotten = self._happened - len(self._events)
        return list(islice(self._events, max(0, start - forgotten), None))

    def deliveries(self) -> list[dict[str, Any]]:
        return [dict(vars(record)) for record in self._deliveries if id(record) not in self._open]

    def clear(self) -> None:
        self._requests.clear()
        self._events.clear()
        self._happened = 0
        self._deliveries.clear()
        self._open.clear()
