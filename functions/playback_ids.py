"""POST /assets/{id}/playback-ids · GET, DELETE /assets/{id}/playback-ids/{pid}: who can play an asset, and how."""

import json

from mux_lifecycle import api, models, runtime, views
from mux_lifecycle.errors import NotFound
from mux_lifecycle.store.records import text


def create_playback_id(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    policy = models.playback_policy(request.json())
    return api.created(views.playback_id(runtime.editing().create_playback_id(request.id(), owner, policy)))


def get_playback_id(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.query()
    wanted = request.id("pid")
    record = runtime.assets().get(request.id(), owner=owner)
    for entry in json.loads(text(record, "doc")).get("playback_ids", []):
        if entry.get("id") == wanted:
            return api.ok(views.playback_id(entry))
    raise NotFound("no such playback id")


def delete_playback_id(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    runtime.editing().delete_playback_id(request.id(), owner, request.id("pid"))
    return api.no_content()


handler = api.handler(
    {
        "POST /assets/{id}/playback-ids": create_playback_id,
        "GET /assets/{id}/playback-ids/{pid}": get_playback_id,
        "DELETE /assets/{id}/playback-ids/{pid}": delete_playback_id,
    }
)
