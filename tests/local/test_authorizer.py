"""Tokens that the gateway takes, and those it refuses, as API Gateway's JWT authorizer does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.local.served import AUDIENCE, ISSUER

if TYPE_CHECKING:
    from tests.local.served import Gateway


def ask(gateway: Gateway, authorization: str | None, target: str = "/things") -> tuple[int, Any, str | None]:
    headers = [] if authorization is None else [("Authorization", authorization)]
    status, answered, body = gateway.send("GET", target, headers)
    return status, json.loads(body), answered["www-authenticate"]


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 60, **changes}


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", ""])
def test_a_good_token_is_taken_with_and_without_its_scheme(gateway: Gateway, scheme: str) -> None:
    assert ask(gateway, scheme + gateway.token())[0] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "client-2"},
        {"aud": ["other", "client-1"]},
        {"aud": None, "client_id": "client-1"},
        {"nbf": 0},
        {"iat": None},
        {"sub": 7},
    ],
)
def test_a_token_with_these_claims_is_taken(gateway: Gateway, changes: dict[str, Any]) -> None:
    assert ask(gateway, f"Bearer {gateway.token(**changes)}")[0] == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1_000_000_000}, "the token has expired"),
        ({"exp": None}, "the token is invalid"),
        ({"exp": "soon"}, "the token is invalid"),
        ({"exp": 1e999}, "the token is invalid"),
        ({"nbf": 9_999_999_999}, "the token is invalid"),
        ({"iat": 9_999_999_999}, "the token is invalid"),
        ({"iss": "http://elsewhere.test"}, "the token is invalid"),
        ({"iss": f"{ISSUER}/"}, "the token is invalid"),
        ({"iss": None}, "the token is invalid"),
        ({"aud": "client-3"}, "the token does not have a valid audience"),
        ({"aud": "client-1 "}, "the token does not have a valid audience"),
        ({"aud": []}, "the token does not have a valid audience"),
        ({"aud": {"client-1": 1}}, "the token does not have a valid audience"),
        ({"aud": "client-3", "client_id": "client-1"}, "the token does not have a valid audience"),
        ({"aud": None, "client_id": "client-3"}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
    ],
)
def test_a_token_with_these_claims_is_refused(gateway: Gateway, changes: dict[str, Any], reason: str) -> None:
    status, body, challenge = ask(gateway, f"Bearer {gateway.token(**changes)}")
    assert (status, body) == (401, {"message": "Unauthorized"})
    assert challenge == f'Bearer scope="" error="invalid_token" error_description="{reason}"'


@pytest.mark.parametrize("authorization", [None, "", "   "])
def test_without_a_token_it_is_a_401(gateway: Gateway, authorization: str | None) -> None:
    assert ask(gateway, authorization) == (401, {"message": "Unauthorized"}, "Bearer")


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer x", "Basic YTpi", "Bearer a.b.c", "Bearer ..", "Bearer é.é.é", "Bearer {}"]
)
def test_garbage_is_a_401(gateway: Gateway, authorization: str) -> None:
    status, body, _ = ask(gateway, authorization.encode().decode("latin-1"))
    assert (status, body) == (401, {"message": "Unauthorized"})


def test_a_token_signed_with_another_key_is_refused(gateway: Gateway) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = jwt.encode(claims(), key, algorithm="RS256", headers={"kid": gateway.issuer._kid})
    assert ask(gateway, f"Bearer {token}")[0] == 401


@pytest.mark.parametrize("kid", [None, "another", ["list"]])
def test_a_token_that_names_another_key_is_refused(gateway: Gateway, kid: object) -> None:
    header = {"alg": "RS256", "typ": "JWT"} | ({} if kid is None else {"kid": kid})
    signature = gateway.token().rpartition(".")[2]
    assert ask(gateway, f"Bearer {encoded(header)}.{encoded(claims())}.{signature}")[0] == 401


def test_a_changed_claim_breaks_the_signature(gateway: Gateway) -> None:
    header, _, signature = gateway.token().split(".")
    assert ask(gateway, f"Bearer {header}.{encoded(claims(sub='mallory'))}.{signature}")[0] == 401


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
@pytest.mark.parametrize("signature", ["", "x"])
def test_an_unsigned_token_is_refused(gateway: Gateway, algorithm: str, signature: str) -> None:
    header = {"alg": algorithm, "typ": "JWT", "kid": gateway.issuer._kid}
    assert ask(gateway, f"Bearer {encoded(header)}.{encoded(claims())}.{signature}")[0] == 401


def test_the_public_key_is_no_shared_secret(gateway: Gateway) -> None:
    public = gateway.issuer.keys[gateway.issuer._kid].public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': gateway.issuer._kid})}.{encoded(claims())}"
    digest = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    token = f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    assert ask(gateway, f"Bearer {token}")[0] == 401


def test_only_rsa_signatures_count(gateway: Gateway) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    token = jwt.encode(claims(), key, algorithm="ES256", headers={"kid": gateway.issuer._kid})
    assert ask(gateway, f"Bearer {token}")[0] == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"scope": "openid things/read"}, 200),
        ({"scope": "things/all"}, 200),
        ({"scp": ["things/all"]}, 200),
        ({"scope": "things/rea"}, 403),
        ({}, 403),
    ],
)
def test_one_scope_of_the_route_is_needed(gateway: Gateway, changes: dict[str, Any], status: int) -> None:
    answered, body, _ = ask(gateway, f"Bearer {gateway.token(**changes)}", "/scoped")
    assert answered == status
    if status == 403:
        assert body == {"message": "Forbidden"}
    else:
        assert body["requestContext"]["authorizer"]["jwt"]["scopes"] == ["things/read", "things/all"]


def test_the_issuers_own_tokens_are_taken_until_they_expire(gateway: Gateway) -> None:
    assert ask(gateway, gateway.issuer.token("alice"))[0] == 200
    assert ask(gateway, gateway.issuer.token("alice", ttl_seconds=-1))[0] == 401
    _, body, _ = ask(gateway, gateway.issuer.token("alice", ["admin", "staff"]))
    assert body["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] == "[admin staff]"
