"""PATCH /assets/{id}: change an asset's title or visibility."""

from mux_lifecycle import api, runtime, views
from mux_lifecycle.models import AssetUpdate


def update_asset(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    wish = AssetUpdate.parse(request.json())
    record = runtime.editing(owner).update(request.id(), owner, title=wish.title, visibility=wish.visibility)
    return api.ok(views.asset(record))


handler = api.handler(update_asset)
