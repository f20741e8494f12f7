"""Mux's webhooks on their way to the receiver function: a real endpoint that does what API Gateway would do there."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.world import SIGNING_SECRET, World, http_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

type Json = dict[str, Any]

_ATTEMPTS = 12
_BURST_SECONDS = 120


class _Server(ThreadingHTTPServer):
    # Repeated attempts come all at once; who does not get in tries again only after a second.
    request_queue_size = 128


class Webhooks:
    """The stack's endpoint, registered with the emulator while the `with` block lasts.

    `held` turns deliveries away with 503, as if the stack were down: Mux repeats them later.
    """

    def __init__(self, world: World) -> None:
        self.held = False
        self.crashes: list[BaseException] = []
        self._world = world
        self._under_way = 0
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), self._endpoint())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        address = f"http://127.0.0.1:{self._server.server_port}/webhooks/mux"
        self._id = self._world.mux.register_webhook(address, SIGNING_SECRET)["id"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._world.mux.set_faults({})
        assert self._world.mux_call("DELETE", f"/system/v1/webhooks/{self._id}").status_code == 204
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def settle(self) -> None:
        """Return when Mux has finished what it was doing and every event of it was acknowledged.

        Not for faults that hold deliveries back or drop them: what never comes is not waited for.
        """
        mux, world = self._world.mux, self._world
        world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))
        for attempt in range(_ATTEMPTS):
            self.rest()
            if not mux.outstanding()["planned"]:
                break
            # Mux doubles its waiting time with each attempt.
            world.advance(2 ** (attempt + 1))
        assert not self._unacknowledged()

    def rest(self) -> None:
        """Return when no delivery is under way, nor any that Mux has given up handled still."""
        self._world.wait_for(lambda: not self._world.mux.outstanding()["under_way"], seconds=_BURST_SECONDS)
        with self._changed:
            assert self._changed.wait_for(lambda: not self._under_way, timeout=_BURST_SECONDS)

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, Json]:
        """What API Gateway answers to one delivery: what the function says, or 500 if it crashes."""
        if self.held:
            return 503, {"message": "Service Unavailable"}
        event = http_event("webhook_receiver", owner=None, body=body, headers=headers)
        try:
            answer = self._world.handle("webhook_receiver", event)
        except Exception as error:
            self.crashes.append(error)
            return 500, {"message": "Internal Server Error"}
        return answer.status, answer.body

    @contextmanager
    def counted(self) -> Iterator[None]:
        """A delivery is under way."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _unacknowledged(self) -> set[tuple[str, str]]:
        attempts = [
            ((delivery["type"], delivery["event_id"]), delivery["status"]) for delivery in self._world.mux.deliveries()
        ]
        done = {event for event, status in attempts if status is not None and status < 300}
        return {event for event, _ in attempts} - done

    def _endpoint(self) -> type[BaseHTTPRequestHandler]:
        webhooks = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with webhooks.counted():
                    status, answer = webhooks.answer(body, headers)
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(json.dumps(answer).encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
                """Stay silent."""

        return Endpoint


@pytest.fixture
def webhooks(world: World) -> Iterator[Webhooks]:
    """Every event of the emulator's Mux goes to the receiver function, as it happens."""
    with Webhooks(world) as endpoint:
        yield endpoint
        assert not endpoint.crashes
