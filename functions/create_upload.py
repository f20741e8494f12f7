"""POST /uploads: a direct upload for the caller, with the URL that the browser sends the file to."""

from mux_lifecycle import api, runtime
from mux_lifecycle.models import AssetWish


def create_upload(request: api.Request) -> api.Response:
    owner = request.owner
    cors_origin = request.cors_origin(runtime.origins())
    request.query()
    wish = AssetWish.parse(request.json())
    upload = runtime.creation(owner).upload(
        owner,
        wish,
        request.idempotency_key(),
        cors_origin=cors_origin,
        timeout_seconds=runtime.upload_timeout_seconds(),
    )
    return api.created(upload)


handler = api.handler(create_upload)
