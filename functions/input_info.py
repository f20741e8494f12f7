"""GET /assets/{id}/input-info: what Mux found in the file that was uploaded."""

from mux_lifecycle import api, runtime


def get_input_info(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.query()
    return api.ok(runtime.editing(owner).input_info(request.id(), owner))


handler = api.handler(get_input_info)
