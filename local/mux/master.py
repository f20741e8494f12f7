"""Temporary access to an asset's master file: made ready, open for 24 hours, then closed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from local.mux import ids
from local.mux.resources import Master

if TYPE_CHECKING:
    from local.mux.events import Events
    from local.mux.processing import Processing
    from local.mux.resources import Asset

ACCESS_SECONDS = 24 * 3600.0


class MasterAccess:
    def __init__(self, events: Events, processing: Processing) -> None:
        self._events = events
        self._processing = processing

    def set(self, asset: Asset, access: str) -> None:
        if access == "temporary" and asset.master is None:
            asset.master_access = access
            if asset.status == "ready":
                self._prepare(asset)
        elif access == "none":
            self._close(asset)

    def asset_ready(self, asset: Asset) -> None:
        if asset.master_access == "temporary":
            self._prepare(asset)

    def _prepare(self, asset: Asset) -> None:
        master = asset.master = Master(status="preparing")
        self._events.asset("master.preparing", asset)
        self._processing.in_due_time(asset, lambda: self._open(asset, master))

    def _open(self, asset: Asset, master: Master) -> None:
        if asset.master is not master:
            return
        master.status = "ready"
        signature = secrets.token_urlsafe(24)
        path = f"{ids.resource_id()}/mezzanine.mp4"
        master.url = f"https://mezzanine.mux.com/{path}?skid=default&signature={signature}"
        self._events.asset("master.ready", asset)
        self._processing.after(ACCESS_SECONDS, asset, lambda: self._expire(asset, master))

    def _expire(self, asset: Asset, master: Master) -> None:
        if asset.master is master:
            self._close(asset)

    def _close(self, asset: Asset) -> None:
        held, asset.master, asset.master_access = asset.master, None, "none"
        if held is not None:
            self._events.asset("master.deleted", asset)
