"""GET /assets: one page of the caller's assets, or of those that match; for administrators also everybody's."""

from mux_lifecycle import api, filters, runtime, views
from mux_lifecycle.errors import Forbidden
from mux_lifecycle.listing import listing
from mux_lifecycle.models import ListQuery
from mux_lifecycle.store import cursors

_PARAMETERS = ("limit", "cursor", "status", "visibility", "q", "order", "scope", "owner")


def list_assets(request: api.Request) -> api.Response:
    owner = request.owner
    query = ListQuery.parse(request.query(*_PARAMETERS))
    if (query.everybody or query.owner) and not request.is_admin(runtime.admin()):
        raise Forbidden("scope and owner are for administrators")
    owner = "" if query.everybody else query.owner or owner
    scope = query.list_of(owner)
    after = cursors.decode(query.cursor, scope=scope) if query.cursor else None
    if query.everybody:
        page = runtime.assets().library(limit=query.limit, after=after, oldest_first=query.oldest_first)
    else:
        page = runtime.assets().page(
            owner,
            query.status or None,
            limit=query.limit,
            after=after,
            oldest_first=query.oldest_first,
            matches=filters.filter_of(query.words, query.visibility),
        )
    entries, position = listing(page, views.asset)
    next_cursor = cursors.encode(position, scope=scope) if position else None
    return api.page(entries, next_cursor)


handler = api.handler(list_assets)
