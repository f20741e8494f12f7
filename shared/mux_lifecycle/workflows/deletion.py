"""Deleting an asset: the wish is stored first and stands until Mux says that the asset is gone."""

from collections.abc import Callable

from mux_lifecycle.errors import (
    MuxMalformed,
    MuxNotFound,
    MuxRateLimited,
    MuxRefused,
    MuxUnavailable,
    SecretUnavailable,
    TooManyRequests,
    WrongEnvironment,
)
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.store import projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.table import Item
from mux_lifecycle.telemetry import count, logger
from mux_lifecycle.workflows.environment import Environment

_PASSING = (MuxRateLimited, MuxUnavailable, SecretUnavailable, TooManyRequests)


class Deletion:
    """Deletes assets at Mux. `now` gives epoch seconds."""

    def __init__(self, mux: MuxClient, assets: Assets, environment: Environment, now: Callable[[], float]) -> None:
        self._mux = mux
        self._assets = assets
        self._environment = environment
        self._now = now

    def request(self, asset_id: str, *, owner: str | None) -> Item | None:
        """Store the wish and try to carry it out: None when the asset is gone, else the record that waits for it.

        `owner` None stands for an administrator. Raises NotFound.
        """
        record = self._assets.request_deletion(asset_id, owner=owner, now=self._now())
        try:
            return None if self.carry_out(asset_id) else record
        except (MuxRefused, MuxMalformed, WrongEnvironment, *_PASSING) as error:
            logger.warning("deletion postponed", asset_id=asset_id, error=type(error).__name__)
            count("DeletionPostponed")
            return record

    def carry_out(self, asset_id: str) -> bool:
        """Delete at Mux and bury the record; False while Mux cannot (it does not delete what it still prepares)."""
        sent_at = self._now()
        gone = self._delete(asset_id)
        if gone:
            deletion = projection.observed_deletion(asset_id, sent_at=sent_at).as_wished()
            self._assets.bury(deletion, now=self._now())
        return gone

    def remove(self, asset_id: str) -> bool:
        """Delete a rejected asset at Mux and note it; False while Mux cannot."""
        gone = self._delete(asset_id)
        if gone:
            self._assets.note_gone(asset_id, now=self._now())
        return gone

    def _delete(self, asset_id: str) -> bool:
        try:
            self._mux.delete_asset(asset_id)
        except MuxNotFound:
            self._environment.confirm()
        except MuxRefused as refused:
            if refused.status != 400:
                raise
            return False
        count("AssetDeleted")
        return True
