"""The stack's webhook at Mux and its signing secret: registered, exchanged for another one, removed.

Mux shows a signing secret once, in the answer that makes the webhook. So it is made at an address where nobody listens,
and moved to the real one when its secret is stored: whatever calls the stack can be verified, and what was left without
a secret, its answer lost or the function killed, is known by its address and removed.
"""

from __future__ import annotations

import contextlib
from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from mux_lifecycle.errors import MuxNotFound
from mux_lifecycle.secrets import REREAD_SECONDS
from mux_lifecycle.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mux_lifecycle.mux.client import MuxClient
    from mux_lifecycle.secrets import Secrets

OVERLAP_SECONDS: Final = 25 * 3600
"""How long both webhooks stand: what only the old one was sent, Mux repeats for 24 hours."""
FORGET_SECONDS: Final = 3600
"""How long a secret is valid after its webhook was removed: what was under way then is verified still."""

type Keep = Callable[[], None]
"""Raises LeaseLost when another run has taken over; called before each change."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses at Mux that are this stack's: that of its route, and two that only this module gives."""

    url: str

    @property
    def pending(self) -> str:
        """Where a webhook stands until its secret is stored. The API has no such route."""
        return f"{self.url}/pending"

    def retiring(self, webhook_id: str) -> str:
        """Where a webhook stands that was replaced. An address is unique at Mux; the API's route ignores the query."""
        return f"{self.url}?retiring={webhook_id}"

    def include(self, address: object) -> bool:
        return address in (self.url, self.pending) or self.is_retiring(address)

    def is_retiring(self, address: object) -> bool:
        return isinstance(address, str) and address.startswith(self.retiring(""))


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

    def ensure(self, url: str, keep: Keep, *, rotate: bool = False) -> str:
        """Have exactly one current webhook at `url`, its secret stored; retire what is over. What was done, in a word.

        With `rotate`, or when it is time, another one takes its place, unless the last exchange is not over yet.
        """
        addresses, entries = Addresses(url), self._entries()
        at_mux = self._at_mux(addresses)
        current = entries[0] if entries else None
        outcome = "registered"
        if current is None or current.webhook_id not in at_mux:
            entries = self._make(addresses, entries, at_mux, keep)
        elif len(entries) == 1 and (rotate or self._is_due(current)):
            outcome = "rotated"
            entries = self._make(addresses, entries, at_mux, keep)
        elif len(entries) > 1:
            outcome = "rotating"
        self._go_live(addresses, entries, at_mux, keep)
        self._retire(addresses, entries, at_mux, keep)
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

    def remove(self, urls: Iterable[str], keep: Keep) -> None:
        """Leave no webhook of this stack's at Mux."""
        webhooks = self._mux.list_webhooks()
        for addresses in map(Addresses, urls):
            for webhook in webhooks:
                if addresses.include(webhook.get("address")):
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

    def _at_mux(self, addresses: Addresses) -> dict[str, dict[str, Any]]:
        """This stack's webhooks by id. What stands at any other address is somebody else's."""
        return {
            str(webhook["id"]): dict(webhook)
            for webhook in self._mux.list_webhooks()
            if addresses.include(webhook.get("address"))
        }

    def _is_due(self, current: Registered) -> bool:
        return bool(self._rotation_seconds) and self._now() >= current.since + self._rotation_seconds

    def _make(
        self, addresses: Addresses, entries: list[Registered], at_mux: dict[str, dict[str, Any]], keep: Keep
    ) -> list[Registered]:
        for webhook_id in [known for known, webhook in at_mux.items() if webhook["address"] == addresses.pending]:
            self._delete(webhook_id, keep)
            del at_mux[webhook_id]
        keep()
        made = self._mux.create_webhook(addresses.pending)
        now = int(self._now())
        replaced = [replace(entry, until=entry.until or now + OVERLAP_SECONDS) for entry in entries]
        at_url = next((known for known, webhook in at_mux.items() if webhook["address"] == addresses.url), "")
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
        if at_mux[current_id]["address"] == addresses.url:
            if at_mux[current_id].get("enabled") is False:
                self._change(current_id, {"enabled": True}, at_mux, keep)
            return
        if len(entries) > 1:
            # A function that knows the old secrets only reads them again so seldom: by then, all will.
            self._change(current_id, {"enabled": False}, at_mux, keep)
            self._pause(REREAD_SECONDS)
        for webhook_id in [known for known, webhook in at_mux.items() if webhook["address"] == addresses.url]:
            self._change(webhook_id, {"address": addresses.retiring(webhook_id)}, at_mux, keep)
        self._change(current_id, {"address": addresses.url, "enabled": True}, at_mux, keep)

    def _retire(
        self, addresses: Addresses, entries: list[Registered], at_mux: dict[str, dict[str, Any]], keep: Keep
    ) -> None:
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
        for webhook_id, webhook in at_mux.items():
            if webhook_id not in known and webhook["address"] != addresses.url:
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
