"""Assets of several owners and of none, and an administrator who walks through them."""

from typing import Final
from urllib.parse import urlencode

from tests import mux_events
from tests.resources.site import Site
from tests.world import Json

ADMIN: Final[Json] = {"owner": "root", "groups": ["admin"]}


def arrive(site: Site, asset_id: str, owner: str | None, second: int, status: str = "ready") -> None:
    """An asset that Mux tells of; owner None stands for one that this stack did not make."""
    at = mux_events.BASE + second
    kind = {"preparing": "created", "ready": "ready", "errored": "errored"}[status]
    passthrough = mux_events.tag(owner) if owner else None
    event = mux_events.asset_event(kind, asset_id=asset_id, passthrough=passthrough, created_at=at, at=at)
    site.world.deliver(event)


def walk(site: Site, limit: int = 100, **query: str) -> list[str]:
    """The ids on all pages of an administrator's list."""
    found: list[str] = []
    cursor = ""
    while True:
        parameters = {"limit": limit} | query | ({"cursor": cursor} if cursor else {})
        answer = site.call("list_assets", query=urlencode(parameters), **ADMIN)
        found += [asset["id"] for asset in answer.data]
        cursor = answer.body["next_cursor"]
        if not cursor:
            return found


def mix(site: Site) -> Site:
    """Assets of two owners and of none, in every state, two of them of the same second."""
    arrive(site, "ada1", "ada", 1)
    arrive(site, "bob1", "bob", 2, "preparing")
    arrive(site, "foreign1", None, 3)
    arrive(site, "ada2", "ada", 4, "errored")
    arrive(site, "bob2", "bob", 5)
    arrive(site, "foreign2", None, 5, "preparing")
    arrive(site, "ada3", "ada", 6, "preparing")
    return site


EVERYBODYS = ["ada3", "foreign2", "bob2", "ada2", "foreign1", "bob1", "ada1"]
