"""GET /assets/{id}: one asset."""

from mux_lifecycle import api, runtime, views


def get_asset(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.query()
    return api.ok(views.asset(runtime.assets().get(request.id(), owner=owner)))


handler = api.handler(get_asset)
