"""DELETE /uploads/{id}: cancel an upload that has not become an asset."""

from mux_lifecycle import api, runtime


def cancel_upload(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    runtime.cancellation(owner).cancel(request.id(), owner=owner)
    return api.no_content()


handler = api.handler(cancel_upload)
