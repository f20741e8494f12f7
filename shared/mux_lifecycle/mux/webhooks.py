"""Mux's webhooks: the signature, both ways, and the event inside. Pure functions of bytes, header, secrets and time."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from mux_lifecycle.errors import InvalidSignature, PayloadTooLarge, SecretUnavailable

TOLERANCE_SECONDS: Final = 300
MAX_BODY_BYTES: Final = 1_048_576
_MAX_HEADER: Final = 4096
_MAX_TIMESTAMP_DIGITS: Final = 12
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
# What `str()` makes of a value that was never set: no attacker may find it to be a working key.
_NO_SECRET: Final = frozenset({"None", "null"})


def sign(body: bytes, secret: str, *, timestamp: int) -> str:
    """The `Mux-Signature` header that Mux sends with `body` at `timestamp` (Unix seconds)."""
    return f"t={timestamp},v1={_digest(body, secret, timestamp)}"


def verify(body: bytes, header: str, secrets: Iterable[object], *, now: float) -> None:
    """Raise InvalidSignature unless one of `secrets` signed exactly these bytes within 300 s of `now`."""
    _compare(body, _recent(header, now), secrets)


class _Signature(NamedTuple):
    timestamp: int
    digests: list[str]


class SigningSecrets(Protocol):
    """Gives the secrets that are valid now; with `reread`, fresher ones if there may be any."""

    def __call__(self, *, reread: bool = False) -> list[object]: ...


def verified_event(
    body: bytes, header: str, signing_secrets: SigningSecrets, *, now: float
) -> Mapping[str, Any] | None:
    """The event in a signed body; None when the body is signed but no JSON object.

    What is too large, misshapen or old is refused before a secret is asked for and a digest computed. A secret may have
    been rotated since it was read: a mismatch is checked once more against fresh ones.
    Raises PayloadTooLarge, InvalidSignature, and SecretUnavailable when there is no usable secret to check with.
    """
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"body: at most {MAX_BODY_BYTES} bytes")
    signature = _recent(header, now)
    known = _usable(signing_secrets())
    try:
        _compare(body, signature, known)
    except InvalidSignature:
        fresh = _usable(signing_secrets(reread=True))
        if fresh == known:
            raise
        _compare(body, signature, fresh)
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def is_from(event: Mapping[str, Any], environment_id: str) -> bool:
    """Whether the event comes from this Mux environment; `""` stands for any."""
    environment = event.get("environment")
    named = environment.get("id") if isinstance(environment, dict) else None
    return not environment_id or named == environment_id


def field(event: Mapping[str, Any] | None, name: str) -> str:
    """A text field of the envelope, for the log, which is UTF-8; `""` when there is none."""
    value = (event or {}).get(name)
    return value[:128].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _compare(body: bytes, signature: _Signature, secrets: Iterable[object]) -> None:
    expected = [_digest(body, secret, signature.timestamp) for secret in secrets if _is_usable(secret)]
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in signature.digests]
    if not any(matches):
        raise InvalidSignature("no signature matches")


def _digest(body: bytes, secret: object, timestamp: int) -> str:
    return hmac.new(str(secret).encode(), b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()


def _usable(secrets: Iterable[object]) -> list[object]:
    found = [secret for secret in secrets if _is_usable(secret)]
    if not found:
        raise SecretUnavailable("no webhook signing secret is set", retry_after=60)
    return found


def _is_usable(secret: object) -> bool:
    return isinstance(secret, str) and bool(secret.strip()) and secret not in _NO_SECRET


def _recent(header: str, now: float) -> _Signature:
    """The signature in a header whose time is within the tolerance."""
    signature = _parse(header)
    if abs(now - signature.timestamp) > TOLERANCE_SECONDS:
        raise InvalidSignature("timestamp outside the tolerance")
    return signature


def _parse(header: str) -> _Signature:
    if len(header) > _MAX_HEADER or not header.isascii():
        raise InvalidSignature("header too long or not ASCII")
    pairs = [element.strip().partition("=") for element in header.split(",")]
    timestamps = [value for key, _, value in pairs if key == "t"]
    digests = [value for key, _, value in pairs if key == "v1" and _DIGEST.fullmatch(value)]
    if len(timestamps) != 1 or not digests:
        raise InvalidSignature("header must hold one t and at least one v1 of 64 hexadecimal digits")
    (timestamp,) = timestamps
    if not timestamp.isdigit() or len(timestamp) > _MAX_TIMESTAMP_DIGITS:
        raise InvalidSignature("t must be Unix seconds")
    return _Signature(int(timestamp), digests)
