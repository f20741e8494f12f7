"""Cancelling an upload, and finding out what became of it when Mux says that it is too late."""

from collections.abc import Callable

from mux_lifecycle.errors import Conflict, MuxNotFound, MuxRefused, MuxUnavailable
from mux_lifecycle.mux.client import Json, MuxClient
from mux_lifecycle.store import projection
from mux_lifecycle.store.records import text
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.telemetry import count
from mux_lifecycle.workflows.environment import Environment


class Cancellation:
    """Cancels uploads at Mux. `now` gives epoch seconds."""

    def __init__(
        self, mux: MuxClient, uploads: Uploads, environment: Environment, stack: str, now: Callable[[], float]
    ) -> None:
        self._mux = mux
        self._uploads = uploads
        self._environment = environment
        self._stack = stack
        self._now = now

    def cancel(self, upload_id: str, *, owner: str | None) -> None:
        """Return once the upload can no longer become an asset; Conflict when it has become one.

        `owner` None stands for an administrator. Raises NotFound.
        """
        record = self._uploads.get(upload_id, owner=owner, now=self._now())
        status, asset_id = text(record, "status"), text(record, "asset_id")
        if status == "waiting":
            status, asset_id = self._cancel_waiting(upload_id)
        if asset_id:
            raise Conflict(f"the upload has become an asset: delete the asset {asset_id} instead")
        if status == "cancelled":
            count("UploadCancelled")
        if status == "waiting":
            raise MuxUnavailable("the upload could not be cancelled: try again")

    def _cancel_waiting(self, upload_id: str) -> tuple[str, str]:
        sent_at = self._now()
        change = projection.observed_upload(self._state(upload_id), sent_at=sent_at, stack=self._stack)
        if change is None:
            return "waiting", ""
        if change.status != "waiting":
            self._uploads.apply(change, now=self._now())
        return change.status, change.asset_id

    def _state(self, upload_id: str) -> Json:
        try:
            return self._mux.cancel_upload(upload_id)
        except MuxRefused as refused:
            if refused.status != 403:
                raise
            return self._mux.get_upload(upload_id)
        except MuxNotFound:
            self._environment.confirm()
            return {"id": upload_id, "status": "timed_out"}
