"""The refresh tokens of the local issuer: each is good for one use, and all of a session end when one is revoked."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

# Within it, a token that was used gives another one: the answer may have been lost. As the template tells Cognito.
GRACE_SECONDS = 30


@dataclass
class _Session:
    """What one sign-in has brought."""

    sub: str
    open: bool = True


@dataclass
class _Token:
    session: _Session
    used_at: float | None = None


@dataclass
class RefreshTokens:
    """Forgotten when the stack ends."""

    grace_seconds: float = GRACE_SECONDS
    _tokens: dict[str, _Token] = field(default_factory=dict)

    def begin(self, sub: str) -> str:
        """The first token of a new session."""
        return self._made(_Session(sub))

    def rotate(self, token: str) -> tuple[str, str] | None:
        """The user of a token, and the token that takes its place; None for a used, revoked or unknown one."""
        known = self._tokens.get(token)
        if known is None or not known.session.open:
            return None
        now = time.monotonic()
        if known.used_at is None:
            known.used_at = now
        elif now - known.used_at >= self.grace_seconds:
            return None
        return known.session.sub, self._made(known.session)

    def revoke(self, token: str) -> None:
        """End the session of a token; an unknown one is none."""
        if known := self._tokens.get(token):
            known.session.open = False

    def _made(self, session: _Session) -> str:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(session)
        return token
