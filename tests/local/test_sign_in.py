"""The local issuer's OpenID Connect endpoints, as an application that signs its visitors in uses them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from local.embedded import LocalStack

if TYPE_CHECKING:
    from collections.abc import Iterator

VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


@pytest.fixture(scope="module")
def issuer(stack: LocalStack) -> dict[str, Any]:
    document = requests.get(f"{stack.api_url}/_local/.well-known/openid-configuration", timeout=10)
    found: dict[str, Any] = document.json()
    return found


def authorize(stack: LocalStack, issuer: dict[str, Any], **changes: str) -> requests.Response:
    query = {
        "response_type": "code",
        "client_id": "local-client",
        "redirect_uri": f"{stack.site_url}/",
        "state": "s&t",
        "nonce": "n",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    endpoint = issuer["authorization_endpoint"]
    return requests.get(endpoint, params=query | changes, allow_redirects=False, timeout=10)


def code(stack: LocalStack, issuer: dict[str, Any], user: str = "alice") -> str:
    answer = authorize(stack, issuer, user=user)
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == ["s&t"]
    return query["code"][0]


def exchange(stack: LocalStack, issuer: dict[str, Any], **form: str) -> requests.Response:
    usual = {"client_id": "local-client", "redirect_uri": f"{stack.site_url}/", "code_verifier": VERIFIER}
    return requests.post(
        issuer["token_endpoint"],
        data={"grant_type": "authorization_code"} | usual | form,
        headers={"Origin": stack.site_url},
        timeout=10,
    )


def test_a_demo_user_signs_in_with_one_click_and_gets_a_token_that_the_api_takes(
    stack: LocalStack, issuer: dict[str, Any]
) -> None:
    page = authorize(stack, issuer)
    assert "Alice Archer" in page.text
    assert "user=alice" in page.text
    answer = exchange(stack, issuer, code=code(stack, issuer))
    assert answer.headers["Access-Control-Allow-Origin"] == stack.site_url
    tokens = answer.json()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert (claims["iss"], claims["sub"], claims["name"], claims["nonce"]) == (
        issuer["issuer"],
        "alice",
        "Alice Archer",
        "n",
    )
    assert stack.request("GET", "/assets", token=tokens["id_token"]).status_code == 200
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    for _ in range(2):
        renewed = exchange(stack, issuer, **refresh).json()
        assert stack.request("GET", "/assets", token=renewed["id_token"]).status_code == 200
    forgotten = refresh | {"refresh_token": "forgotten"}
    assert exchange(stack, issuer, **forgotten).json() == {"error": "invalid_grant"}


def test_the_operator_is_an_administrator(stack: LocalStack, issuer: dict[str, Any]) -> None:
    tokens = exchange(stack, issuer, code=code(stack, issuer, "olga")).json()
    assert stack.request("GET", "/assets?scope=all", token=tokens["id_token"]).status_code == 200
    others = exchange(stack, issuer, code=code(stack, issuer, "ben")).json()
    assert stack.request("GET", "/assets?scope=all", token=others["id_token"]).status_code == 403


def test_a_code_opens_once_and_only_for_who_began(stack: LocalStack, issuer: dict[str, Any]) -> None:
    used = code(stack, issuer)
    assert exchange(stack, issuer, code=used).status_code == 200
    for form in (
        {"code": used},
        {"code": code(stack, issuer), "code_verifier": "another"},
        {"code": code(stack, issuer), "redirect_uri": f"{stack.site_url}/gallery.html"},
        {"code": "made-up"},
    ):
        answer = exchange(stack, issuer, **form)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
    assert exchange(stack, issuer, code=code(stack, issuer), client_id="else").json() == {"error": "invalid_client"}
    assert exchange(stack, issuer, grant_type="password").json() == {"error": "unsupported_grant_type"}


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "else"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"user": "nobody"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_request_that_is_not_the_sites_is_refused(
    changes: dict[str, str], stack: LocalStack, issuer: dict[str, Any]
) -> None:
    assert authorize(stack, issuer, **changes).status_code == 400


def test_signing_out_leads_back_to_the_site_and_nowhere_else(stack: LocalStack, issuer: dict[str, Any]) -> None:
    endpoint = issuer["end_session_endpoint"]
    home = {"post_logout_redirect_uri": f"{stack.site_url}/"}
    back = requests.get(endpoint, params=home, allow_redirects=False, timeout=10)
    assert (back.status_code, back.headers["Location"]) == (302, f"{stack.site_url}/")
    elsewhere = requests.get(endpoint, params={"post_logout_redirect_uri": "https://evil.example/"}, timeout=10)
    assert elsewhere.status_code == 400
