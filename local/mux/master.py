"""Temporary access to an asset's master file: made ready, open for 24 hours, then closed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from local.mux import ids
from local.mux.errors import ForbiddenError, NotFoundError
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
        self._opened: dict[str, tuple[Asset, Master, str]] = {}

    def opened(self, file_id: str, signature: str) -> Asset:
        """Whose master file a URL leads to. Raises NotFoundError and, once it is closed, ForbiddenError."""
        try:
            asset, master, expected = self._opened[file_id]
        except KeyError:
            raise NotFoundError from None
        if asset.master is not master or not secrets.compare_digest(signature.encode(), expected.encode()):
            raise ForbiddenError("the master file is not open")
        return asset

    def clear(self) -> None:
        self._opened.clear()

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
        file_id = ids.resource_id()
        self._opened[file_id] = (asset, master, signature)
        master.url = f"https://mezzanine.mux.com/{file_id}/mezzanine.mp4?skid=default&signature={signature}"
        self._events.asset("master.ready", asset)
        self._processing.after(ACCESS_SECONDS, asset, lambda: self._expire(asset, master))

    def _expire(self, asset: Asset, master: Master) -> None:
        if asset.master is master:
            self._close(asset)

    def _close(self, asset: Asset) -> None:
        held, asset.master, asset.master_access = asset.master, None, "none"
        self._opened = {file_id: entry for file_id, entry in self._opened.items() if entry[1] is not held}
        if held is not None:
            self._events.asset("master.deleted", asset)
