"""The emulator's library, changed without Mux's API and without any event: fast, and unheard of by everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from local.mux import ids
from local.mux.resources import Asset, PlaybackId, Track
from local.mux.settings import asset_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.mux import MuxEmulator
    from local.mux.environment import Environment

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

        def work(environment: Environment) -> list[str]:
            library = environment.library
            for fields in assets:
                library.add(_asset(library.next_number(), fields))
            return [asset.id for asset in library._order[-len(assets) :]]

        return self._do(work)

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
