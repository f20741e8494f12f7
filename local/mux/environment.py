"""One Mux environment, put together: every part gets here what it works with. Knows nothing of HTTP."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from local.ffmpeg import Ffmpeg, find
from local.mux.assets import Assets, Parts
from local.mux.background import BackgroundTasks
from local.mux.clock import Clock
from local.mux.delivery import ATTEMPT_SECONDS, Sending
from local.mux.events import Event, Events
from local.mux.faults import Faults
from local.mux.films import Films
from local.mux.inputs import Inputs
from local.mux.journal import Journal
from local.mux.library import Library
from local.mux.master import MasterAccess
from local.mux.permissions import Permissions
from local.mux.playback import Playback
from local.mux.playback_tokens import PlaybackTokens
from local.mux.processing import Processing
from local.mux.ratelimit import RateLimits
from local.mux.renditions import Renditions
from local.mux.signing_keys import SigningKeys
from local.mux.tracks import Tracks
from local.mux.uploads import Uploads
from local.mux.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_SPARE_HOLD_SECONDS = 0.5


@dataclass(frozen=True)
class Options:
    """`environment_id`: six lower-case letters or digits. `seed` makes the faults' chance repeatable.

    `encode` lets ffmpeg, where there is one, make everything playable. `folder` is an empty one for files, None for
    a temporary one.
    """

    environment_id: str = "local1"
    environment_name: str = "Local"
    token_id: str = "local-token-id"  # noqa: S105 - not a secret
    token_secret: str = "local-token-secret"  # noqa: S105 - the emulator's published credentials
    processing_seconds: float = 2.0
    attempt_seconds: float = ATTEMPT_SECONDS
    seed: int | None = None
    encode: bool = False
    folder: Path | None = None


class Environment:
    """Belongs to the event loop it was made in."""

    def __init__(self, options: Options, folder: Path, session: aiohttp.ClientSession) -> None:
        self.options = options
        self.clock = Clock()
        self.faults = Faults(options.seed)
        self.journal = Journal()
        self.limits = RateLimits(self.clock)
        self.permissions = Permissions()
        self.tasks = BackgroundTasks()
        self.library = Library()
        self.signing_keys = SigningKeys(self.clock)
        self.playback = Playback(self.library, PlaybackTokens(self.signing_keys))
        self.webhooks = Webhooks(
            Sending(
                clock=self.clock,
                faults=self.faults,
                journal=self.journal,
                tasks=self.tasks,
                session=session,
                # Long enough for an asset's `ready` to overtake its `created`.
                hold_seconds=options.processing_seconds + _SPARE_HOLD_SECONDS,
                attempt_seconds=options.attempt_seconds,
            )
        )
        named = {"name": options.environment_name, "id": options.environment_id}
        events = Events(self.clock, named, self._tell)
        processing = Processing(self.clock, self.tasks, self.library, options.processing_seconds)
        inputs = Inputs(session, folder)
        program = find() if options.encode else None
        self.films = Films(Ffmpeg(program) if program else None, folder)
        self.tracks = Tracks(events, processing, inputs)
        self.renditions = Renditions(events, processing, self.films)
        self.master = MasterAccess(events, processing)
        self.assets = Assets(
            self.clock,
            self.library,
            events,
            processing,
            inputs,
            self.films,
            Parts(self.tracks, self.renditions, self.master),
        )
        self.uploads = Uploads(self.clock, events, self.assets, folder)

    def _tell(self, event: Event) -> None:
        self.journal.event(event)
        self.webhooks.publish(event)

    async def reset(self) -> None:
        """Forget everything but webhooks with their secrets, signing keys and the token."""
        self.clock.reset()
        await self.tasks.cancel_all()
        self.uploads.clear()
        self.library.clear()
        self.master.clear()
        await self.films.close()
        self.webhooks.forget_deliveries()
        self.journal.clear()
        self.faults.reset()
        self.limits.refill()
        self.permissions.grant()


@asynccontextmanager
async def open_environment(options: Options) -> AsyncIterator[Environment]:
    """An environment with its temporary folder and outgoing connections, all gone at the end."""
    # A connection per request: reused ones break when a receiver restarts, which would count as its refusal.
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    with _folder(options.folder) as folder:
        async with aiohttp.ClientSession(connector=connector) as session:
            environment = Environment(options, folder, session)
            try:
                yield environment
            finally:
                environment.clock.reset()
                await environment.tasks.cancel_all()
                await environment.films.close()


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="mux-emulator-") as folder:
        yield Path(folder)
