"""GET /usage: how much the caller has of what is limited, and how much they may have."""

from typing import Final

from mux_lifecycle import api, runtime
from mux_lifecycle.store.ledger import Account

_NAMES: Final[tuple[tuple[str, Account], ...]] = (
    ("assets", "assets"),
    ("open_uploads", "open"),
    ("uploads_last_24_hours", "day"),
)


def get_usage(request: api.Request) -> api.Response:
    owner = request.owner
    request.query()
    usage = runtime.usage().of(owner)
    return api.ok({name: {"count": usage[account].found, "limit": usage[account].limit} for name, account in _NAMES})


handler = api.handler(get_usage)
