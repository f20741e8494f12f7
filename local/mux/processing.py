"""The time that work on an asset takes, and that such work ends with its asset."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from local.mux.background import BackgroundTasks
    from local.mux.clock import Clock
    from local.mux.library import Library
    from local.mux.resources import Asset


class Processing:
    """`seconds` from complete input to ready, and from asking for a track, rendition or master to its end."""

    def __init__(self, clock: Clock, tasks: BackgroundTasks, library: Library, seconds: float) -> None:
        self._clock = clock
        self._tasks = tasks
        self._library = library
        self.seconds = seconds

    def after(self, seconds: float, asset: Asset, action: Callable[[], None]) -> None:
        """Do `action` in `seconds` unless the asset is gone by then."""
        self._clock.after(seconds, lambda: action() if asset.id in self._library else None)

    def in_due_time(self, asset: Asset, action: Callable[[], None]) -> None:
        self.after(self.seconds, asset, action)

    def when_read[Result](
        self, asset: Asset, reading: Coroutine[Any, Any, Result], then: Callable[[Result], None]
    ) -> None:
        """Pass what `reading` yields to `then` after the processing time, or when it is there if later."""
        due = self._clock.now() + self.seconds

        async def read() -> None:
            result = await reading
            self.after(due - self._clock.now(), asset, lambda: then(result))

        self._tasks.spawn(read())
