"""POST /assets/{id}/playback-ids · GET, DELETE /assets/{id}/playback-ids/{pid}: who can play an asset, and how."""

from mux_lifecycle import api, models, runtime, views
from mux_lifecycle.errors import NotFound


def create_playback_id(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    policy = models.playback_policy(request.json())
    made, record = runtime.editing(owner).create_playback_id(request.id(), owner, policy)
    return api.created(views.playback_id(made, views.mp4(record)))


def get_playback_id(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.query()
    wanted = request.id("pid")
    for entry in views.playback_ids(runtime.assets().get(request.id(), owner=owner)):
        if entry.get("id") == wanted:
            return api.ok(entry)
    raise NotFound("no such playback id")


def delete_playback_id(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    runtime.editing(owner).delete_playback_id(request.id(), owner, request.id("pid"))
    return api.no_content()


handler = api.handler(
    {
        "POST /assets/{id}/playback-ids": create_playback_id,
        "GET /assets/{id}/playback-ids/{pid}": get_playback_id,
        "DELETE /assets/{id}/playback-ids/{pid}": delete_playback_id,
    }
)
