"""GET /uploads/{id}: what became of an upload, together with its asset once there is one."""

from mux_lifecycle import api, runtime, views
from mux_lifecycle.store.records import text


def get_upload(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.query()
    upload = runtime.uploads().get(request.id(), owner=owner)
    asset_id = text(upload, "asset_id")
    asset = runtime.assets().find(asset_id) if asset_id else None
    return api.ok(views.upload(upload, asset))


handler = api.handler(get_upload)
