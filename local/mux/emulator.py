"""The emulator inside another program: a server in a thread of its own, controlled from any thread."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

from local.mux.environment import Options
from local.mux.server import Server, serve

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping
    from types import TracebackType

_STOP_SECONDS = 30.0


class MuxEmulator:
    """Mux on 127.0.0.1 while the `with` block lasts.

        with MuxEmulator(processing_seconds=0.05) as mux:
            requests.get(f"{mux.url}/video/v1/assets", auth=(mux.token_id, mux.token_secret))

    `port` 0 takes a free one; `processing_seconds` is the time from a complete input to a ready asset;
    `attempt_seconds` is what a webhook's receiver may take to answer, where Mux gives five;
    `seed` makes faults repeatable; with `encode` and an ffmpeg there is something to see. The control methods equal
    the `/_emulator` endpoints and raise MuxError where those answer with an error.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        processing_seconds: float = 2.0,
        attempt_seconds: float = Options.attempt_seconds,
        environment_id: str = Options.environment_id,
        seed: int | None = None,
        encode: bool = False,
    ) -> None:
        self._port = port
        self._options = Options(
            environment_id=environment_id,
            processing_seconds=processing_seconds,
            attempt_seconds=attempt_seconds,
            seed=seed,
            encode=encode,
        )
        self._started: Future[tuple[Server, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="mux-emulator", daemon=True)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def token_id(self) -> str:
        return self._options.token_id

    @property
    def token_secret(self) -> str:
        return self._options.token_secret

    @property
    def environment_id(self) -> str:
        return self._options.environment_id

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Returns when requests are served; raises OSError if the port is taken."""
        self._thread.start()
        self._server, self._loop, self._stop = self._started.result()

    def close(self) -> None:
        """Returns when thread, sockets and temporary files are gone."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError("the emulator did not stop")

    def set_faults(self, faults: Mapping[str, Any]) -> None:
        """Replace all faults, in the shape of PUT /_emulator/faults; `{}` clears."""
        self._call(self._server.control.set_faults(faults))

    def grant(self, permissions: Iterable[str]) -> None:
        """Let the token have these permissions and no others, as PUT /_emulator/permissions does."""
        self._call(self._server.control.grant(permissions))

    def advance(self, seconds: float) -> float:
        """Move the emulator's clock on and return its new time in Unix seconds."""
        return self._call(self._server.control.advance(seconds))

    def requests(self) -> list[dict[str, Any]]:
        """Every request under /video, /system and on upload URLs so far."""
        return self._call(self._server.control.requests())

    def events(self, start: int = 0) -> list[dict[str, Any]]:
        """Everything that happened, from number `start` on: what a webhook says of it, whether or not there is one."""
        return self._call(self._server.control.events(start))

    def deliveries(self) -> list[dict[str, Any]]:
        """Every ended attempt to deliver a webhook, in the order in which they began."""
        return self._call(self._server.control.deliveries())

    def outstanding(self) -> dict[str, int]:
        """Deliveries `under_way`, and those `planned` for a later time of the clock."""
        return self._call(self._server.control.outstanding())

    def transfer(self, upload_id: str) -> dict[str, Any]:
        """`received_bytes` and `sha256` of what an upload has received."""
        return self._call(self._server.control.transfer(upload_id))

    def delete_asset(self, asset_id: str) -> None:
        """Delete as the dashboard does: in any state, with the event."""
        self._call(self._server.control.delete_asset(asset_id))

    def register_webhook(self, address: str, signing_secret: str | None = None) -> dict[str, str]:
        """Send events to `address`; returns `id` and `signing_secret`."""
        return self._call(self._server.control.register_webhook(address, signing_secret))

    def remove_webhooks(self) -> None:
        """Tell nobody anything any more."""
        self._call(self._server.control.remove_webhooks())

    def reset(self) -> None:
        """Forget all but webhooks, signing keys and the token."""
        self._call(self._server.control.reset())

    def _call[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            # Carried over to the thread that waits in start().
            self._started.set_exception(error)

    async def _serve(self) -> None:
        stop = asyncio.Event()
        async with serve(self._port, self._options) as server:
            self._started.set_result((server, asyncio.get_running_loop(), stop))
            await stop.wait()
