"""Faults of the API: limits, outages, lost answers, latency."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.mux import MuxError

if TYPE_CHECKING:
    from local.mux import MuxEmulator
    from tests.emulator.doubles import Api

UPLOADS = "/video/v1/uploads"
ASSETS = "/video/v1/assets"


def faulty(api: Api, **faults: Any) -> None:
    response = requests.put(f"{api.mux.url}/_emulator/faults", json={"api": faults}, timeout=30)
    assert response.status_code == 200


def test_every_answer_tells_the_limit(api: Api) -> None:
    created = api.call("POST", UPLOADS)
    assert created.headers["X-RateLimit-Limit"] == "20"
    assert created.headers["X-RateLimit-Remaining"] == "19"
    listed = api.call("GET", UPLOADS)
    assert listed.headers["X-RateLimit-Limit"] == "100"
    assert listed.headers["X-RateLimit-Remaining"] == "99"
    assert api.call("GET", f"{UPLOADS}/Unknown1").headers["X-RateLimit-Remaining"] in {"98", "99"}


def test_limits_are_told_but_not_enforced_unless_asked(api: Api) -> None:
    answers = [api.call("POST", UPLOADS) for _ in range(25)]
    assert {answer.status_code for answer in answers} == {201}
    assert answers[-1].headers["X-RateLimit-Remaining"] == "0"


def test_enforced_posts_have_a_burst_of_20_and_one_a_second(api: Api) -> None:
    for _ in range(25):
        api.create_upload()
    faulty(api, rate_limit=True)
    codes = [api.call("POST", UPLOADS).status_code for _ in range(20)]
    assert codes == [201] * 20
    refused = api.call("POST", UPLOADS)
    while refused.status_code == 201:
        refused = api.call("POST", UPLOADS)
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "too_many_requests"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in refused.headers
    assert api.call("GET", UPLOADS).status_code == 200
    api.mux.advance(3)
    codes = [api.call("POST", UPLOADS).status_code for _ in range(4)]
    assert codes[:3] == [201] * 3


def test_enforced_other_requests_have_a_burst_of_100_and_five_a_second(api: Api) -> None:
    faulty(api, rate_limit=True)
    codes = [api.call("GET", UPLOADS).status_code for _ in range(130)]
    assert codes[:100] == [200] * 100
    assert 429 in codes
    assert api.call("POST", UPLOADS).status_code == 201


def test_a_429_did_nothing(api: Api) -> None:
    faulty(api, rate_limit=1)
    assert api.call("POST", UPLOADS).status_code == 429
    faulty(api)
    assert api.get(UPLOADS) == []


def test_a_share_is_limited(api: Api) -> None:
    faulty(api, rate_limit=0.5)
    codes = [api.call("GET", UPLOADS).status_code for _ in range(60)]
    assert 15 < codes.count(429) < 45
    assert set(codes) == {200, 429}


def test_retry_after_can_be_asked_for(api: Api) -> None:
    faulty(api, rate_limit=1, retry_after_seconds=3)
    assert api.call("GET", UPLOADS).headers["Retry-After"] == "3"


def test_an_outage_has_no_effect(api: Api) -> None:
    faulty(api, error_rate=1)
    answers = [api.call("POST", UPLOADS) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {500, 502, 503, 504}
    kinds = {answer.headers["Content-Type"].partition(";")[0] for answer in answers}
    assert kinds == {"application/json", "text/html"}
    faulty(api)
    assert api.get(UPLOADS) == []


def test_a_share_of_requests_fails(api: Api) -> None:
    faulty(api, error_rate=0.5)
    codes = [api.call("GET", UPLOADS).status_code for _ in range(60)]
    assert 15 < codes.count(200) < 45


def test_a_lost_response_had_its_effect(api: Api) -> None:
    faulty(api, lose_response=1)
    with pytest.raises(requests.ConnectionError):
        api.call("POST", ASSETS, {"input": "https://storage.example.com/a.mp4", "passthrough": "lost"})
    faulty(api)
    assert [asset["passthrough"] for asset in api.get(ASSETS)] == ["lost"]
    assert api.mux.requests()[0]["status"] is None


def test_latency_delays_answers(api: Api) -> None:
    faulty(api, latency_seconds=[0.3, 0.4])
    started = time.monotonic()
    assert api.call("GET", UPLOADS).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_faults_leave_uploads_and_control_alone(api: Api, video: bytes) -> None:
    upload = api.create_upload()
    faulty(api, error_rate=1, lose_response=1, rate_limit=1, latency_seconds=30)
    assert requests.put(upload["url"], data=video, timeout=30).status_code == 200
    assert requests.get(f"{api.mux.url}/_emulator/requests", timeout=30).status_code == 200


@pytest.mark.parametrize(
    "faults",
    [
        {"unknown": {}},
        {"api": {"errors": 1}},
        {"api": {"error_rate": 1.5}},
        {"api": {"error_rate": "all"}},
        {"api": {"rate_limit": -1}},
        {"api": {"latency_seconds": [2, 1]}},
        {"api": {"latency_seconds": [1]}},
        {"api": []},
        {"webhooks": {"drop": True}},
        {"webhooks": {"delay_seconds": -1}},
        {"webhooks": {"delay_seconds": ["a", "b"]}},
    ],
)
def test_faults_that_are_not_understood_are_refused_and_change_nothing(
    mux: MuxEmulator, faults: dict[str, Any]
) -> None:
    mux.set_faults({"webhooks": {"drop": 1}})
    response = requests.put(f"{mux.url}/_emulator/faults", json=faults, timeout=30)
    assert response.status_code == 400
    with pytest.raises(MuxError):
        mux.set_faults(faults)


def test_an_empty_object_clears(api: Api) -> None:
    faulty(api, error_rate=1)
    response = requests.put(f"{api.mux.url}/_emulator/faults", json={}, timeout=30)
    assert response.json() == {"data": {}}
    assert api.call("GET", UPLOADS).status_code == 200


def test_a_seed_repeats_chance(api: Api, mux: MuxEmulator) -> None:
    def codes() -> list[int]:
        mux.reset()
        faulty(api, error_rate=0.5)
        return [api.call("GET", UPLOADS).status_code for _ in range(20)]

    assert codes() == codes()
