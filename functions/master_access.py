"""PUT /assets/{id}/master-access: the original to download, for a day; ask again for its URL once it is ready."""

from mux_lifecycle import api, models, runtime, views


def set_master_access(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    master_access = models.master_access(request.json())
    record, url = runtime.editing(owner).set_master_access(request.id(), owner, master_access)
    shown = views.asset(record)
    if url and "master" in shown:
        shown["master"] = shown["master"] | {"url": url}
    return api.ok(shown)


handler = api.handler(set_master_access)
