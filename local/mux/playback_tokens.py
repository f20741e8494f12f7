"""Checks playback tokens: signed by one of the environment's keys, for this id and this kind, not expired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from local.mux.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from jwt.types import Options

    from local.mux.signing_keys import SigningKeys

_CHECKS: Options = {"require": ["sub", "aud", "exp"], "strict_aud": True}


class PlaybackTokens:
    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def claims(self, token: str, playback_id: str, audience: str) -> dict[str, Any]:
        """What the token says; raises ForbiddenError unless it opens `audience` of `playback_id` now.

        Now is wall-clock time, not the emulator's clock: signers know no other.
        """
        try:
            key = self._keys.get(_key_id(token))
            return jwt.decode(
                token,
                key.public_key,
                algorithms=["RS256"],
                audience=audience,
                subject=playback_id,
                options=_CHECKS,
            )
        except NotFoundError:
            raise ForbiddenError("the token's signing key is unknown") from None
        except jwt.InvalidTokenError as error:
            raise ForbiddenError(f"the token is refused: {error}") from None


def _key_id(token: str) -> str:
    """The `kid` that a signer wrote into the token's header or, as Mux's Node SDK does, into its payload."""
    unverified = jwt.decode_complete(token, options={"verify_signature": False})
    key_id = unverified["header"].get("kid") or unverified["payload"].get("kid")
    if not isinstance(key_id, str):
        raise jwt.InvalidTokenError("it names no signing key")
    return key_id
