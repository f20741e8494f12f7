"""The local issuer's OpenID Connect endpoints: visitors pick a demo user instead of a password; codes need PKCE."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from local.issuer import TTL_SECONDS
from local.refresh_tokens import RefreshTokens

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

CODE_SECONDS = 60


@dataclass(frozen=True)
class DemoUser:
    sub: str
    name: str
    about: str
    groups: tuple[str, ...] = ()


USERS = {
    user.sub: user
    for user in (
        DemoUser("alice", "Alice Archer", "makes videos"),
        DemoUser("ben", "Ben Brook", "makes videos too"),
        DemoUser("olga", "Olga Operator", "administrator", ("admin",)),
    )
}


class Tokens(Protocol):
    """What these pages need of the stack."""

    @property
    def issuer_url(self) -> str:
        """The issuer, as its tokens name it."""

    @property
    def client_id(self) -> str:
        """The only client."""

    @property
    def origins(self) -> Collection[str]:
        """The origins of pages that may sign visitors in."""

    def token(
        self,
        sub: str,
        groups: Sequence[str] = (),
        ttl_seconds: float = TTL_SECONDS,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A token for a user."""


@dataclass(frozen=True)
class _Grant:
    """What a code was given for."""

    sub: str
    redirect_uri: str
    challenge: str
    nonce: str
    made_at: float


class SignIn:
    """Authorization code with PKCE (S256), refresh tokens that rotate, and their revocation.

    All of it is forgotten when the stack ends.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._codes: dict[str, _Grant] = {}
        self._refresh_tokens = RefreshTokens()

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/.well-known/openid-configuration", self.discovery),
            web.get("/authorize", self.authorize),
            web.post("/oauth/token", self.exchange),
            web.post("/oauth/revoke", self.revoke),
            web.get("/logout", self.logout),
        ]

    async def discovery(self, _: web.Request) -> web.Response:
        issuer = self._tokens.issuer_url
        return web.json_response(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/oauth/token",
                "revocation_endpoint": f"{issuer}/oauth/revoke",
                "end_session_endpoint": f"{issuer}/logout",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
                "id_token_signing_alg_values_supported": ["RS256"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "profile", "email"],
            }
        )

    async def authorize(self, request: web.Request) -> web.Response:
        """The page of demo users; with `user`, on the way back with a code."""
        query = request.query
        redirect_uri = self._checked_redirect(query.get("redirect_uri", ""))
        if query.get("client_id") != self._tokens.client_id:
            raise web.HTTPBadRequest(text=f"client_id must be {self._tokens.client_id}")
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            raise web.HTTPBadRequest(text="only response_type=code with code_challenge_method=S256 is understood")
        if not query.get("code_challenge"):
            raise web.HTTPBadRequest(text="code_challenge is missing")
        user = query.get("user")
        if user is None:
            return _page(request)
        if user not in USERS:
            raise web.HTTPBadRequest(text="there is no such demo user")
        code = secrets.token_urlsafe(24)
        made = _Grant(user, redirect_uri, query["code_challenge"], query.get("nonce", ""), time.monotonic())
        self._codes[code] = made
        answer = {"code": code, "state": query.get("state", ""), "iss": self._tokens.issuer_url}
        raise web.HTTPFound(f"{redirect_uri}?{urlencode(answer)}")

    async def exchange(self, request: web.Request) -> web.Response:
        """Tokens for a code or a refresh token, as RFC 6749 words it."""
        given = await _form(request)
        if given.get("client_id") != self._tokens.client_id:
            return _refused("invalid_client")
        if given.get("grant_type") == "refresh_token":
            rotated = self._refresh_tokens.rotate(given.get("refresh_token", ""))
            return self._answer(rotated[0], "", rotated[1]) if rotated else _refused("invalid_grant")
        if given.get("grant_type") != "authorization_code":
            return _refused("unsupported_grant_type")
        # Whatever is wrong with it, a code is good for one try.
        grant = self._codes.pop(given.get("code", ""), None)
        if grant is None or not _fits(grant, given):
            return _refused("invalid_grant")
        return self._answer(grant.sub, grant.nonce, self._refresh_tokens.begin(grant.sub))

    async def revoke(self, request: web.Request) -> web.Response:
        """The end of a session, as RFC 7009 words it: an unknown token is as good as a revoked one."""
        given = await _form(request)
        if given.get("client_id") != self._tokens.client_id:
            return _refused("invalid_client")
        if not given.get("token"):
            return _refused("invalid_request")
        self._refresh_tokens.revoke(given["token"])
        return web.Response()

    async def logout(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(self._checked_redirect(request.query.get("post_logout_redirect_uri", "")))

    def _answer(self, sub: str, nonce: str, refresh_token: str) -> web.Response:
        user = USERS[sub]
        token = self._tokens.token(sub, user.groups, claims={"name": user.name, **({"nonce": nonce} if nonce else {})})
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": TTL_SECONDS,
                "id_token": token,
                "access_token": token,
                "refresh_token": refresh_token,
            },
            headers={"Cache-Control": "no-store"},
        )

    def _checked_redirect(self, redirect_uri: str) -> str:
        if _origin(redirect_uri) not in self._tokens.origins:
            raise web.HTTPBadRequest(text="redirect_uri must be a page of the local site")
        return redirect_uri


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}"


async def _form(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _fits(grant: _Grant, given: Mapping[str, str]) -> bool:
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    fresh = time.monotonic() - grant.made_at < CODE_SECONDS
    return fresh and challenge == grant.challenge and given.get("redirect_uri") == grant.redirect_uri


def _refused(error: str) -> web.Response:
    return web.json_response({"error": error}, status=400)


def _page(request: web.Request) -> web.Response:
    users = "".join(
        f'<li><a href="{html.escape(str(request.rel_url.update_query(user=user.sub)))}">'
        f"<strong>{html.escape(user.name)}</strong><span>{html.escape(user.about)}</span></a></li>"
        for user in USERS.values()
    )
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return web.Response(text=_HTML.replace("{users}", users), content_type="text/html", headers=headers)


_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in · local stack</title>
<style>
:root { --back: #f6f5f2; --card: #fff; --text: #1d1c1a; --muted: #5f5c57; --line: #dedbd4; --accent: #3b4fd8; }
@media (prefers-color-scheme: dark) {
  :root { --back: #131316; --card: #1c1c21; --text: #eeedf0; --muted: #a9a7b0; --line: #34343c; --accent: #9aa5ff; }
}
body { display: grid; min-height: 100dvh; margin: 0; place-items: center; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
main { width: min(24rem, 100vw - 2rem); }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -0.01em; }
p { margin: 0.25rem 0 1.5rem; color: var(--muted); }
ul { display: grid; gap: 0.6rem; margin: 0; padding: 0; list-style: none; }
a { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; padding: 1rem 1.2rem;
  color: inherit; text-decoration: none; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
a:hover, a:focus-visible { border-color: var(--accent); outline: 2px solid var(--accent); outline-offset: -1px; }
span { color: var(--muted); font-size: 0.9rem; }
</style>
</head>
<body>
<main>
<h1>Who are you today?</h1>
<p>Demo users of the local stack. Nobody has a password.</p>
<ul>{users}</ul>
</main>
</body>
</html>
"""
