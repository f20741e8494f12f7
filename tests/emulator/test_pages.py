"""What pages in a browser may do with the emulator: upload and play. Everything else is for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.mux import MuxEmulator
    from tests.emulator.doubles import Api

AUTH = ("local-token-id", "local-token-secret")
FROM_PAGES = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://localhost:8080"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
]
REBOUND = [{"Host": "evil.test"}, {"Host": "evil.localhost"}, {"Host": "127.0.0.1.evil.test"}, {"Host": ""}]


def send(
    mux: MuxEmulator, method: str, path: str, headers: Mapping[str, str], body: str | None = None
) -> requests.Response:
    return requests.request(method, mux.url + path, headers=headers, data=body, auth=AUTH, timeout=30)


@pytest.mark.parametrize("headers", [*FROM_PAGES, *REBOUND], ids=str)
def test_pages_control_nothing(mux: MuxEmulator, headers: dict[str, str]) -> None:
    paths = [("POST", "reset"), ("PUT", "faults"), ("GET", "requests"), ("GET", "state"), ("GET", "deliveries")]
    for method, path in [*paths, ("POST", "clock"), ("OPTIONS", "reset"), ("GET", "missing")]:
        answer = send(mux, method, f"/_emulator/{path}", headers, '{"advance_seconds": 1}')
        assert (path, answer.status_code) == (path, 403)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("headers", [*FROM_PAGES, *REBOUND], ids=str)
def test_pages_call_nothing_though_they_know_the_token(api: Api, mux: MuxEmulator, headers: dict[str, str]) -> None:
    """A form sends text, to an address that may hold the token, and needs no preflight for that."""
    asset = api.create_asset()
    form = {"Content-Type": "text/plain", **headers}
    refused = [
        send(mux, "POST", "/video/v1/assets", form, '{"input": "https://evil.test/film.mp4"}'),
        send(mux, "POST", "/system/v1/signing-keys", form),
        send(mux, "POST", "/system/v1/webhooks", form, '{"address": "http://127.0.0.1:1"}'),
        send(mux, "GET", "/video/v1/assets", headers),
        send(mux, "OPTIONS", "/video/v1/assets", headers),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert [entry["id"] for entry in api.get("/video/v1/assets")] == [asset["id"]]
    assert api.get("/system/v1/webhooks") == api.get("/system/v1/signing-keys") == []


@pytest.mark.parametrize("headers", REBOUND, ids=str)
def test_a_page_whose_name_leads_here_neither_plays_nor_uploads(
    api: Api, mux: MuxEmulator, headers: dict[str, str]
) -> None:
    upload = api.create_upload()
    [playback_id] = api.create_asset(playback_policies=["public"])["playback_ids"]
    assert requests.put(upload["url"], data=b"x", headers=headers, timeout=30).status_code == 403
    for path in (f"/stream/{playback_id['id']}.m3u8", f"/image/{playback_id['id']}/thumbnail.jpg"):
        assert send(mux, "GET", path, headers).status_code == 403


@pytest.mark.parametrize("origin", ["https://site.test", "http://localhost:8080"])
def test_pages_of_any_origin_upload_and_play(api: Api, mux: MuxEmulator, video: bytes, origin: str) -> None:
    page = {"Origin": origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    upload = api.post("/video/v1/uploads", {"cors_origin": origin})
    asked = {**page, "Access-Control-Request-Method": "PUT"}
    for method, headers in (("OPTIONS", asked), ("PUT", page)):
        answer = requests.request(method, upload["url"], data=video, headers=headers, timeout=30)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)
    [playback_id] = api.ready_asset(playback_policies=["public"])["playback_ids"]
    played = requests.get(f"{mux.url}/stream/{playback_id['id']}/missing.mp4", headers=page, timeout=30)
    assert (played.status_code, played.headers["Access-Control-Allow-Origin"]) == (404, "*")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:9", "LOCALHOST"])
def test_programs_on_this_machine_do_everything(mux: MuxEmulator, host: str) -> None:
    assert send(mux, "GET", "/video/v1/assets", {"Host": host}).status_code == 200
    assert send(mux, "PUT", "/_emulator/faults", {"Host": host}, "{}").status_code == 200
    looked_at = {"Host": host, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    assert send(mux, "GET", "/_emulator/requests", looked_at).status_code == 200
