"""Checks tokens as the JWT authorizer of an HTTP API does: key, signature, issuer, audience, times, scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from local.template import JwtAuthorizer

ALGORITHMS = ["RS256", "RS384", "RS512"]


class UnauthorizedError(Exception):
    """There is no token, or none that this API accepts; `challenge` is the value of WWW-Authenticate."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(reason or "no token")
        invalid = f' scope="" error="invalid_token" error_description="{reason}"'
        self.challenge = f"Bearer{invalid if reason else ''}"


class ForbiddenError(Exception):
    """The token is good, but has none of the scopes of the route."""


class TokenVerifier:
    """Verifies tokens for one authorizer of the template, with the issuer's public keys by key id."""

    def __init__(self, authorizer: JwtAuthorizer, keys: Mapping[str, RSAPublicKey]) -> None:
        self._authorizer = authorizer
        self._keys = keys

    def claims(self, headers: Mapping[str, str], scopes: Collection[str] = ()) -> dict[str, Any]:
        """The claims of the token in `headers` (lower-case names).

        Raises UnauthorizedError, and ForbiddenError when it has none of the `scopes` that are asked for.
        """
        header = headers.get(self._authorizer.header, "").strip()
        if not header:
            raise UnauthorizedError
        scheme, _, rest = header.partition(" ")
        claims = self._verified(rest.strip() if scheme.lower() == "bearer" else header)
        if scopes and not _scopes(claims).intersection(scopes):
            raise ForbiddenError
        return claims

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._authorizer.issuer,
                options={
                    "require": ["exp", "iss"],
                    "verify_aud": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthorizedError("the token has expired") from error
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise UnauthorizedError("the token is invalid") from error
        if not _audiences(claims).intersection(self._authorizer.audience):
            raise UnauthorizedError("the token does not have a valid audience")
        return claims


def _audiences(claims: Mapping[str, Any]) -> set[str]:
    """The token's audiences; `client_id` counts only without an `aud`, as in API Gateway."""
    named = claims["aud"] if "aud" in claims else claims.get("client_id")
    names = named if isinstance(named, list) else [named]
    return {name for name in names if isinstance(name, str)}


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    named = claims.get("scope", claims.get("scp", ""))
    return set(named.split() if isinstance(named, str) else named)
