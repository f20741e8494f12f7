"""The emulator's library, changed without Mux's API and without any event: fast, and unheard of by everybody."""

from __future__ import annotations

from copy import deepcopy, replace
from typing import TYPE_CHECKING, Any, Final

from local.mux import ids
from local.mux.resources import Asset, PlaybackId, Track
from local.mux.settings import asset_settings
from mux_lifecycle.store import keys
from tests import mux_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.mux import MuxEmulator
    from local.mux.environment import Environment
    from tests.world import World

_LONG_AGO: Final = 1_700_000_000
_SETTINGS: Final = asset_settings({})


class MuxLibrary:
    """What Mux has, as a test wants it."""

    def __init__(self, mux: MuxEmulator) -> None:
        self._mux = mux

    def add(self, *, created_at: float, passthrough: str | None = None, **fields: Any) -> str:
        """One asset, ready unless `fields` say otherwise; its id."""
        return self.add_all([{"created_at": created_at, "passthrough": passthrough} | fields])[0]

    def add_all(self, assets: list[dict[str, Any]]) -> list[str]:
        """Assets, oldest first; their ids."""
        if not assets:
            return []

        def work(environment: Environment) -> list[str]:
            library = environment.library
            for fields in assets:
                library.add(_asset(library.next_number(), fields))
            return [asset.id for asset in library._order[-len(assets) :]]

        return self._do(work)

    def known(self, world: World, count: int) -> list[str]:
        """Assets of long ago, oldest first, that Mux and the table agree on; their ids."""
        common: dict[str, Any] = {"passthrough": mux_events.tag(), "playback_ids": [], "meta": {"title": "Film"}}
        [first] = self.add_all([{"created_at": _LONG_AGO} | common])
        world.reconcile({"rebuild": True})
        [item] = [item for item in world.items() if item["pk"]["S"] == f"ASSET#{first}"]
        others = self.add_all([{"created_at": _LONG_AGO + n} | common for n in range(1, count)])
        for number, asset_id in enumerate(others, 1):
            position = {"sort": {"S": keys.sort(_LONG_AGO + number, asset_id)}, "id": {"S": asset_id}}
            named = item | {"pk": {"S": f"ASSET#{asset_id}"}} | position
            world.dynamodb.put_item(TableName=world.table_name, Item=named)
        return [first, *others]

    def change(self, asset_id: str, **fields: Any) -> None:
        """Something happens to an asset."""

        def work(environment: Environment) -> None:
            asset = environment.library.get(asset_id)
            for name, value in fields.items():
                setattr(asset, name, value)

        self._do(work)

    def drop(self, *asset_ids: str) -> None:
        """Assets are gone."""

        def work(environment: Environment) -> None:
            for asset_id in asset_ids:
                environment.library.remove(environment.library.get(asset_id))

        self._do(work)

    def empty(self) -> None:
        """All assets are gone."""
        self._do(lambda environment: environment.library.clear())

    def snapshot(self) -> Callable[[], None]:
        """What there is now; call it to have that again."""

        def take(environment: Environment) -> tuple[list[Asset], dict[str, Any]]:
            uploads = environment.uploads._uploads.values()
            return deepcopy(environment.library._order), {upload.id: upload.status for upload in uploads}

        assets, statuses = self._do(take)

        def restore(environment: Environment) -> None:
            environment.library.clear()
            for asset in deepcopy(assets):
                environment.library.add(asset)
            for upload_id, status in statuses.items():
                environment.uploads.get(upload_id).status = status

        return lambda: self._do(restore)

    def _do[Result](self, work: Callable[[Environment], Result]) -> Result:
        async def working() -> Result:
            return work(self._mux._server.control._environment)

        return self._mux._call(working())


def _asset(number: int, fields: dict[str, Any]) -> Asset:
    asset_id = ids.resource_id()
    asset = Asset(
        id=asset_id,
        number=number,
        created_at=int(fields["created_at"]),
        settings=_SETTINGS,
        ingest_type="on_demand_url",
        status="ready",
        progress_state="completed",
        progress=100,
        playback_ids=[PlaybackId(f"{asset_id}Play", "public")],
        meta={"title": f"Film {number}"},
    )
    return replace(asset, **fields | {"created_at": int(fields["created_at"])})


def track(name: str) -> Track:
    """A text track that is ready."""
    return Track(id=ids.resource_id(), type="text", status="ready", text_type="subtitles", name=name)
