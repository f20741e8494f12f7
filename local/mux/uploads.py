"""The life of a direct upload: waiting, then an asset, cancelled, or timed out (which Mux tells nobody)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from local.mux import ids
from local.mux.errors import ForbiddenError, NotFoundError
from local.mux.inputs import InputError, described
from local.mux.resources import Upload
from local.mux.serialisers import INVALID_INPUT
from local.mux.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.mux.assets import Assets, Found
    from local.mux.clock import Clock
    from local.mux.events import Events
    from local.mux.settings import AssetSettings

_NOT_A_VIDEO = "The uploaded file is not a valid video file."


class Uploads:
    def __init__(self, clock: Clock, events: Events, assets: Assets, folder: Path) -> None:
        self._clock = clock
        self._events = events
        self._assets = assets
        self._folder = folder
        self._uploads: dict[str, Upload] = {}
        self._transfers: dict[str, Transfer] = {}

    def create(
        self, settings: AssetSettings, *, base_url: str, timeout: int, cors_origin: str | None, test: bool
    ) -> Upload:
        """`base_url` is where the emulator is reached; the upload's URL lies under it."""
        upload_id, token = ids.resource_id(), secrets.token_urlsafe(32)
        upload = Upload(
            id=upload_id,
            url=f"{base_url}/upload/{upload_id}?token={token}",
            token=token,
            timeout=timeout,
            settings=settings,
            cors_origin=cors_origin,
            test=test,
        )
        self._uploads[upload.id] = upload
        self._transfers[upload.id] = Transfer(self._folder)
        self._events.upload("created", upload)
        self._clock.after(timeout, lambda: self._time_out(upload))
        return upload

    def get(self, upload_id: str) -> Upload:
        """Raises NotFoundError."""
        try:
            return self._uploads[upload_id]
        except KeyError:
            raise NotFoundError from None

    def newest_first(self) -> Iterator[Upload]:
        return map(self._uploads.__getitem__, reversed(self._uploads))

    def transfer(self, upload: Upload) -> Transfer:
        return self._transfers[upload.id]

    def cancel(self, upload: Upload) -> None:
        """Raises ForbiddenError unless the upload is waiting."""
        if upload.status != "waiting":
            raise ForbiddenError("The upload has already completed")
        upload.status = "cancelled"
        self.transfer(upload).discard()
        self._events.upload("cancelled", upload)

    def complete(self, upload: Upload) -> None:
        """All bytes are here: the upload becomes an asset, which may yet turn out errored."""
        transfer = self.transfer(upload)
        file = transfer.take()
        found = _look_at(file)
        asset = self._assets.add(upload.settings, "on_demand_direct_upload", upload_id=upload.id, test=upload.test)
        upload.status, upload.asset_id = "asset_created", asset.id
        self._events.upload("asset_created", upload)
        self._assets.process(asset, found, file, failed=lambda: self._fail(upload))

    def clear(self) -> None:
        for upload in self._uploads.values():
            if upload.status == "waiting":
                # A request under way still holds the upload, and must find it closed.
                upload.status = "cancelled"
            self.transfer(upload).discard()
        self._uploads.clear()
        self._transfers.clear()

    def _time_out(self, upload: Upload) -> None:
        if upload.status == "waiting":
            upload.status = "timed_out"
            self.transfer(upload).discard()

    def _fail(self, upload: Upload) -> None:
        upload.status = "errored"
        upload.error = {"type": INVALID_INPUT, "message": _NOT_A_VIDEO}
        self._events.upload("errored", upload)


def _look_at(file: Path) -> Found:
    try:
        return described(file)
    except InputError as error:
        return error
