"""Prepares the Mux environment that the stack works with, emulated or real: who it is, and the secrets for it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.mux_api import MuxApi
    from local.settings import MuxAccount

# The emulator knows this pair and no other.
EMULATOR_TOKEN = ("local-token-id", "local-token-secret")


@dataclass(frozen=True)
class MuxEnvironment:
    """An environment's id and name, its webhook secret, and the value of each of the template's secrets."""

    id: str
    name: str
    webhook_secret: str
    secrets: Mapping[str, Mapping[str, Any]]


async def prepare_emulator(mux: MuxApi, webhook_url: str) -> MuxEnvironment:
    """Register the webhook and create a signing key, as an operator does once. Raises MuxApiError."""
    identity = await mux.get("/system/v1/whoami")
    webhook = await mux.post("/system/v1/webhooks", {"address": webhook_url})
    key = await mux.post("/system/v1/signing-keys")
    signing_key = {"key_id": key["id"], "private_key": key["private_key"]}
    return _environment(identity, EMULATOR_TOKEN, webhook["signing_secret"], signing_key)


async def prepare_account(mux: MuxApi, account: MuxAccount) -> MuxEnvironment:
    """Find out whose the token is; nothing is created at Mux. Raises MuxApiError."""
    identity = await mux.get("/system/v1/whoami")
    signing_key = None
    if account.signing_key and account.private_key:
        signing_key = {"key_id": account.signing_key, "private_key": account.private_key}
    token = (account.token_id, account.token_secret)
    return _environment(identity, token, secrets.token_hex(16), signing_key)


def _environment(
    identity: Mapping[str, Any],
    token: tuple[str, str],
    webhook_secret: str,
    signing_key: Mapping[str, str] | None,
) -> MuxEnvironment:
    values: dict[str, Mapping[str, Any]] = {
        "MuxTokenSecret": {"token_id": token[0], "token_secret": token[1]},
        "MuxWebhookSecret": {"signing_secrets": [webhook_secret]},
    }
    if signing_key:
        values["MuxSigningKeySecret"] = signing_key
    return MuxEnvironment(identity["environment_id"], identity["environment_name"], webhook_secret, values)
