"""Control: the clock, the journal, deletes from the dashboard, reset; over HTTP and from Python."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.mux import MuxError
from tests.emulator.doubles import eventually

if TYPE_CHECKING:
    from local.mux import MuxEmulator
    from tests.emulator.doubles import Api, Receiver


def control(mux: MuxEmulator, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{mux.url}/_emulator/{path}", json=body, timeout=30)


def test_the_clock_can_be_advanced(mux: MuxEmulator) -> None:
    response = control(mux, "POST", "clock", {"advance_seconds": 3600})
    assert response.status_code == 200
    assert response.json()["data"]["now"] - time.time() == pytest.approx(3600, abs=5)
    assert mux.advance(60) - time.time() == pytest.approx(3660, abs=5)


@pytest.mark.parametrize("body", [{}, {"advance_seconds": -1}, {"advance_seconds": "1"}, {"advance_seconds": 1e12}])
def test_the_clock_goes_only_forward(mux: MuxEmulator, body: dict[str, Any]) -> None:
    assert control(mux, "POST", "clock", body).status_code == 400
    assert mux.advance(0) == pytest.approx(time.time(), abs=5)


def test_stamps_follow_the_clock(api: Api, mux: MuxEmulator, receiver: Receiver) -> None:
    mux.advance(86_400)
    asset = api.create_asset()
    event = receiver.wait_for("video.asset.created").event
    later = time.time() + 86_400
    assert int(asset["created_at"]) == pytest.approx(later, abs=5)
    assert datetime.fromisoformat(event["created_at"]).timestamp() == pytest.approx(later, abs=5)


def test_what_falls_due_is_stamped_with_its_own_time(slow_api: Api, slow_mux: MuxEmulator, receiver: Receiver) -> None:
    slow_mux.register_webhook(receiver.url)
    asset = slow_api.create_asset()
    slow_mux.advance(3600)
    event = receiver.wait_for("video.asset.ready").event
    made = datetime.fromisoformat(event["created_at"]).timestamp()
    assert made - int(asset["created_at"]) == pytest.approx(600, abs=2)


def test_advancing_ends_processing_before_it_answers(slow_api: Api, slow_mux: MuxEmulator) -> None:
    asset = slow_api.create_asset()
    time.sleep(0.05)
    slow_mux.advance(599)
    assert slow_api.get(f"/video/v1/assets/{asset['id']}")["status"] == "preparing"
    slow_mux.advance(1)
    assert slow_api.get(f"/video/v1/assets/{asset['id']}")["status"] == "ready"


def test_requests_are_logged_with_bodies_but_films(api: Api, mux: MuxEmulator, video: bytes) -> None:
    api.call("GET", "/video/v1/assets", limit=3)
    upload = api.create_upload(passthrough="film_1")
    requests.put(upload["url"], data=video, timeout=30)
    requests.get(f"{mux.url}/video/v1/assets", timeout=30)
    logged = control(mux, "GET", "requests").json()["data"]
    assert logged == mux.requests()
    assert [(entry["method"], entry["path"], entry["status"]) for entry in logged] == [
        ("GET", "/video/v1/assets", 200),
        ("POST", "/video/v1/uploads", 201),
        ("PUT", f"/upload/{upload['id']}", 200),
        ("GET", "/video/v1/assets", 401),
    ]
    assert logged[0]["query"] == {"limit": "3"}
    assert "film_1" in logged[1]["body"]
    assert logged[1]["headers"]["content-type"] == "application/json"
    assert logged[2]["body"] is None


def test_what_happened_is_known_whether_or_not_anybody_was_told(mux: MuxEmulator, api: Api) -> None:
    first, second = api.create_upload(), api.create_upload()
    happened = control(mux, "GET", "events").json()["data"]
    assert happened == mux.events()
    assert [(event["type"], event["data"]["id"]) for event in happened] == [
        ("video.upload.created", first["id"]),
        ("video.upload.created", second["id"]),
    ]
    assert mux.events(1) == happened[1:]
    assert mux.events(2) == []
    mux.reset()
    api.create_upload()
    assert len(mux.events()) == 1


def test_events_of_a_webhook_are_those_that_happened(mux: MuxEmulator, api: Api, receiver: Receiver) -> None:
    api.create_upload()
    assert receiver.wait_for("video.upload.created").event == mux.events()[0]


def test_an_upload_shows_its_bytes_and_hash(api: Api, mux: MuxEmulator) -> None:
    upload = api.create_upload()
    empty = control(mux, "GET", f"uploads/{upload['id']}").json()["data"]
    assert empty["received_bytes"] == 0
    requests.put(upload["url"], data=b"abc", timeout=30)
    assert control(mux, "GET", f"uploads/{upload['id']}").json()["data"] == {
        "received_bytes": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }
    assert control(mux, "GET", "uploads/Unknown1").status_code == 404
    with pytest.raises(MuxError):
        mux.transfer("Unknown1")


@pytest.mark.parametrize("over_http", [True, False])
def test_the_dashboard_deletes_in_any_state_and_tells(
    slow_api: Api, slow_mux: MuxEmulator, receiver: Receiver, over_http: bool
) -> None:
    slow_mux.register_webhook(receiver.url)
    asset = slow_api.create_asset()
    if over_http:
        assert control(slow_mux, "DELETE", f"assets/{asset['id']}").status_code == 204
    else:
        slow_mux.delete_asset(asset["id"])
    assert slow_api.call("GET", f"/video/v1/assets/{asset['id']}").status_code == 404
    receiver.wait_for("video.asset.deleted")
    slow_mux.advance(3600)
    assert receiver.types() == ["video.asset.created", "video.asset.deleted"]
    assert control(slow_mux, "DELETE", f"assets/{asset['id']}").status_code == 404


def test_reset_forgets_all_but_webhooks_keys_and_token(
    api: Api, mux: MuxEmulator, receiver: Receiver, video: bytes
) -> None:
    key = api.post("/system/v1/signing-keys")
    api.uploaded(video)
    upload = api.create_upload()
    receiver.wait(5)
    mux.set_faults({"api": {"error_rate": 1}})
    mux.advance(86_400)
    assert control(mux, "POST", "reset").status_code == 204
    assert mux.requests() == []
    assert mux.deliveries() == []
    assert api.get("/video/v1/assets") == []
    assert api.get("/video/v1/uploads") == []
    assert requests.put(upload["url"], data=video, timeout=30).status_code == 404
    assert mux.advance(0) == pytest.approx(time.time(), abs=5)
    assert [entry["id"] for entry in api.get("/system/v1/signing-keys")] == [key["id"]]
    api.create_upload()
    assert receiver.wait(6)[5].type == "video.upload.created"


def test_reset_stops_what_was_under_way(api: Api, mux: MuxEmulator, receiver: Receiver) -> None:
    receiver.answer = lambda _hook: 500
    api.create_asset()
    receiver.wait(1)
    eventually(mux.deliveries)
    mux.reset()
    before = len(receiver.hooks)
    mux.advance(3600)
    time.sleep(0.2)
    assert len(receiver.hooks) == before


def test_the_fixture_and_http_are_the_same_control(mux: MuxEmulator, api: Api) -> None:
    mux.set_faults({"api": {"error_rate": 1}})
    assert api.call("GET", "/video/v1/assets").status_code >= 500
    control(mux, "PUT", "faults", {})
    assert api.call("GET", "/video/v1/assets").status_code == 200


def test_its_state_shows_lost_deliveries_and_no_bodies(mux: MuxEmulator, api: Api, receiver: Receiver) -> None:
    arrived = api.create_upload()
    receiver.wait_for("video.upload.created")
    mux.set_faults({"webhooks": {"drop": 1}})
    lost = api.create_upload()

    def deliveries() -> Any:
        return requests.get(f"{mux.url}/_emulator/state", timeout=30).json()["data"]["deliveries"]

    found = eventually(lambda: deliveries() if len(deliveries()) == 2 else [])
    assert [(entry["object_id"], entry["status"], entry["lost"]) for entry in found] == [
        (lost["id"], None, True),
        (arrived["id"], 200, False),
    ]
    assert set(found[0]) == {"at", "event_id", "type", "object_id", "status", "lost"}
    assert len(mux.deliveries()) == 1, "what was lost was never tried"
