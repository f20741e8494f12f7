"""Carries one endpoint's events to it: in order, signed, within five seconds, again and again for a day.

The first attempt of an event begins when that of the one before it has ended, or has had its head start: so
order is kept without a slow endpoint holding everything up. Retries stand outside this order.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.mux import signature
from local.mux.journal import DeliveryRecord

if TYPE_CHECKING:
    import aiohttp

    from local.mux.background import BackgroundTasks
    from local.mux.clock import Clock, Timer
    from local.mux.events import Event
    from local.mux.faults import Faults
    from local.mux.journal import Journal

ATTEMPT_SECONDS = 5.0
FIRST_RETRY_SECONDS = 1.0
RETRY_PERIOD_SECONDS = 24 * 3600.0
MAX_ATTEMPTS = 17
"""Waiting 1, 2, 4, … seconds, this many attempts fit into 24 hours."""

_HEAD_START_SECONDS = 0.25
_DUPLICATE_SECONDS = 0.05
_KEPT_ANSWER_BYTES = 1024


@dataclass
class Endpoint:
    """A registered webhook; `number` is its id inside `attempts`."""

    id: str
    number: int
    address: str
    signing_secret: str
    created_at: str
    enabled: bool = True


@dataclass(frozen=True)
class Sending:
    """What every dispatcher works with.

    `hold_seconds` limits how long a reordered delivery is held, `attempt_seconds` how long an answer may take.
    """

    clock: Clock
    faults: Faults
    journal: Journal
    tasks: BackgroundTasks
    session: aiohttp.ClientSession
    hold_seconds: float
    attempt_seconds: float


@dataclass(frozen=True)
class Outstanding:
    """Deliveries that are not over: those being made or next in turn, and those planned for later."""

    under_way: int
    planned: int


@dataclass
class _Delivery:
    event: Event
    due: float
    duplicated: bool
    held: bool
    arrived: bool = False
    attempts: list[dict[str, Any]] = field(default_factory=list)


class Dispatcher:
    def __init__(self, endpoint: Endpoint, sending: Sending) -> None:
        self._endpoint = endpoint
        self._sending = sending
        self._queue: deque[_Delivery] = deque()
        self._held: list[_Delivery] = []
        self._hold_timer: Timer | None = None
        self._worker: asyncio.Task[None] | None = None
        self._last_due = 0.0
        self._under_way = 0
        self._planned = 0

    @property
    def outstanding(self) -> Outstanding:
        return Outstanding(self._under_way, self._planned)

    def send(self, event: Event) -> None:
        faults, clock = self._sending.faults, self._sending.clock
        asked = faults.webhooks
        if faults.happens(asked.drop):
            self._sending.journal.lose(event)
            return
        # A delay postpones an endpoint's deliveries, it does not shuffle them: that is what `reorder` is for.
        self._last_due = max(self._last_due, clock.now() + faults.seconds(asked.delay))
        self._queue.append(
            _Delivery(
                event=event,
                due=self._last_due,
                duplicated=faults.happens(asked.duplicate),
                held=faults.happens(asked.reorder),
            )
        )
        self._under_way += 1
        self._wake()

    def _wake(self) -> None:
        if self._worker is None or self._worker.done():
            self._worker = self._sending.tasks.spawn(self._work())

    async def _work(self) -> None:
        while self._queue:
            delivery = self._queue.popleft()
            await self._sending.clock.sleep_until(delivery.due)
            if delivery.held:
                self._hold(delivery)
                continue
            attempt = self._sending.tasks.spawn(self._deliver(delivery))
            await asyncio.wait({attempt}, timeout=_HEAD_START_SECONDS)
            self._release()

    def _hold(self, delivery: _Delivery) -> None:
        self._held.append(delivery)
        self._postpone()
        if self._hold_timer is None:
            self._hold_timer = self._sending.clock.after(self._sending.hold_seconds, self._release)

    def _release(self) -> None:
        """Let what was held go next, latest first."""
        if self._hold_timer is not None:
            self._hold_timer.cancel()
            self._hold_timer = None
        if not self._held:
            return
        for delivery in self._held:
            delivery.held = False
            self._resume()
            self._queue.appendleft(delivery)
        self._held.clear()
        self._wake()

    async def _deliver(self, delivery: _Delivery) -> None:
        clock = self._sending.clock
        if not self._endpoint.enabled:
            self._under_way -= 1
            return
        if await self._attempt(delivery):
            again = delivery.duplicated and not delivery.arrived
            delivery.arrived = True
            if again:
                clock.after(_DUPLICATE_SECONDS, lambda: self._spawn(delivery))
                return
        if delivery.arrived:
            self._under_way -= 1
            return
        wait = FIRST_RETRY_SECONDS * 2.0 ** (len(delivery.attempts) - 1)
        if clock.now() + wait <= delivery.event.emitted_at + RETRY_PERIOD_SECONDS:
            self._postpone()
            clock.after(wait, lambda: self._retry(delivery))
        else:
            self._under_way -= 1

    def _retry(self, delivery: _Delivery) -> None:
        self._resume()
        self._spawn(delivery)

    def _postpone(self) -> None:
        self._under_way -= 1
        self._planned += 1

    def _resume(self) -> None:
        self._planned -= 1
        self._under_way += 1

    def _spawn(self, delivery: _Delivery) -> None:
        self._sending.tasks.spawn(self._deliver(delivery))

    async def _attempt(self, delivery: _Delivery) -> bool:
        endpoint, event = self._endpoint, delivery.event
        body = event.body(delivery.attempts)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Mux-Emulator",
            # Receivers compare `t` with their own clock, which tests cannot advance with ours.
            signature.HEADER: signature.sign(body, endpoint.signing_secret, int(time.time())),
        }
        record = DeliveryRecord(
            webhook_id=endpoint.id,
            address=endpoint.address,
            event_id=event.id,
            type=event.type,
            headers=headers,
            body=body.decode(),
            sent_at=self._sending.clock.now(),
        )
        self._sending.journal.begin(record)
        stamp = self._sending.clock.stamp()
        answer = await self._post(body, headers)
        self._sending.journal.end(record, answer.status)
        delivery.attempts.append(
            {
                "webhook_id": endpoint.number,
                "response_status_code": answer.status,
                "response_headers": answer.headers,
                "response_body": answer.body,
                "max_attempts": MAX_ATTEMPTS,
                "id": str(uuid.uuid4()),
                "created_at": stamp,
                "address": endpoint.address,
            }
        )
        return answer.status is not None and 200 <= answer.status <= 299

    async def _post(self, body: bytes, headers: dict[str, str]) -> _Answer:
        answer = _Answer()
        try:
            async with (
                asyncio.timeout(self._sending.attempt_seconds),
                self._sending.session.post(
                    self._endpoint.address, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                answer.status = response.status
                answer.headers = {name.lower(): value for name, value in response.headers.items()}
                answer.body = (await response.content.read(_KEPT_ANSWER_BYTES)).decode(errors="replace")
        except Exception:  # noqa: S110 - whatever went wrong, the attempt has failed
            pass
        return answer


@dataclass
class _Answer:
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
