"""Carries a change into the table: finds whose it is and hands it to the records it belongs to."""

from mux_lifecycle.store.assets import Assets, Outcome
from mux_lifecycle.store.projection import AssetChange, AssetDeletion, Change, PartChange
from mux_lifecycle.store.uploads import Uploads


class Projector:
    """Applies changes, in any order and any number of times."""

    def __init__(self, assets: Assets, uploads: Uploads) -> None:
        self._assets = assets
        self._uploads = uploads

    def apply(self, change: Change, *, now: float) -> Outcome:
        """`stale` when something newer stood already. Raises StoreUnavailable. `now` is in epoch seconds."""
        match change:
            case AssetChange():
                return self._assets.apply(change, owner=self._owner(change))
            case AssetDeletion():
                return self._assets.bury(change, now=now)
            case PartChange():
                return self._assets.apply_part(change)
            case _:
                return self._uploads.apply(change, now=now)

    def _owner(self, change: AssetChange) -> str | None:
        if change.tag:
            return change.tag.owner
        return self._uploads.owner(change.upload_id) if change.upload_id else None
