"""The addresses that webhooks have at Mux, and which stack's tag an address claims: `…/webhooks/mux?tag=videos`.

The list of webhooks is what all stacks on a Mux environment can see, an address is unique there, and a stack that goes
takes its webhook with it. API Gateway's route ignores the query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FORMER_DEFAULT: Final = "videos"
"""The tag of a stack that was made before tags were claimed, unless its operator chose another one."""
_FORMER: Final = re.compile(r"https://[a-z0-9]+\.execute-api\.[a-z0-9.-]+/webhooks/mux(/pending)?")
"""The addresses that such a stack gave its webhooks. Other programs have routes of that name at other hosts."""

type Webhook = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses at Mux that a stack with this `tag` gives its webhooks; `url` is that of its route."""

    url: str
    tag: str

    @property
    def live(self) -> str:
        """Where the current webhook stands."""
        return f"{self.url}?tag={quote(self.tag, safe='')}"

    @property
    def pending(self) -> str:
        """Where a webhook stands until its secret is stored. The API has no such route."""
        return f"{self.url}/pending?tag={quote(self.tag, safe='')}"

    def retiring(self, webhook_id: str) -> str:
        """Where a webhook stands that was replaced."""
        return f"{self.live}&retiring={webhook_id}"

    def is_pending(self, address: object) -> bool:
        return _base(address) == f"{self.url}/pending"

    def is_live(self, address: object) -> bool:
        """Whether a webhook there reaches the route as the current one: also as others registered it, without a tag."""
        return _base(address) == self.url and not self.is_retiring(address)

    def is_retiring(self, address: object) -> bool:
        return _base(address) == self.url and "retiring" in _query(address)


def claimed_tags(address: object) -> list[str]:
    """The tags that a webhook at this address claims. A webhook that is disabled claims them all the same."""
    tags = _query(address).get("tag")
    if tags is None and _FORMER.fullmatch(_base(address)):
        return [FORMER_DEFAULT]
    return tags or []


def is_ours(webhook: Webhook, urls: Collection[str]) -> bool:
    """Whether a webhook is that of a stack whose routes are, or were, at `urls`."""
    return _base(webhook.get("address")) in {*urls, *(f"{url}/pending" for url in urls)}


def rivals(webhooks: Iterable[Webhook], tag: str, urls: Collection[str]) -> list[Webhook]:
    """The webhooks of other stacks that claim `tag`, the oldest first."""
    found = [webhook for webhook in webhooks if tag in claimed_tags(webhook.get("address"))]
    return sorted((webhook for webhook in found if not is_ours(webhook, urls)), key=age)


def shown(webhook: Webhook) -> str:
    """A webhook's address as far as it may be told: no query, no credentials."""
    address = _base(webhook.get("address"))
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return (scheme + separator + host.rpartition("@")[2] + slash + path)[:200]


def age(webhook: Webhook) -> tuple[str, str]:
    """Sorts the older one first: Mux gives ISO times."""
    return str(webhook.get("created_at", "")), str(webhook.get("id", ""))


def _base(address: object) -> str:
    return address.partition("?")[0] if isinstance(address, str) else ""


def names(address: object, tag: str) -> bool:
    """Whether an address names `tag` itself."""
    return tag in _query(address).get("tag", [])


def _query(address: object) -> dict[str, list[str]]:
    if not isinstance(address, str):
        return {}
    try:
        return parse_qs(urlsplit(address).query, keep_blank_values=True)
    except ValueError:
        return {}
