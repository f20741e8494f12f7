"""The local token issuer, in the place of a Cognito user pool; its key lives as long as the stack."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

TTL_SECONDS = 3600


class Issuer:
    """Signs ID tokens with a fresh RSA key. `groups_claim` is where the groups of a user are put."""

    def __init__(self, issuer: str, audience: str, groups_claim: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._groups_claim = groups_claim
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._kid = str(uuid.uuid4())

    @property
    def keys(self) -> Mapping[str, RSAPublicKey]:
        """The public keys by key id, as the issuer's JWKS document would list them."""
        return {self._kid: self._key.public_key()}

    def token(self, sub: str, groups: Sequence[str] = (), ttl_seconds: float = TTL_SECONDS) -> str:
        """A token for a user; a negative `ttl_seconds` makes one that has expired."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": sub,
            "token_use": "id",
            "iat": now,
            "exp": now + int(ttl_seconds),
            "jti": str(uuid.uuid4()),
        }
        if groups:
            claims[self._groups_claim] = list(groups)
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._kid})
