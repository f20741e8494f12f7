"""Playback tokens: what lets a viewer play what is signed. RS256, one token per kind of delivery.

https://www.mux.com/docs/guides/secure-video-playback
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15

from mux_lifecycle.errors import ConfigurationError

AUDIENCES: Final = {"video": "v", "thumbnail": "t", "animated": "g", "storyboard": "s", "drm": "d"}

POLICIES: Final = ("signed", "drm")
"""What has a playback id with one of these policies plays with a token only."""

type Claims = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A Mux signing key: its id, and the private key as Mux gives it (base64 of a PEM). Never printed."""

    key_id: str
    private_key: str

    def __repr__(self) -> str:
        return "SigningKey(***)"


def sign(playback_id: str, kind: str, key: SigningKey, *, expires_at: int, claims: Claims) -> str:
    """A token for one `kind` of AUDIENCES, good until `expires_at` (epoch seconds).

    `claims` are Mux's parameters: a signed id takes them from the token only. Mux's SDKs put `kid` into the header or
    into the payload; both are accepted, both are written. Raises ConfigurationError for an unusable key.
    """
    payload = {**claims, "sub": playback_id, "aud": AUDIENCES[kind], "exp": expires_at, "kid": key.key_id}
    header = {"alg": "RS256", "kid": key.key_id, "typ": "JWT"}
    signed = b".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, payload))
    try:
        signature = pkcs1_15.new(_parsed(key)).sign(SHA256.new(signed))
    except (binascii.Error, ValueError, IndexError, TypeError) as error:
        raise ConfigurationError("the Mux signing key secret holds no usable private key") from error
    return b".".join((signed, _base64url(signature))).decode()


@lru_cache(maxsize=1)
def _parsed(key: SigningKey) -> RSA.RsaKey:
    """Parsing checks the key, which takes as long as many signatures."""
    return RSA.import_key(base64.b64decode(key.private_key, validate=True))


def _base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
