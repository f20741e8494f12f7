"""Direct uploads as the API shows them; their URL has tests of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.emulator.doubles import Api

UPLOADS = "/video/v1/uploads"


def test_a_new_upload_waits_and_shows_its_settings(api: Api) -> None:
    settings = {"playback_policies": ["public"], "passthrough": "film_1", "meta": {"title": "Teaser"}}
    upload = api.create_upload(**settings)
    assert set(upload) == {"id", "status", "timeout", "cors_origin", "new_asset_settings", "url"}
    assert upload["status"] == "waiting"
    assert upload["timeout"] == 3600
    assert upload["new_asset_settings"] == settings
    assert upload["url"].startswith(f"{api.mux.url}/upload/{upload['id']}?token=")
    assert api.get(f"{UPLOADS}/{upload['id']}") == upload


def test_settings_are_shown_under_their_present_names(api: Api) -> None:
    upload = api.create_upload(playback_policy="public", input=[{"name": "clip"}])
    assert upload["new_asset_settings"] == {"playback_policies": ["public"], "inputs": [{"name": "clip"}]}


def test_an_upload_becomes_an_asset_with_its_settings(api: Api, video: bytes) -> None:
    upload = api.create_upload(
        playback_policies=["signed"], passthrough="film_1", meta={"title": "Teaser"}, video_quality="plus"
    )
    requests.put(upload["url"], data=video, timeout=30)
    done = api.get(f"{UPLOADS}/{upload['id']}")
    assert done["status"] == "asset_created"
    assert "url" not in done
    asset = api.settled(done["asset_id"])
    assert asset["upload_id"] == upload["id"]
    assert asset["ingest_type"] == "on_demand_direct_upload"
    assert asset["passthrough"] == "film_1"
    assert asset["meta"] == {"title": "Teaser"}
    assert asset["video_quality"] == "plus"
    assert asset["playback_ids"][0]["policy"] == "signed"


def test_a_test_upload_makes_a_test_asset(api: Api, video: bytes) -> None:
    upload = api.post(UPLOADS, {"test": True})
    assert upload["test"] is True
    requests.put(upload["url"], data=video, timeout=30)
    asset_id = api.get(f"{UPLOADS}/{upload['id']}")["asset_id"]
    assert api.get(f"/video/v1/assets/{asset_id}")["test"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"timeout": 59},
        {"timeout": 604_801},
        {"timeout": "3600"},
        {"timeout": True},
        {"cors_origin": 1},
        {"new_asset_settings": "none"},
        {"new_asset_settings": {"passthrough": "x" * 256}},
        {"new_asset_settings": {"static_renditions": [{"resolution": "highest"}, {"resolution": "1080p"}]}},
        {"new_asset_settings": {"static_renditions": [{"resolution": "highest"}], "mp4_support": "standard"}},
    ],
)
def test_what_mux_refuses_is_400_and_makes_no_upload(api: Api, body: dict[str, Any]) -> None:
    response = api.call("POST", UPLOADS, body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_parameters"
    assert api.get(UPLOADS) == []


@pytest.mark.parametrize("timeout", [60, 604_800])
def test_the_ends_of_the_timeout_are_allowed(api: Api, timeout: int) -> None:
    assert api.post(UPLOADS, {"timeout": timeout})["timeout"] == timeout


def test_pages_are_newest_first_and_end_truly_empty(api: Api) -> None:
    ids = [api.create_upload()["id"] for _ in range(3)][::-1]
    assert [upload["id"] for upload in api.get(UPLOADS, limit=2)] == ids[:2]
    assert [upload["id"] for upload in api.get(UPLOADS, limit=2, page=2)] == ids[2:]
    assert api.call("GET", UPLOADS, limit=2, page=3).json() == {"data": []}


def test_cancel_ends_a_waiting_upload_once(api: Api) -> None:
    upload = api.create_upload()
    cancelled = api.put(f"{UPLOADS}/{upload['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    assert "url" not in cancelled
    response = api.call("PUT", f"{UPLOADS}/{upload['id']}/cancel")
    assert response.status_code == 403
    assert response.json()["error"]["messages"] == ["The upload has already completed"]


def test_cancel_after_completion_is_403(api: Api, video: bytes) -> None:
    upload = api.create_upload()
    requests.put(upload["url"], data=video, timeout=30)
    assert api.call("PUT", f"{UPLOADS}/{upload['id']}/cancel").status_code == 403


def test_an_upload_times_out_by_the_emulators_clock(api: Api) -> None:
    upload = api.post(UPLOADS, {"timeout": 60})
    api.mux.advance(59)
    assert api.get(f"{UPLOADS}/{upload['id']}")["status"] == "waiting"
    api.mux.advance(2)
    assert api.get(f"{UPLOADS}/{upload['id']}")["status"] == "timed_out"
    assert api.call("PUT", f"{UPLOADS}/{upload['id']}/cancel").status_code == 403
