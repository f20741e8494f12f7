"""GET /uploads/{id}: what became of an upload, together with its asset once there is one."""

from mux_lifecycle import api, runtime, views
from mux_lifecycle.store.records import text


def get_upload(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.query()
    upload = runtime.uploads().get(request.id(), owner=owner, now=runtime.now())
    asset_id = text(upload, "asset_id")
    asset = runtime.assets().find(asset_id) if asset_id else None
    # The link is Mux's word, and so is the asset's owner; should they disagree, the owner decides who sees it.
    visible = asset is not None and (owner is None or asset.get("owner") == owner)
    return api.ok(views.upload(upload, asset if visible else None))


handler = api.handler(get_upload)
