"""POST /assets/{id}/tracks · PATCH, DELETE …/{tid} · POST …/{tid}/generate-subtitles: captions and audio tracks."""

from mux_lifecycle import api, models, runtime, views


def create_track(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    body = models.new_track(request.json())
    return api.created(views.part(runtime.editing(owner).create_track(request.id(), owner, body), "track"))


def update_track(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    body = models.changed_track(request.json())
    changed = runtime.editing(owner).update_track(request.id(), owner, request.id("tid"), body)
    return api.ok(views.part(changed, "track"))


def delete_track(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    runtime.editing(owner).delete_track(request.id(), owner, request.id("tid"))
    return api.no_content()


def generate_subtitles(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    body = models.generated_subtitles(request.json())
    made = runtime.editing(owner).generate_subtitles(request.id(), owner, request.id("tid"), body)
    return api.created([views.part(track, "track") for track in made])


handler = api.handler(
    {
        "POST /assets/{id}/tracks": create_track,
        "PATCH /assets/{id}/tracks/{tid}": update_track,
        "DELETE /assets/{id}/tracks/{tid}": delete_track,
        "POST /assets/{id}/tracks/{tid}/generate-subtitles": generate_subtitles,
    }
)
