"""DELETE /assets/{id}: delete an asset; 202 when Mux cannot yet and the wish stands."""

from mux_lifecycle import api, runtime, views


def delete_asset(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    waiting = runtime.deletion(owner).request(request.id(), owner=owner)
    return api.accepted(views.asset(waiting)) if waiting else api.no_content()


handler = api.handler(delete_asset)
