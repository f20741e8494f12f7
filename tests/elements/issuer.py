"""Issuers of OpenID Connect as they differ in the world: what visitors of a page sign in with, on 127.0.0.1."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

type Json = dict[str, Any]

CLIENT = "the-site"
REVOKE = "/revoke"
TOKEN = "/token"
LOGOUT = "/logout"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Kind:
    """How an issuer behaves, as its documentation says."""

    name: str
    # How it writes its own name.
    slash: bool = False
    names_itself_in_answers: bool = False
    # "always", "never", or the scope that it takes to get a refresh token.
    refreshes: str = "always"
    rotates: bool = False
    id_token_at_renewal: bool = True
    revokes: bool = True
    # What its logout needs, of which one is enough; empty when there is no logout.
    logout: tuple[str, ...] = ("post_logout_redirect_uri",)
    needs_secret: bool = False
    dated_back: int = 0


COGNITO = Kind("Cognito", rotates=True, logout=("logout_uri",))
AUTH0 = Kind("Auth0", slash=True, refreshes="offline_access", rotates=True, logout=("id_token_hint", "client_id"))
OKTA = Kind("Okta", refreshes="offline_access", rotates=True, logout=("id_token_hint",))
ENTRA = Kind("Entra ID", refreshes="offline_access", rotates=False, revokes=False, dated_back=300)
KEYCLOAK = Kind("Keycloak", names_itself_in_answers=True, rotates=True, logout=("id_token_hint",))
GOOGLE = Kind("Google", refreshes="never", logout=(), needs_secret=True)
# Nobody's in particular: no refresh tokens, no logout.
PLAIN = Kind("a plain issuer", refreshes="never", revokes=False, logout=())


@dataclass
class Session:
    sub: str
    scope: str
    open: bool = True


@dataclass
class Issuer:
    """A context manager. What it is asked is in `requests`; `behave` may answer in its place."""

    kind: Kind
    life: int = 3600
    # How far its clock is ahead of this machine's.
    ahead: float = 0
    user: str = "alice"
    # What it calls itself, if not by its address.
    called: str | None = None
    requests: list[tuple[str, Json]] = field(default_factory=list)
    # Path → status and body, instead of the usual answer; None hangs.
    behave: dict[str, tuple[int, Json] | None] = field(default_factory=dict)
    # Changes to what goes back in the address.
    answers: Json = field(default_factory=dict)
    reuses: int = 0

    def __enter__(self) -> Self:
        self._codes: dict[str, Json] = {}
        self._refresh: dict[str, tuple[Session, bool]] = {}
        self.sessions: list[Session] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer._serve(self)

            def do_POST(self) -> None:
                issuer._serve(self)

            def do_OPTIONS(self) -> None:
                issuer._answer(self, 204, {})

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.name = f"{self.url}/" if self.kind.slash else self.url
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def asked(self, path: str) -> list[Json]:
        """The parameters of all requests to a path."""
        return [given for asked, given in self.requests if asked == path]

    def now(self) -> float:
        return time.time() + self.ahead

    def jwt(self, sub: str, **claims: object) -> str:
        issued = int(self.now()) - self.kind.dated_back
        said = {
            "iss": self.called or self.name,
            "sub": sub,
            "aud": CLIENT,
            "iat": issued,
            "exp": int(self.now()) + self.life,
            "jti": secrets.token_hex(8),
            **claims,
        }
        parts = ({"alg": "RS256", "typ": "JWT", "kid": "1"}, said)
        return ".".join([*(_base64(json.dumps(part).encode()) for part in parts), "c2lnbmF0dXJl"])

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        given: Json = dict(parse_qsl(parts.query))
        if request.command == "POST":
            body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
            given |= dict(parse_qsl(body))
        self.requests.append((parts.path, given))
        if parts.path in self.behave:
            planned = self.behave[parts.path]
            if planned is None:
                self._ended.wait()
            else:
                self._answer(request, *planned)
            return
        with self._lock:
            match parts.path:
                case "/.well-known/openid-configuration":
                    self._answer(request, 200, self._document())
                case "/authorize":
                    self._authorize(request, given)
                case "/token":
                    self._answer(request, *self._token(given))
                case "/revoke":
                    session, _ = self._refresh.get(given.get("token", ""), (None, False))
                    if session:
                        session.open = False
                    self._answer(request, 200, {})
                case "/logout":
                    self._logout(request, given)
                case _:
                    self._answer(request, 404, {})

    def _document(self) -> Json:
        document: Json = {
            "issuer": self.called or self.name,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        if self.kind.revokes:
            document["revocation_endpoint"] = f"{self.url}/revoke"
        if self.kind.logout:
            document["end_session_endpoint"] = f"{self.url}/logout"
        if self.kind.names_itself_in_answers:
            document["authorization_response_iss_parameter_supported"] = True
        return document

    def _authorize(self, request: BaseHTTPRequestHandler, given: Json) -> None:
        code = secrets.token_hex(8)
        self._codes[code] = given | {"sub": self.user}
        answer = {"code": code, "state": given["state"]}
        if self.kind.names_itself_in_answers:
            answer["iss"] = self.name
        answer = {name: value for name, value in (answer | self.answers).items() if value is not None}
        self._answer(request, 302, {}, f"{given['redirect_uri']}?{urlencode(answer)}")

    def _token(self, given: Json) -> tuple[int, Json]:
        if self.kind.needs_secret and "client_secret" not in given:
            return 400, {"error": "invalid_request", "error_description": "client_secret is missing."}
        if given.get("grant_type") == "refresh_token":
            return self._renewed(given.get("refresh_token", ""))
        begun = self._codes.pop(given.get("code", ""), None)
        challenge = _base64(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if not begun or begun["code_challenge"] != challenge or begun["redirect_uri"] != given.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        session = Session(begun["sub"], begun["scope"])
        self.sessions.append(session)
        return 200, self._tokens(session, {"nonce": begun["nonce"]})

    def _renewed(self, token: str) -> tuple[int, Json]:
        session, used = self._refresh.get(token, (None, False))
        if session and used and self.kind.rotates:
            # A one-time secret that comes twice was stolen: the whole session ends.
            self.reuses += 1
            session.open = False
        if not session or not session.open:
            return 400, {"error": "invalid_grant"}
        self._refresh[token] = (session, True)
        answer = self._tokens(session, {})
        if not self.kind.rotates:
            answer.pop("refresh_token", None)
        if not self.kind.id_token_at_renewal:
            del answer["id_token"]
        return 200, answer

    def _tokens(self, session: Session, claims: Json) -> Json:
        name = {"alice": "Alice Archer", "ben": "Ben Brook"}[session.sub]
        answer: Json = {
            "token_type": "Bearer",
            "expires_in": self.life,
            "id_token": self.jwt(session.sub, name=name, email=f"{session.sub}@example.com", **claims),
            "access_token": self.jwt(session.sub, scope=session.scope),
        }
        wanted = self.kind.refreshes
        if wanted == "always" or wanted in session.scope.split():
            answer["refresh_token"] = secrets.token_hex(12)
            self._refresh[answer["refresh_token"]] = (session, False)
        return answer

    def _logout(self, request: BaseHTTPRequestHandler, given: Json) -> None:
        if not any(given.get(name) for name in self.kind.logout):
            self._answer(request, 400, {"error": f"missing {self.kind.logout}"})
            return
        back = given["logout_uri" if "logout_uri" in self.kind.logout else "post_logout_redirect_uri"]
        self._answer(request, 302, {}, back)

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, status: int, body: Json, location: str = "") -> None:
        content = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Access-Control-Allow-Origin", "*")
        request.send_header("Content-Length", str(len(content) if status != 204 else 0))
        if location:
            request.send_header("Location", location)
        request.end_headers()
        if status != 204:
            request.wfile.write(content)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
