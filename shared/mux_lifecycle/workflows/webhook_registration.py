"""The stack's webhook at Mux and its signing secret: registered, exchanged for another one, removed.

Mux shows a signing secret once, in the answer that makes the webhook. So it is made at an address where nobody listens,
and moved to the real one when its secret is stored: whatever calls the stack can be verified, and what was left without
a secret, its answer lost or the function killed, is known by its address and removed.

Each of these addresses claims the stack's tag, from the moment it is made. So Mux is asked for all claims before one is
made and again after, and of two stacks that make one at the same time the older one wins.
"""

from __future__ import annotations

import contextlib
from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from mux_lifecycle.errors import MuxNotFound
from mux_lifecycle.mux.addresses import Addresses, is_ours
from mux_lifecycle.secrets import REREAD_SECONDS
from mux_lifecycle.telemetry import logger
from mux_lifecycle.workflows.claims import TagClaimed, contest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from mux_lifecycle.mux.client import MuxClient
    from mux_lifecycle.secrets import Secrets

OVERLAP_SECONDS: Final = 25 * 3600
"""How long both webhooks stand: what only the old one was sent, Mux repeats for 24 hours."""
FORGET_SECONDS: Final = 3600
"""How long a secret is valid after its webhook was removed: what was under way then is verified still."""

type Keep = Callable[[], None]
"""Raises LeaseLost when another run has taken over; called before each change."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A signing secret that is valid, and the id of the webhook that signs with it, `""` if it is not known or gone.

    `since` and `until` in epoch seconds; `until` is 0 for the current one. Never printed.
    """

    signing_secret: str
    webhook_id: str = ""
    since: int = 0
    until: int = 0

    def __repr__(self) -> str:
        return f"Registered({self.webhook_id})"

    @classmethod
    def listed(cls, value: Mapping[str, Any]) -> list[Self]:
        """From the secret's JSON. What was put by hand has no `webhooks`."""
        secrets, webhooks = value.get("signing_secrets"), value.get("webhooks")
        notes = webhooks if isinstance(webhooks, list) else []
        found = []
        for place, secret in enumerate(secrets if isinstance(secrets, list) else []):
            note = notes[place] if place < len(notes) and isinstance(notes[place], dict) else {}
            if isinstance(secret, str) and secret.strip():
                found.append(
                    cls(secret, str(note.get("id", "")), _seconds(note.get("since")), _seconds(note.get("until")))
                )
        return found

    @staticmethod
    def to_json(entries: Iterable[Registered]) -> dict[str, Any]:
        entries = list(entries)
        return {
            "signing_secrets": [entry.signing_secret for entry in entries],
            "webhooks": [{"id": entry.webhook_id, "since": entry.since, "until": entry.until} for entry in entries],
        }


class WebhookRegistration:
    """`secret_arn` is where the signing secrets are; `now` gives epoch seconds, `pause` waits. One run at a time."""

    def __init__(
        self,
        *,
        mux: MuxClient,
        secrets: Secrets,
        secret_arn: str,
        rotation_seconds: int,
        now: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self._mux = mux
        self._secrets = secrets
        self._secret_arn = secret_arn
        self._rotation_seconds = rotation_seconds
        self._now = now
        self._pause = pause

    def ensure(self, urls: Sequence[str], tag: str, keep: Keep, *, rotate: bool = False) -> str:
        """Have exactly one current webhook at the first of `urls`, its secret stored; retire what is over there.

        Says what was done, in a word. With `rotate`, or when it is time, another one takes its place, unless the last
        exchange is not over yet. The other `urls` are where this stack was before. TagClaimed if the tag is another's.
        """
        addresses, entries = Addresses(urls[0], tag), self._entries()
        at_mux = self._contested(addresses, urls, keep)
        current = entries[0] if entries else None
        outcome = "registered"
        if current is None or current.webhook_id not in at_mux:
            entries = self._make(addresses, entries, at_mux, keep)
        elif len(entries) == 1 and (rotate or self._is_due(current)):
            outcome = "rotated"
            entries = self._make(addresses, entries, at_mux, keep)
        elif len(entries) > 1:
            outcome = "rotating"
        if at_mux[entries[0].webhook_id]["address"] != addresses.live:
            self._contested(addresses, urls, keep)
        self._go_live(addresses, entries, at_mux, keep)
        self._retire(entries, at_mux, keep)
        return outcome

    def retire(self, keep: Keep) -> None:
        """Leave nothing but the current webhook and its secret, however young the exchange is."""
        entries = self._entries()
        for entry in entries[1:]:
            if entry.webhook_id:
                self._delete(entry.webhook_id, keep)
        if len(entries) > 1:
            keep()
            self._store(entries[:1])

    def remove(self, urls: Collection[str], keep: Keep) -> None:
        """Leave no webhook of this stack's at Mux."""
        for webhook in self._mux.list_webhooks():
            if is_ours(webhook, urls):
                self._delete(str(webhook["id"]), keep)

    def next_at(self) -> int:
        """When there is something to do again, in epoch seconds; 0 for never."""
        entries = self._entries()
        due = [entry.until for entry in entries[1:]]
        if entries and self._rotation_seconds and len(entries) == 1:
            due.append(entries[0].since + self._rotation_seconds)
        return min(due, default=0)

    def _entries(self) -> list[Registered]:
        return Registered.listed(self._secrets.current(self._secret_arn) or {})

    def _store(self, entries: Iterable[Registered]) -> None:
        self._secrets.write(self._secret_arn, Registered.to_json(entries))

    def _contested(self, addresses: Addresses, urls: Sequence[str], keep: Keep) -> dict[str, dict[str, Any]]:
        """This stack's webhooks at its present URL, by id. TagClaimed when another stack has its tag.

        Then no claim is left that would keep others away; but a webhook in service stays, for the stack needs it.
        """
        webhooks = self._mux.list_webhooks()
        ours = {str(webhook["id"]): dict(webhook) for webhook in webhooks if is_ours(webhook, [addresses.url])}
        try:
            contest(webhooks, addresses.tag, urls)
        except TagClaimed:
            for webhook_id in [known for known, webhook in ours.items() if addresses.is_pending(webhook["address"])]:
                self._delete(webhook_id, keep)
            raise
        return ours

    def _is_due(self, current: Registered) -> bool:
        return bool(self._rotation_seconds) and self._now() >= current.since + self._rotation_seconds

    def _make(
        self, addresses: Addresses, entries: list[Registered], at_mux: dict[str, dict[str, Any]], keep: Keep
    ) -> list[Registered]:
        for webhook_id in [known for known, webhook in at_mux.items() if addresses.is_pending(webhook["address"])]:
            self._delete(webhook_id, keep)
            del at_mux[webhook_id]
        keep()
        made = self._mux.create_webhook(addresses.pending)
        now = int(self._now())
        replaced = [replace(entry, until=entry.until or now + OVERLAP_SECONDS) for entry in entries]
        at_url = next((known for known, webhook in at_mux.items() if addresses.is_live(webhook["address"])), "")
        if at_url and replaced and at_url not in [entry.webhook_id for entry in replaced]:
            # Registered by hand: its secret, if anybody's, is the one that was valid until now.
            replaced[0] = replace(replaced[0], webhook_id=at_url)
        entries = [Registered(made["signing_secret"], made["id"], since=now), *replaced]
        keep()
        self._store(entries)
        at_mux[made["id"]] = {"address": addresses.pending, "enabled": True}
        logger.info("webhook made", webhook=made["id"], replaces=[entry.webhook_id for entry in replaced])
        return entries

    def _go_live(
        self, addresses: Addresses, entries: list[Registered], at_mux: dict[str, dict[str, Any]], keep: Keep
    ) -> None:
        current_id = entries[0].webhook_id
        address = at_mux[current_id]["address"]
        if address == addresses.live:
            if at_mux[current_id].get("enabled") is False:
                self._change(current_id, {"enabled": True}, at_mux, keep)
            return
        if len(entries) > 1 and not addresses.is_live(address):
            # A function that knows the old secrets only reads them again so seldom: by then, all will.
            self._change(current_id, {"enabled": False}, at_mux, keep)
            self._pause(REREAD_SECONDS)
        for webhook_id in [known for known, webhook in at_mux.items() if addresses.is_live(webhook["address"])]:
            if webhook_id != current_id:
                self._change(webhook_id, {"address": addresses.retiring(webhook_id)}, at_mux, keep)
        self._change(current_id, {"address": addresses.live, "enabled": True}, at_mux, keep)

    def _retire(self, entries: list[Registered], at_mux: dict[str, dict[str, Any]], keep: Keep) -> None:
        now = int(self._now())
        kept = entries[:1]
        for entry in entries[1:]:
            if entry.until > now:
                kept.append(entry)
            elif entry.webhook_id:
                self._delete(entry.webhook_id, keep)
                kept.append(replace(entry, webhook_id="", until=now + FORGET_SECONDS))
        if kept != entries:
            keep()
            self._store(kept)
        known = {entry.webhook_id for entry in entries}
        for webhook_id in at_mux:
            if webhook_id not in known:
                self._delete(webhook_id, keep)

    def _change(self, webhook_id: str, change: dict[str, Any], at_mux: dict[str, dict[str, Any]], keep: Keep) -> None:
        keep()
        self._mux.update_webhook(webhook_id, change)
        at_mux[webhook_id] |= change

    def _delete(self, webhook_id: str, keep: Keep) -> None:
        keep()
        with contextlib.suppress(MuxNotFound):
            self._mux.delete_webhook(webhook_id)
        logger.info("webhook removed", webhook=webhook_id)


def _seconds(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
