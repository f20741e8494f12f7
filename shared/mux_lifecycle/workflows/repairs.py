"""What a walk does to the table and to Mux; and the same for a rehearsal, which only says what would be done."""

from copy import replace
from typing import override

from mux_lifecycle.errors import Conflict, MuxMalformed, NotFound
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.projection import AssetChange, UploadChange
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.telemetry import logger
from mux_lifecycle.workflows.cancellation import Cancellation


class Repairs:
    """Methods that answer a bool say whether they changed anything. Times are epoch seconds."""

    def __init__(self, mux: MuxClient, assets: Assets, uploads: Uploads, cancellation: Cancellation) -> None:
        self._mux = mux
        self._assets = assets
        self._uploads = uploads
        self._cancellation = cancellation

    def write_asset(self, change: AssetChange, owner: str | None) -> bool:
        """Write what Mux says over what the record says."""
        logger.info("walk writes asset", asset_id=change.asset_id, owned=bool(owner))
        return self._assets.apply(change, owner=owner, compared=True) == "applied"

    def tag_asset(self, change: AssetChange, tag: Tag, *, sent_at: float) -> AssetChange:
        """Give an asset that has no passthrough our tag at Mux; the asset as it is then."""
        logger.info("walk tags asset", asset_id=change.asset_id)
        answer = self._mux.update_asset(change.asset_id, {"passthrough": tag.encode()})
        tagged = projection.observed_asset(answer, sent_at=sent_at, stack=tag.stack)
        if tagged is None:
            raise MuxMalformed("asset without a known status")
        return replace(tagged, tag=tag)

    def bury(self, asset_id: str, *, sent_at: float, now: float) -> bool:
        """An asset that was gone when a request sent at `sent_at` was answered."""
        logger.info("walk buries asset", asset_id=asset_id)
        return self._assets.bury(projection.observed_deletion(asset_id, sent_at=sent_at), now=now) == "applied"

    def expire(self, asset_id: str, owner: str, *, now: float) -> bool:
        """Store the wish to delete; the cleanup carries it out."""
        logger.info("walk expires asset", asset_id=asset_id)
        try:
            self._assets.request_deletion(asset_id, owner=owner, now=now)
        except NotFound:
            return False
        return True

    def write_upload(self, change: UploadChange, *, now: float) -> bool:
        """Write what Mux says over what the record says."""
        logger.info("walk writes upload", upload_id=change.upload_id)
        return self._uploads.apply(change, now=now) == "applied"

    def cancel_upload(self, upload_id: str) -> bool:
        """End an upload that nobody goes on with; False when it has become an asset."""
        logger.info("walk cancels upload", upload_id=upload_id)
        try:
            self._cancellation.cancel(upload_id, owner=None)
        except (Conflict, NotFound):
            return False
        return True


class Rehearsal(Repairs):
    """Changes nothing; the log says what would be done."""

    @override
    def write_asset(self, change: AssetChange, owner: str | None) -> bool:
        logger.info("walk would write asset", asset_id=change.asset_id, owned=bool(owner))
        return True

    @override
    def tag_asset(self, change: AssetChange, tag: Tag, *, sent_at: float) -> AssetChange:
        logger.info("walk would tag asset", asset_id=change.asset_id)
        return replace(change, tag=tag)

    @override
    def bury(self, asset_id: str, *, sent_at: float, now: float) -> bool:
        logger.info("walk would bury asset", asset_id=asset_id)
        return True

    @override
    def expire(self, asset_id: str, owner: str, *, now: float) -> bool:
        logger.info("walk would expire asset", asset_id=asset_id)
        return True

    @override
    def write_upload(self, change: UploadChange, *, now: float) -> bool:
        logger.info("walk would write upload", upload_id=change.upload_id)
        return True

    @override
    def cancel_upload(self, upload_id: str) -> bool:
        logger.info("walk would cancel upload", upload_id=upload_id)
        return True
