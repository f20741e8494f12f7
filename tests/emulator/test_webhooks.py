"""Webhooks: their order, envelope, signature, retries, and that endpoints do not hinder each other."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
import uuid
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.mux import sample_mp4
from tests.emulator.doubles import eventually

if TYPE_CHECKING:
    from local.mux import MuxEmulator
    from tests.emulator.doubles import Api, Hook, MakeReceiver, Receiver


def timestamp_of(hook: Hook) -> int:
    return int(hook.headers["mux-signature"].partition(",")[0].removeprefix("t="))


def is_signed(hook: Hook, secret: str) -> bool:
    timestamp, _, signature = hook.headers["mux-signature"].partition(",v1=")
    signed = timestamp.removeprefix("t=").encode() + b"." + hook.body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() == signature


def test_an_upload_tells_its_story_in_order(api: Api, receiver: Receiver, video: bytes) -> None:
    api.uploaded(video)
    assert [hook.type for hook in receiver.wait(4)] == [
        "video.upload.created",
        "video.upload.asset_created",
        "video.asset.created",
        "video.asset.ready",
    ]


def test_a_bad_file_errors_asset_and_upload(api: Api, receiver: Receiver) -> None:
    asset = api.uploaded(b"no video")
    hooks = receiver.wait(5)
    assert [hook.type for hook in hooks] == [
        "video.upload.created",
        "video.upload.asset_created",
        "video.asset.created",
        "video.asset.errored",
        "video.upload.errored",
    ]
    errored, upload = hooks[3].event["data"], hooks[4].event["data"]
    assert errored["errors"] == asset["errors"]
    assert upload["status"] == "errored"
    assert upload["asset_id"] == asset["id"]


def test_changes_cancels_and_deletes_are_told(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset(meta={"title": "Old"})
    path = f"/video/v1/assets/{asset['id']}"
    api.call("PATCH", path, {"meta": {"title": "New"}})
    api.call("DELETE", path)
    upload = api.create_upload()
    api.put(f"/video/v1/uploads/{upload['id']}/cancel")
    hooks = receiver.wait(6)
    assert [hook.type for hook in hooks[2:]] == [
        "video.asset.updated",
        "video.asset.deleted",
        "video.upload.created",
        "video.upload.cancelled",
    ]
    assert hooks[2].event["data"]["meta"] == {"title": "New"}
    assert hooks[3].event["data"]["id"] == asset["id"]
    assert hooks[3].event["data"]["status"] == "ready"
    assert hooks[5].event["data"]["status"] == "cancelled"


def test_a_timed_out_upload_is_told_to_nobody(api: Api, receiver: Receiver) -> None:
    api.create_upload()
    api.mux.advance(7200)
    api.create_upload()
    assert [hook.type for hook in receiver.wait(2)] == ["video.upload.created"] * 2


def test_a_non_standard_input_is_told_before_ready(api: Api, receiver: Receiver) -> None:
    api.uploaded(b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(100))
    hooks = receiver.wait(5)
    assert [hook.type for hook in hooks[2:]] == [
        "video.asset.created",
        "video.asset.non_standard_input_detected",
        "video.asset.ready",
    ]
    assert hooks[3].event["data"]["status"] == "preparing"
    assert hooks[3].event["data"]["progress"]["state"] == "transcoding"


def test_the_envelope(api: Api, mux: MuxEmulator, receiver: Receiver) -> None:
    before = int(time.time())
    asset = api.create_asset(passthrough="film_1")
    hook = receiver.wait_for("video.asset.created")
    event = hook.event
    assert list(event) == [
        *("type", "request_id", "object", "id", "environment", "data"),
        *("created_at", "attempts", "accessor_source", "accessor"),
    ]
    assert event["object"] == {"type": "asset", "id": asset["id"]}
    assert event["environment"] == {"name": "Local", "id": mux.environment_id}
    assert re.fullmatch(r"[a-z0-9]{6}", mux.environment_id)
    assert uuid.UUID(event["id"]).version == 4
    assert event["attempts"] == []
    assert (event["request_id"], event["accessor"], event["accessor_source"]) == (None, None, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z", event["created_at"])
    assert before <= datetime.fromisoformat(event["created_at"]).timestamp() <= time.time()
    assert hook.headers["content-type"] == "application/json"


def test_data_has_the_webhook_form_and_not_the_apis(api: Api, receiver: Receiver, video: bytes) -> None:
    asset = api.uploaded(video, passthrough="film_1")
    told = receiver.wait_for("video.asset.ready").event["data"]
    assert isinstance(asset["created_at"], str)
    assert isinstance(told["created_at"], int)
    assert told == {**asset, "created_at": int(asset["created_at"])}


def test_data_is_a_snapshot_of_the_moment_of_emission(api: Api, receiver: Receiver) -> None:
    receiver.answer = lambda hook: 500 if hook.type == "video.asset.created" else 200
    api.ready_asset()
    receiver.wait_for("video.asset.ready")
    tries = eventually(lambda: [h for h in receiver.hooks if h.type == "video.asset.created"][1:])
    data = tries[0].event["data"]
    assert data["status"] == "preparing"
    assert "tracks" not in data
    assert "duration" not in data


def test_upload_events_name_upload_and_asset(api: Api, receiver: Receiver, video: bytes) -> None:
    asset = api.uploaded(video, passthrough="film_1")
    data = receiver.wait_for("video.upload.asset_created").event["data"]
    assert data["id"] == asset["upload_id"]
    assert data["asset_id"] == asset["id"]
    assert "passthrough" not in data
    assert data["new_asset_settings"]["passthrough"] == "film_1"


def test_every_delivery_is_signed_with_its_endpoints_secret(api: Api, make_receiver: MakeReceiver) -> None:
    receivers = [make_receiver(), make_receiver()]
    api.create_asset(meta={"title": "Grüße 🎬"})
    for receiver in receivers:
        hook = receiver.wait_for("video.asset.created")
        assert re.fullmatch(r"[a-z0-9]{32}", receiver.secret)
        assert is_signed(hook, receiver.secret)
        assert abs(timestamp_of(hook) - time.time()) < 5
    assert not is_signed(receivers[0].hooks[0], receivers[1].secret)


def test_a_registration_can_bring_its_own_secret(api: Api, mux: MuxEmulator, receiver: Receiver) -> None:
    registered = mux.register_webhook(f"{receiver.url}?second", "mysecret")
    assert registered["signing_secret"] == "mysecret"
    api.create_upload()
    hooks = receiver.wait(2)
    assert sorted(is_signed(hook, "mysecret") for hook in hooks) == [False, True]


def test_a_retry_keeps_the_event_and_grows_attempts(api: Api, receiver: Receiver) -> None:
    answers = iter([500, 404, 200])
    receiver.answer = lambda _hook: next(answers)
    receiver.headers = {"X-Reason": "busy"}
    started = time.monotonic()
    api.create_upload()
    first = receiver.wait(1)[0]
    receiver.wait(2)
    assert time.monotonic() - started < 15
    second, third = receiver.wait(3)[1:]
    for retry in (second, third):
        assert is_signed(retry, receiver.secret)
        for field in ("id", "type", "created_at", "data", "object"):
            assert retry.event[field] == first.event[field]
    assert timestamp_of(first) <= timestamp_of(second) <= timestamp_of(third)
    assert [len(hook.event["attempts"]) for hook in (first, second, third)] == [0, 1, 2]
    attempts = third.event["attempts"]
    assert [attempt["response_status_code"] for attempt in attempts] == [500, 404]
    assert set(attempts[0]) == {
        *("id", "webhook_id", "address", "created_at", "max_attempts"),
        *("response_status_code", "response_headers", "response_body"),
    }
    assert isinstance(attempts[0]["webhook_id"], int)
    assert attempts[0]["address"] == receiver.url
    assert attempts[0]["response_headers"]["x-reason"] == "busy"
    assert attempts[0]["response_body"] == "noted"
    time.sleep(0.3)
    assert len(receiver.hooks) == 3


def test_a_retry_after_an_advance_is_signed_with_wall_clock_time(api: Api, receiver: Receiver) -> None:
    receiver.answer = lambda _hook: 503
    api.create_upload()
    first = receiver.wait(1)[0]
    eventually(api.mux.deliveries)
    api.mux.advance(3600)
    retry = receiver.wait(2)[1]
    assert abs(timestamp_of(retry) - time.time()) < 5
    assert retry.event["created_at"] == first.event["created_at"]


def test_redirects_are_failures(api: Api, receiver: Receiver) -> None:
    answers = iter([302, 200])
    receiver.answer = lambda _hook: next(answers)
    receiver.headers = {"Location": receiver.url}
    api.create_upload()
    retry = receiver.wait(2)[1]
    assert retry.event["attempts"][0]["response_status_code"] == 302


def test_waits_double_until_a_day_has_passed(api: Api, receiver: Receiver) -> None:
    receiver.answer = lambda _hook: 500
    api.create_upload()
    waits = [2**exponent for exponent in range(16)]
    for attempts, wait in enumerate(waits, start=1):
        wait_for_deliveries(api, attempts)
        api.mux.advance(wait)
    deliveries = wait_for_deliveries(api, len(waits) + 1)
    sent = [delivery["sent_at"] for delivery in deliveries]
    assert [later - earlier for earlier, later in pairwise(sent)] == pytest.approx(waits, abs=0.9)
    assert receiver.hooks[-1].event["attempts"][0]["max_attempts"] == len(deliveries)
    api.mux.advance(48 * 3600)
    time.sleep(0.2)
    assert len(receiver.hooks) == len(deliveries)


def test_a_day_passing_at_once_leaves_one_retry(api: Api, receiver: Receiver) -> None:
    receiver.answer = lambda _hook: 500
    api.create_upload()
    wait_for_deliveries(api, 1)
    api.mux.advance(25 * 3600)
    wait_for_deliveries(api, 2)
    api.mux.advance(25 * 3600)
    time.sleep(0.2)
    assert len(receiver.hooks) == 2


def wait_for_deliveries(api: Api, count: int) -> list[Any]:
    """The log once it holds `count` ended attempts."""
    return eventually(lambda: log if len(log := api.mux.deliveries()) == count else [])


def test_an_endpoint_that_hangs_is_given_five_seconds_and_hinders_nobody(api: Api, make_receiver: MakeReceiver) -> None:
    hanging, quick = make_receiver(), make_receiver()
    slow = {"video.upload.created"}
    released = threading.Event()

    def hang(hook: Hook) -> int:
        if hook.type in slow:
            slow.clear()
            released.wait(60)
        return 200

    hanging.answer = hang
    started = time.monotonic()
    api.uploaded(sample_mp4())
    quick.wait_for("video.asset.ready")
    hanging.wait_for("video.asset.ready")
    retry = hanging.wait(5)[4]
    assert time.monotonic() - started > 5
    released.set()
    assert retry.type == "video.upload.created"
    assert retry.event["attempts"][0]["response_status_code"] is None
    assert len(quick.hooks) == 4


def test_nobody_listening_is_a_failure_that_is_retried(api: Api, mux: MuxEmulator, receiver: Receiver) -> None:
    mux.register_webhook("http://127.0.0.1:1/closed")
    api.create_upload()
    receiver.wait(1)
    deliveries = eventually(lambda: [d for d in mux.deliveries() if d["status"] is None][1:])
    assert deliveries[0]["address"] == "http://127.0.0.1:1/closed"


def test_many_first_attempts_keep_the_order_of_emission(api: Api, receiver: Receiver) -> None:
    ids = [api.create_upload()["id"] for _ in range(40)]
    assert [hook.event["data"]["id"] for hook in receiver.wait(40)] == ids


def test_a_retry_does_not_hold_up_what_follows(api: Api, receiver: Receiver) -> None:
    failing = {"video.asset.created"}
    receiver.answer = lambda hook: 500 if hook.type in failing else 200
    api.ready_asset()
    assert [hook.type for hook in receiver.wait(2)] == ["video.asset.created", "video.asset.ready"]
    failing.clear()
    assert receiver.wait(3)[2].type == "video.asset.created"


def test_deliveries_are_logged_as_sent(api: Api, receiver: Receiver) -> None:
    answers = iter([500, 200])
    receiver.answer = lambda _hook: next(answers)
    upload = api.create_upload()
    hooks = receiver.wait(2)
    deliveries = wait_for_deliveries(api, 2)
    webhooks = api.get("/system/v1/webhooks")
    assert [delivery["status"] for delivery in deliveries] == [500, 200]
    for delivery, hook in zip(deliveries, hooks, strict=True):
        assert delivery["webhook_id"] == webhooks[0]["id"]
        assert delivery["address"] == receiver.url
        assert delivery["event_id"] == hook.event["id"]
        assert delivery["type"] == "video.upload.created"
        assert delivery["body"].encode() == hook.body
        assert delivery["headers"]["Mux-Signature"] == hook.headers["mux-signature"]
    assert upload["id"] in deliveries[0]["body"]


def test_disabled_and_deleted_endpoints_get_nothing(api: Api, make_receiver: MakeReceiver) -> None:
    kept, disabled, deleted = make_receiver(), make_receiver(), make_receiver()
    ids = {entry["address"]: entry["id"] for entry in api.get("/system/v1/webhooks")}
    api.call("PATCH", f"/system/v1/webhooks/{ids[disabled.url]}", {"enabled": False})
    api.call("DELETE", f"/system/v1/webhooks/{ids[deleted.url]}")
    api.create_upload()
    api.call("PATCH", f"/system/v1/webhooks/{ids[disabled.url]}", {"enabled": True})
    second = api.create_upload()
    kept.wait(2)
    assert disabled.wait(1)[0].event["data"]["id"] == second["id"]
    assert deleted.hooks == []


def faulty(api: Api, **webhooks: Any) -> None:
    response = requests.put(f"{api.mux.url}/_emulator/faults", json={"webhooks": webhooks}, timeout=30)
    assert response.status_code == 200


def test_drop_loses_a_delivery_for_good(api: Api, receiver: Receiver) -> None:
    faulty(api, drop=1)
    api.create_upload()
    faulty(api)
    kept = api.create_upload()
    assert [hook.event["data"]["id"] for hook in receiver.wait(1)] == [kept["id"]]
    api.mux.advance(3600)
    time.sleep(0.1)
    assert len(receiver.hooks) == 1


def test_drop_takes_its_share(api: Api, receiver: Receiver) -> None:
    faulty(api, drop=0.5)
    for _ in range(60):
        api.create_upload()
    faulty(api)
    last = api.create_upload()
    eventually(lambda: any(hook.event["data"]["id"] == last["id"] for hook in receiver.hooks))
    assert 15 < len(receiver.hooks) < 45


def test_duplicate_sends_again_after_a_2xx(api: Api, receiver: Receiver) -> None:
    faulty(api, duplicate=1)
    api.create_upload()
    first, second = receiver.wait(2)
    assert first.event["id"] == second.event["id"]
    assert first.event["data"] == second.event["data"]
    assert is_signed(second, receiver.secret)
    assert [attempt["response_status_code"] for attempt in second.event["attempts"]] == [200]
    time.sleep(0.3)
    assert len(receiver.hooks) == 2


def test_a_failing_duplicate_is_not_retried(api: Api, receiver: Receiver) -> None:
    faulty(api, duplicate=1)
    answers = iter([200, 500, 200])
    receiver.answer = lambda _hook: next(answers)
    api.create_upload()
    receiver.wait(2)
    wait_for_deliveries(api, 2)
    api.mux.advance(3600)
    time.sleep(0.2)
    assert len(receiver.hooks) == 2


def test_reorder_lets_later_deliveries_overtake(api: Api, receiver: Receiver) -> None:
    faulty(api, reorder=1)
    held = api.create_upload()
    faulty(api)
    overtaking = api.create_upload()
    ids = [hook.event["data"]["id"] for hook in receiver.wait(2)]
    assert ids == [overtaking["id"], held["id"]]


def test_with_everything_reordered_the_last_comes_first(api: Api, receiver: Receiver, video: bytes) -> None:
    faulty(api, reorder=1)
    api.uploaded(video)
    assert [hook.type for hook in receiver.wait(4)] == [
        "video.asset.ready",
        "video.asset.created",
        "video.upload.asset_created",
        "video.upload.created",
    ]


def test_reorder_by_share_loses_nothing(api: Api, receiver: Receiver) -> None:
    faulty(api, reorder=0.5)
    ids = [api.create_upload()["id"] for _ in range(30)]
    arrived = [hook.event["data"]["id"] for hook in receiver.wait(30)]
    assert sorted(arrived) == sorted(ids)
    assert arrived != ids


@pytest.mark.parametrize("delay", [0.4, [0.4, 0.6]])
def test_delay_postpones_first_attempts_in_order(api: Api, receiver: Receiver, delay: Any) -> None:
    faulty(api, delay_seconds=delay)
    started = time.time()
    ids = [api.create_upload()["id"] for _ in range(5)]
    hooks = receiver.wait(5)
    assert [hook.event["data"]["id"] for hook in hooks] == ids
    assert hooks[0].at - started >= 0.4


def test_a_delay_passes_with_the_emulators_clock(api: Api, receiver: Receiver) -> None:
    faulty(api, delay_seconds=600)
    api.create_upload()
    time.sleep(0.1)
    assert receiver.hooks == []
    api.mux.advance(601)
    receiver.wait(1)
