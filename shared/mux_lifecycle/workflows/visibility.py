"""Makes an asset's playback ids agree with its visibility: nothing plays for everybody once it is said to be private.

What becomes private loses its public playback ids first, and then is said to be private. What becomes public gets a
public playback id first, and then is said to be public. Mux has no event for playback ids, so the record is marked due
before the first step: should the function die, the cleanup looks.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from mux_lifecycle.errors import Conflict, InProgress, LifecycleError, MuxNotFound
from mux_lifecycle.mux.client import CALL_SECONDS, Json, MuxClient
from mux_lifecycle.store import projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item

BEGIN_SECONDS: Final = 5.0
"""No step is begun later in a request: what is left of the function's time is for the step under way and one look."""
LOOK_AGAIN_SECONDS: Final = 60
_ROUNDS: Final = 2


class Steps(NamedTuple):
    """What lies between an asset's playback ids and a visibility: ids to `remove`, and the policy of one to `make`."""

    remove: tuple[str, ...]
    make: str

    def __bool__(self) -> bool:
        return bool(self.remove or self.make)


def steps(visibility: str, playback_ids: list[Mapping[str, Any]]) -> Steps:
    """The steps that `visibility` takes from here. A private asset keeps an id that plays with a token."""
    policies = {entry["policy"] for entry in playback_ids}
    if visibility == "public":
        return Steps((), "" if "public" in policies else "public")
    public = tuple(entry["id"] for entry in playback_ids if entry["policy"] == "public")
    return Steps(public, "" if policies - {"public"} else "signed")


class Agreement:
    """Reaches the agreement for one request after the other. `now` gives epoch seconds."""

    def __init__(self, mux: MuxClient, assets: Assets, now: Callable[[], float]) -> None:
        self._mux = mux
        self._assets = assets
        self._now = now

    def reach(
        self, asset_id: str, record: Item, visibility: str, write: Callable[[], Json], look: Callable[[], None]
    ) -> None:
        """Take the steps, then `write` the visibility at Mux, which answers the asset as it is then.

        That answer decides whether it is done: somebody may have made playback ids of which the record does not know.
        When a step fails, `look` brings the record up to date before the error is raised.
        """
        begun_at = self._now()
        missing = self._missing(asset_id, record, visibility)
        for _ in range(_ROUNDS):
            if missing:
                self._mux.reserve(posts=int(bool(missing.make)), others=len(missing.remove) + 1)
                doubt_at = self._now()
                self._assets.look_again(asset_id, at=int(doubt_at) + LOOK_AGAIN_SECONDS, since=doubt_at)
            try:
                self._take(asset_id, missing, begun_at)
                answer = write()
            except LifecycleError:
                if missing and self._now() - begun_at <= BEGIN_SECONDS + CALL_SECONDS:
                    look()
                raise
            missing = steps(visibility, projection.usable_playback_ids(answer))
            if not missing:
                return
        raise InProgress("the playback ids changed meanwhile: send the request again", retry_after=1)

    def _missing(self, asset_id: str, record: Item, visibility: str) -> Steps:
        known = projection.named_playback_ids(text(record, "doc"))
        missing = steps(visibility, known)
        if missing.make and _may_be_behind(record):
            # A request that was cut off may have made one already.
            known = projection.usable_playback_ids(self._mux.get_asset(asset_id))
            missing = steps(visibility, known)
        if missing.make and len(known) - len(missing.remove) >= projection.MAX_PLAYBACK_IDS:
            raise Conflict(f"the asset has {projection.MAX_PLAYBACK_IDS} playback ids: delete one first")
        return missing

    def _take(self, asset_id: str, missing: Steps, begun_at: float) -> None:
        for playback_id in missing.remove:
            self._check_time(begun_at)
            # What is not there is what was wanted; the answer to `write` tells whether that is so.
            with suppress(MuxNotFound):
                self._mux.delete_playback_id(asset_id, playback_id)
        if missing.make:
            self._check_time(begun_at)
            self._mux.create_playback_id(asset_id, missing.make)
        if missing:
            self._check_time(begun_at)

    def _check_time(self, begun_at: float) -> None:
        if self._now() - begun_at > BEGIN_SECONDS:
            raise InProgress("this takes longer than one request may: send it again", retry_after=1)


def _may_be_behind(record: Item) -> bool:
    """Whether a look at Mux is outstanding; for what is still preparing, one always is."""
    return "due_at" in record and text(record, "status") != "preparing"
