"""/system/v1: whoami, webhooks, signing keys."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.mux import MuxEmulator

if TYPE_CHECKING:
    from tests.emulator.doubles import Api

WEBHOOKS = "/system/v1/webhooks"
KEYS = "/system/v1/signing-keys"


def test_whoami_names_the_environment(api: Api) -> None:
    assert set(api.get("/system/v1/whoami")) == {
        *("access_token_name", "permissions", "environment_id", "environment_name"),
        *("environment_type", "organization_id", "organization_name"),
    }
    assert api.get("/system/v1/whoami")["environment_id"] == api.mux.environment_id


def test_the_environment_can_be_chosen() -> None:
    with MuxEmulator(environment_id="k3v9zq") as mux:
        assert mux.environment_id == "k3v9zq"


def test_a_webhook_shows_its_secret_once(api: Api) -> None:
    created = api.post(WEBHOOKS, {"address": "https://hooks.example.com/mux"})
    secret = created.pop("signing_secret")
    assert re.fullmatch(r"[a-z0-9]{32}", secret)
    assert created["enabled"] is True
    assert created["address"] == "https://hooks.example.com/mux"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", created["created_at"])
    assert api.get(f"{WEBHOOKS}/{created['id']}") == created
    assert api.get(WEBHOOKS) == [created]


def test_webhooks_change_and_go(api: Api) -> None:
    first = api.post(WEBHOOKS, {"address": "http://127.0.0.1:9/a"})
    second = api.post(WEBHOOKS, {"address": "http://127.0.0.1:9/b"})
    assert [entry["id"] for entry in api.get(WEBHOOKS)] == [second["id"], first["id"]]
    path = f"{WEBHOOKS}/{first['id']}"
    changed = api.call("PATCH", path, {"address": "http://127.0.0.1:9/c", "enabled": False}).json()["data"]
    assert (changed["address"], changed["enabled"]) == ("http://127.0.0.1:9/c", False)
    assert api.call("PATCH", path, {}).status_code == 400
    assert api.call("PATCH", path, {"address": "http://127.0.0.1:9/b"}).status_code == 400
    assert api.call("DELETE", path).status_code == 204
    assert api.call("GET", path).status_code == 404
    again = api.post(WEBHOOKS, {"address": "http://127.0.0.1:9/c"})
    assert again["id"] != first["id"]
    assert again["signing_secret"] != first["signing_secret"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"address": ""},
        {"address": 5},
        {"address": "hooks.example.com"},
        {"address": "ftp://a.example.com"},
        {"address": "http://"},
        {"address": "http://[::1"},
    ],
)
def test_an_address_must_be_a_url(api: Api, body: dict[str, Any]) -> None:
    assert api.call("POST", WEBHOOKS, body).status_code == 400
    assert api.get(WEBHOOKS) == []


def test_an_address_is_unique(api: Api) -> None:
    body = {"address": "https://hooks.example.com/mux"}
    api.post(WEBHOOKS, body)
    assert api.call("POST", WEBHOOKS, body).status_code == 400


@pytest.mark.parametrize("path", [KEYS, "/video/v1/signing-keys"])
def test_a_signing_key_shows_its_private_half_once(api: Api, path: str) -> None:
    created = api.post(path)
    pem = base64.b64decode(created.pop("private_key"), validate=True)
    assert pem.startswith(b"-----BEGIN RSA PRIVATE KEY-----\n")
    assert b"\r" not in pem
    key = load_pem_private_key(pem, None)
    assert isinstance(key, RSAPrivateKey)
    assert key.key_size == 2048
    assert isinstance(created["created_at"], str)
    assert api.get(f"{path}/{created['id']}") == created
    assert api.get(path) == [created]
    assert api.get(KEYS) == [created]
    assert api.call("DELETE", f"{path}/{created['id']}").status_code == 204
    assert api.call("GET", f"{path}/{created['id']}").status_code == 404


@pytest.mark.parametrize("path", [KEYS, WEBHOOKS])
def test_past_the_end_a_page_is_truly_empty(api: Api, path: str) -> None:
    assert api.call("GET", path, page=2).json() == {"data": []}


def test_what_the_token_may_not_do_is_not_there(api: Api, mux: MuxEmulator) -> None:
    asset = api.create_asset()
    mux.grant(["video:read", "system:read"])
    assert api.get("/system/v1/whoami")["permissions"] == ["video:read", "system:read"]
    assert api.call("GET", f"/video/v1/assets/{asset['id']}").status_code == 200
    assert api.call("DELETE", f"/video/v1/assets/{asset['id']}").status_code == 404
    assert api.call("GET", WEBHOOKS).status_code == 200
    assert api.call("POST", WEBHOOKS, {"address": "https://hooks.example.com/mux"}).status_code == 404
    response = requests.put(f"{mux.url}/_emulator/permissions", json={"permissions": ["video:read"]}, timeout=30)
    assert response.json()["data"] == {"permissions": ["video:read"]}
    assert api.call("GET", KEYS).status_code == 404
    assert api.call("GET", "/video/v1/signing-keys").status_code == 404
    response = requests.put(f"{mux.url}/_emulator/permissions", json={"permissions": ["all"]}, timeout=30)
    assert response.status_code == 400
    mux.reset()
    assert api.call("GET", KEYS).status_code == 200
