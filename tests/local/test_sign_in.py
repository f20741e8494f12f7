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
from local.refresh_tokens import RefreshTokens

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
    assert (query["state"], query["iss"]) == (["s&t"], [issuer["issuer"]])
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
    assert refresh(stack, issuer, "forgotten").json() == {"error": "invalid_grant"}


def refresh(stack: LocalStack, issuer: dict[str, Any], token: str) -> requests.Response:
    return exchange(stack, issuer, grant_type="refresh_token", refresh_token=token)


def revoke(stack: LocalStack, issuer: dict[str, Any], **form: str) -> requests.Response:
    headers = {"Origin": stack.site_url}
    return requests.post(
        issuer["revocation_endpoint"], data={"client_id": "local-client"} | form, headers=headers, timeout=10
    )


def test_a_refresh_token_is_replaced_at_every_use(stack: LocalStack, issuer: dict[str, Any]) -> None:
    first = exchange(stack, issuer, code=code(stack, issuer)).json()["refresh_token"]
    renewed = refresh(stack, issuer, first).json()
    assert stack.request("GET", "/assets", token=renewed["id_token"]).status_code == 200
    assert renewed["refresh_token"] != first
    # The answer may have been lost, so the old one may be used again for some seconds.
    again = refresh(stack, issuer, first).json()
    assert len({first, renewed["refresh_token"], again["refresh_token"]}) == 3
    for token in (renewed["refresh_token"], again["refresh_token"]):
        assert refresh(stack, issuer, token).status_code == 200


def test_a_refresh_token_that_was_used_is_refused_after_its_grace() -> None:
    tokens = RefreshTokens(grace_seconds=0)
    first = tokens.begin("alice")
    rotated = tokens.rotate(first)
    assert rotated is not None
    assert tokens.rotate(first) is None
    assert tokens.rotate(rotated[1]) is not None


def test_revoking_a_refresh_token_ends_all_of_its_session_and_no_other(
    stack: LocalStack, issuer: dict[str, Any]
) -> None:
    first = exchange(stack, issuer, code=code(stack, issuer)).json()["refresh_token"]
    other = exchange(stack, issuer, code=code(stack, issuer)).json()["refresh_token"]
    second = refresh(stack, issuer, first).json()["refresh_token"]
    revoked = revoke(stack, issuer, token=second)
    assert (revoked.status_code, revoked.text) == (200, "")
    assert revoked.headers["Access-Control-Allow-Origin"] == stack.site_url
    for token in (first, second):
        assert refresh(stack, issuer, token).json() == {"error": "invalid_grant"}
    assert refresh(stack, issuer, other).status_code == 200


def test_a_revocation_is_the_clients_and_names_a_token(stack: LocalStack, issuer: dict[str, Any]) -> None:
    token = exchange(stack, issuer, code=code(stack, issuer)).json()["refresh_token"]
    assert revoke(stack, issuer, token="made-up").status_code == 200
    refused = revoke(stack, issuer, token=token, client_id="else")
    assert (refused.status_code, refused.json()) == (400, {"error": "invalid_client"})
    assert revoke(stack, issuer).json() == {"error": "invalid_request"}
    assert refresh(stack, issuer, token).status_code == 200


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
