"""GET /gallery: what owners have published, for everybody, newest first."""

from mux_lifecycle import api, runtime, views
from mux_lifecycle.listing import listing
from mux_lifecycle.models import GalleryQuery
from mux_lifecycle.store import cursors

_SCOPE = "gallery"


def list_gallery(request: api.Request) -> api.Response:
    query = GalleryQuery.parse(request.query("limit", "cursor"))
    if query.cursor:
        entries, next_cursor = _page(query)
    else:
        entries, next_cursor = runtime.first_gallery_pages().get(query.limit, lambda: _page(query))
    # API Gateway's CORS answers name the origin that asked: a cache must not hand one site's copy to another.
    return api.page(entries, next_cursor, cache_control="public, max-age=60", vary="origin")


def _page(query: GalleryQuery) -> tuple[list[str], str | None]:
    after = cursors.decode(query.cursor, scope=_SCOPE) if query.cursor else None
    entries, position = listing(runtime.assets().gallery(limit=query.limit, after=after), views.published)
    return entries, cursors.encode(position, scope=_SCOPE) if position else None


handler = api.handler(list_gallery, refusals=runtime.refusals)
