"""Whose a tag is: of two stacks that claim it at Mux, the older claim wins; and a doubt is no claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mux_lifecycle.errors import ConfigurationError, MuxMalformed, MuxNotFound, MuxRefused
from mux_lifecycle.mux.addresses import Addresses, age, is_ours, names, rivals, shown
from mux_lifecycle.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Collection

    from mux_lifecycle.mux.addresses import Webhook
    from mux_lifecycle.mux.client import MuxClient


class TagClaimed(ConfigurationError):
    """Another stack's webhook has this stack's tag."""


def contest(webhooks: Collection[Webhook], tag: str, urls: Collection[str]) -> None:
    """Raise TagClaimed if another stack's claim is older than ours, or if there is one and none of ours."""
    theirs = rivals(webhooks, tag, urls)
    ours = [webhook for webhook in webhooks if is_ours(webhook, urls)]
    if theirs and not (ours and min(map(age, ours)) < age(theirs[0])):
        raise TagClaimed(
            f"another stack holds the tag {tag} in this Mux environment: its webhook is {shown(theirs[0])}. "
            "Deploy with another StackTag. If that stack was made by an earlier release, update it first. If it is "
            "gone, delete its webhook in Mux's dashboard"
        )


class Claim:
    """Whether this stack alone holds its tag at Mux, as Mux says now."""

    def __init__(self, mux: MuxClient, url: str, tag: str) -> None:
        self._mux = mux
        self._addresses = Addresses(url, tag)

    def doubt(self) -> str:
        """Why the tag may not be ours alone, in words; `""` if it is. What passes by itself is raised."""
        return self._look(must_be_ours=True)

    def rival(self) -> str:
        """Why another stack may have the tag, in words; `""` if none claims it. What passes by itself is raised."""
        return self._look(must_be_ours=False)

    def _look(self, *, must_be_ours: bool) -> str:
        tag, urls = self._addresses.tag, (self._addresses.url,)
        try:
            webhooks = self._mux.list_webhooks()
        except (MuxNotFound, MuxRefused, MuxMalformed) as error:
            logger.warning("claim not confirmed", error=type(error).__name__)
            return "Mux does not show its webhooks to the token: give it the permission System read"
        theirs = rivals(webhooks, tag, urls)
        if theirs:
            return f"another stack's webhook claims the tag {tag}, too: {shown(theirs[0])}"
        ours = [webhook.get("address") for webhook in webhooks if is_ours(webhook, urls)]
        if must_be_ours and not any(names(address, tag) for address in ours):
            return f"no webhook of this stack claims the tag {tag}: its address must be {self._addresses.live}"
        return ""
