"""POST /assets/{id}/static-renditions · DELETE …/{rid} · PUT /assets/{id}/mp4-support: files to download."""

from mux_lifecycle import api, models, runtime, views


def create_static_rendition(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    resolution = models.resolution(request.json())
    made = runtime.editing(owner).create_static_rendition(request.id(), owner, resolution)
    return api.created(views.part(made, "rendition"))


def delete_static_rendition(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    runtime.editing(owner).delete_static_rendition(request.id(), owner, request.id("rid"))
    return api.no_content()


def set_mp4_support(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    mp4_support = models.mp4_support(request.json())
    return api.ok(views.asset(runtime.editing(owner).set_mp4_support(request.id(), owner, mp4_support)))


handler = api.handler(
    {
        "POST /assets/{id}/static-renditions": create_static_rendition,
        "DELETE /assets/{id}/static-renditions/{rid}": delete_static_rendition,
        "PUT /assets/{id}/mp4-support": set_mp4_support,
    }
)
