"""Checks of what ties the stack to Mux: the secrets' values, the token, the webhook."""

import json
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from mux_lifecycle.mux.addresses import Addresses, age, claimed_tags, is_ours, names, rivals, shown
from ops.finding import Finding, fail, ok, warn
from ops.mux import MuxAccount, MuxRefusedError
from ops.stack import Stack

_STORE: Final = "docs/deploy.md has the commands that store it"
_SETUP: Final = "the stack stores it within five minutes of a token that works: docs/webhook-registration.md"
_BY_HAND: Final = "docs/webhook-registration.md has the commands that store it"
_MUX: Final = "https://api.mux.com"
_NEEDED: Final = ("video:read", "video:write")
_NEEDED_FOR_SETUP: Final = ("system:read", "system:write")


def secrets(stack: Stack) -> Iterator[Finding]:
    token = _value(stack, "MuxTokenSecret")
    yield _filled("Mux token", bool(token.get("token_id") and token.get("token_secret")), _STORE)
    stored_by = _SETUP if _is_automatic(stack) else _BY_HAND
    signing = _value(stack, "MuxWebhookSecret").get("signing_secrets")
    filled = isinstance(signing, list) and any(isinstance(entry, str) for entry in signing)
    yield _filled("webhook secret", filled, stored_by)
    key = _value(stack, "MuxSigningKeySecret")
    if key.get("key_id") and key.get("private_key"):
        yield ok("signing key", "stored")
    elif stack.parameters.get("DefaultPlaybackPolicy") == "signed":
        yield fail("signing key", "is missing, and videos are signed: nobody can play them", stored_by)
    else:
        yield warn("signing key", "is missing: no playback tokens", f"fine while all is public; else {stored_by}")


def token(stack: Stack) -> Iterator[Finding]:
    account = _account(stack)
    if account is None:
        return
    try:
        identity = account.whoami()
    except MuxRefusedError as error:
        yield fail("Mux", str(error), f"make a token in Mux's dashboard, Settings, Access Tokens; {_STORE}")
        return
    environment, wanted = str(identity.get("environment_id", "")), stack.parameters.get("MuxEnvironmentId", "")
    subject = f"Mux environment {environment}"
    if not wanted:
        yield warn(subject, "is not checked", f"set MuxEnvironmentId={environment}")
    elif environment != wanted:
        yield fail(subject, f"is not MuxEnvironmentId ({wanted})", "store a token of that environment, or change it")
    else:
        yield ok(subject, str(identity.get("environment_name", "")))
    permissions = identity.get("permissions")
    granted = permissions if isinstance(permissions, list) else []
    needed = _NEEDED + (_NEEDED_FOR_SETUP if _is_automatic(stack) else ())
    missing = [name for name in needed if name not in granted]
    if missing:
        advice = "store one with Mux Video and System, read and write each; without System, deploy with MuxSetup=manual"
        yield fail("Mux token", f"may not {', '.join(missing)}", advice)
    else:
        yield ok("Mux token", ", ".join(map(str, granted)))


def webhook(stack: Stack) -> Iterator[Finding]:
    account, url = _account(stack), stack.outputs.get("WebhookUrl", "")
    if account is None:
        return
    try:
        found = [entry for entry in account.webhooks() if _same(str(entry.get("address")), url)]
    except MuxRefusedError as error:
        advice = f"give the token System read, or look in Mux's dashboard, Settings, Webhooks, for {url}"
        yield warn("webhook", f"cannot be looked up: {error}", advice)
        return
    addresses = Addresses(url, stack.outputs.get("StackTag", ""))
    # While one is exchanged, the one before stands here as well, until Mux has repeated all that it signed.
    current = [entry for entry in found if not addresses.is_retiring(entry.get("address"))]
    if not current:
        yield fail("webhook", f"Mux has none with the address {url}", _webhook_advice(stack))
    elif len(current) > 1:
        ids = ", ".join(str(entry.get("id")) for entry in current)
        yield fail("webhook", f"{len(current)} point here: {ids}", "delete all but the one whose secret is stored")
    elif not addresses.is_live(current[0].get("address")):
        yield fail("webhook", f"points to {current[0].get('address')}", f"its address must be {addresses.live}")
    elif current[0].get("enabled") is False:
        yield fail("webhook", "is disabled at Mux", "enable it in Mux's dashboard, Settings, Webhooks")
    else:
        yield ok("webhook", url + (", and one that is being retired" if len(found) > 1 else ""))


def claims(stack: Stack) -> Iterator[Finding]:
    """Whose the stack's tag is, and which other tags are taken in its Mux environment."""
    account, url, tag = _account(stack), stack.outputs.get("WebhookUrl", ""), stack.outputs.get("StackTag", "")
    if account is None or not tag:
        return
    try:
        webhooks = account.webhooks()
    except MuxRefusedError as error:
        advice = "give the token System read: retention deletes nothing while it cannot see who has the tag"
        yield warn(f"tag {tag}", f"cannot be looked up: {error}", advice)
        return
    live = Addresses(url, tag).live
    for rival in rivals(webhooks, tag, [url]):
        advice = "deploy one of the two with another StackTag, or delete the webhook of a stack that is gone"
        yield fail(f"tag {tag}", f"is claimed by another stack, too: {shown(rival)}", advice)
    held = [entry for entry in webhooks if is_ours(entry, [url]) and names(entry.get("address"), tag)]
    if held:
        yield ok(f"tag {tag}", f"claimed by this stack's webhook since {min(age(entry) for entry in held)[0]}")
    else:
        advice = f"its webhook's address must be {live}; without a claim, retention deletes nothing"
        yield fail(f"tag {tag}", "is not claimed by this stack", advice)
    for entry in webhooks:
        others = [other for other in claimed_tags(entry.get("address")) if other != tag]
        if others and not is_ours(entry, [url]):
            yield ok(f"tag {', '.join(others)}", f"claimed by another stack: {shown(entry)}")


def _is_automatic(stack: Stack) -> bool:
    """Whether the stack registers its webhook and makes its signing key by itself."""
    return stack.parameters.get("MuxSetup") != "manual"


def _webhook_advice(stack: Stack) -> str:
    if _is_automatic(stack):
        return 'invoke the setup at Mux with {"check": true}: docs/webhook-registration.md'
    return "docs/webhook-registration.md says how to make it"


def _same(address: str, url: str) -> bool:
    """Whether a webhook is meant for this stack: the same host, whatever the path."""
    return bool(url) and address.partition("://")[2].partition("/")[0] == url.partition("://")[2].partition("/")[0]


def _filled(subject: str, filled: bool, advice: str) -> Finding:
    return ok(subject, "stored") if filled else fail(subject, "is not stored", advice)


def _account(stack: Stack) -> MuxAccount | None:
    """Mux with the stack's own token; None while there is no token, which `secrets` tells."""
    value = _value(stack, "MuxTokenSecret")
    token_id, token_secret = value.get("token_id"), value.get("token_secret")
    if not (isinstance(token_id, str) and isinstance(token_secret, str) and token_id and token_secret):
        return None
    function = stack.of_type("AWS::Lambda::Function").get("CreateUploadFunction", "")
    settings = stack.client("lambda").get_function_configuration(FunctionName=function)
    variables = settings.get("Environment", {}).get("Variables", {})
    return MuxAccount(variables.get("MUX_API_URL", _MUX), token_id, token_secret)


def _value(stack: Stack, logical_id: str) -> dict[str, Any]:
    """The JSON object in a secret; empty when there is none."""
    arn = stack.of_type("AWS::SecretsManager::Secret").get(logical_id)
    if arn is None:
        return {}
    try:
        text = stack.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        value = json.loads(text)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return {}
    except (KeyError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
