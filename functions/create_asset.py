"""POST /assets: a new asset for the caller, from a file that Mux fetches from a URL."""

from mux_lifecycle import api, runtime
from mux_lifecycle.errors import Forbidden
from mux_lifecycle.models import UrlWish


def create_asset(request: api.Request) -> api.Response:
    owner = request.owner
    request.cors_origin(runtime.origins())
    if not runtime.imports_urls():
        raise Forbidden("imports from URLs are switched off here: send the file with POST /uploads")
    request.query()
    wish = UrlWish.parse(request.json())
    return api.created(runtime.creation(owner).asset(owner, wish, request.idempotency_key()))


handler = api.handler(create_asset)
