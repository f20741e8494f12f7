"""GET /assets/{id}/input-info: what Mux found in the file that was uploaded."""

from mux_lifecycle import api, runtime, views


def get_input_info(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.query()
    return api.ok([views.input_info(entry) for entry in runtime.editing(owner).input_info(request.id(), owner)])


handler = api.handler(get_input_info)
