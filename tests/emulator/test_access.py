"""Who gets in, and how refusals look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from local.mux import MuxEmulator
    from tests.emulator.doubles import Api

NOT_FOUND = {
    "error": {
        "type": "not_found",
        "messages": ["The requested resource either doesn't exist or you don't have access to it."],
    }
}
BAD_ID = {"error": {"type": "invalid_parameters", "messages": ["Failed to parse ID"]}}


@pytest.mark.parametrize("auth", [None, ("local-token-id", "wrong"), ("wrong", "local-token-secret"), ("", "")])
def test_wrong_credentials_are_refused_in_mux_words(mux: MuxEmulator, auth: tuple[str, str] | None) -> None:
    response = requests.get(f"{mux.url}/video/v1/assets", auth=auth, timeout=30)
    assert response.status_code == 401
    assert response.json() == {"error": {"type": "unauthorized", "messages": ["Unauthorized request"]}}


@pytest.mark.parametrize("header", ["Bearer local-token-secret", "Basic", "Basic ???", "Basic w7w=", ""])
def test_odd_authorization_headers_are_refused(mux: MuxEmulator, header: str) -> None:
    response = requests.get(f"{mux.url}/system/v1/whoami", headers={"Authorization": header}, timeout=30)
    assert response.status_code == 401


def test_the_published_credentials_are_let_in(mux: MuxEmulator) -> None:
    auth = ("local-token-id", "local-token-secret")
    assert requests.get(f"{mux.url}/system/v1/whoami", auth=auth, timeout=30).status_code == 200


def test_control_needs_no_credentials(mux: MuxEmulator) -> None:
    assert requests.get(f"{mux.url}/_emulator/requests", timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/video/v1/assets/Unknown1"),
        ("PATCH", "/video/v1/assets/Unknown1"),
        ("DELETE", "/video/v1/assets/Unknown1"),
        ("GET", "/video/v1/assets/Unknown1/input-info"),
        ("POST", "/video/v1/assets/Unknown1/tracks"),
        ("PUT", "/video/v1/assets/Unknown1/master-access"),
        ("GET", "/video/v1/uploads/Unknown1"),
        ("PUT", "/video/v1/uploads/Unknown1/cancel"),
        ("GET", "/video/v1/playback-ids/Unknown1"),
        ("GET", "/system/v1/webhooks/Unknown1"),
        ("DELETE", "/system/v1/signing-keys/Unknown1"),
        ("GET", "/video/v1/nothing-like-this"),
    ],
)
def test_what_is_not_there_is_404(api: Api, method: str, path: str) -> None:
    response = api.call(method, path)
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("odd", ["not-an-id", "under_score", "dot.", "%C3%BC", "a%2Fb", "a%00", "%20"])
@pytest.mark.parametrize(
    "path",
    [
        "/video/v1/assets/{}",
        "/video/v1/uploads/{}",
        "/video/v1/playback-ids/{}",
        "/video/v1/assets/Unknown1/tracks/{}/generate-subtitles",
        "/video/v1/assets/Unknown1/static-renditions/{}",
    ],
)
def test_a_malformed_id_is_400_even_below_an_unknown_asset(api: Api, path: str, odd: str) -> None:
    method = {"generate-subtitles": "POST", "static-renditions": "DELETE"}
    verb = next((verb for word, verb in method.items() if word in path), "GET")
    response = api.call(verb, path.format(odd))
    assert (response.status_code, response.json()) == (400, BAD_ID)


def test_a_wrong_method_is_405(api: Api) -> None:
    assert api.call("DELETE", "/video/v1/assets").status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"text"', b"\xff\xfe", b'{"inputs": NaN}', b'{"passthrough": "\\ud800"}', b"[" * 100_000],
)
def test_a_body_that_is_no_json_object_is_400(api: Api, body: bytes) -> None:
    response = api.session.post(f"{api.mux.url}/video/v1/uploads", data=body, timeout=30)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_parameters"


def test_a_huge_body_is_413(api: Api) -> None:
    response = api.session.post(f"{api.mux.url}/video/v1/uploads", data=b" " * 2_000_000, timeout=30)
    assert response.status_code == 413


def test_the_api_sends_no_cors_headers(api: Api) -> None:
    response = api.session.get(
        f"{api.mux.url}/video/v1/assets", headers={"Origin": "https://app.example.com"}, timeout=30
    )
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


def test_unknown_fields_are_ignored(api: Api) -> None:
    upload = api.post("/video/v1/uploads", {"new_asset_settings": {"unheard_of": 1}, "nor_this": True})
    assert upload["new_asset_settings"] == {}
