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

    def token(
        self,
        sub: str,
        groups: Sequence[str] = (),
        ttl_seconds: float = TTL_SECONDS,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A token for a user, with further `claims`; a negative `ttl_seconds` makes one that has expired."""
        now = int(time.time())
        said: dict[str, Any] = {
            **(claims or {}),
            "iss": self._issuer,
            "aud": self._audience,
            "sub": sub,
            "token_use": "id",
            "iat": now,
            "exp": now + int(ttl_seconds),
            "jti": str(uuid.uuid4()),
        }
        if groups:
            said[self._groups_claim] = list(groups)
        return jwt.encode(said, self._key, algorithm="RS256", headers={"kid": self._kid})
