"""The journey of the README over real sockets: token, upload, file, webhook, ready, list, delete, gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.embedded import LocalStack
from local.mux.sample import sample_mp4
from local.mux_environment import EMULATOR_TOKEN
from local.settings import MuxAccount

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 30


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.2) as running:
        yield running


@pytest.fixture(scope="module")
def polling_stack(stack: LocalStack) -> Iterator[LocalStack]:
    """A stack that takes the emulator of `stack` for the real Mux, whose webhooks cannot reach it."""
    with LocalStack(mux=MuxAccount(*EMULATOR_TOKEN, url=stack.mux_url)) as running:
        yield running


def data(response: requests.Response, status: int) -> Any:
    assert response.status_code == status, response.text
    return response.json()["data"]


def upload_film(stack: LocalStack, token: str, title: str) -> Any:
    """Upload a film; answers its asset once it is ready."""
    upload = data(stack.request("POST", "/uploads", token, json={"title": title}), 201)
    assert upload["status"] == "waiting"
    requests.put(upload["url"], data=sample_mp4(seconds=3), timeout=PATIENCE).raise_for_status()
    limit = time.monotonic() + PATIENCE
    while True:
        record = data(stack.request("GET", f"/uploads/{upload['id']}", token), 200)
        if record.get("asset", {}).get("status") == "ready":
            return record["asset"]
        assert time.monotonic() < limit, record
        time.sleep(0.1)


def listed(stack: LocalStack, token: str) -> list[str]:
    return [asset["id"] for asset in data(stack.request("GET", "/assets", token), 200)]


def mux_status(stack: LocalStack, asset_id: str) -> int:
    address = f"{stack.mux_url}/video/v1/assets/{asset_id}"
    return requests.get(address, auth=EMULATOR_TOKEN, timeout=PATIENCE).status_code


def test_the_journey_of_a_film(stack: LocalStack) -> None:
    token = requests.post(f"{stack.api_url}/_local/token", json={"sub": "alice"}, timeout=PATIENCE).json()["token"]
    asset = upload_film(stack, token, "A journey")

    assert (asset["status"], asset["title"]) == ("ready", "A journey")
    assert asset["playback_ids"][0]["id"]
    assert asset["duration"] == pytest.approx(3, abs=0.1)
    assert listed(stack, token) == [asset["id"]]
    assert listed(stack, stack.token("bob")) == []
    assert stack.request("GET", f"/assets/{asset['id']}", stack.token("bob")).status_code == 404

    assert stack.request("DELETE", f"/assets/{asset['id']}", token).status_code == 204
    assert listed(stack, token) == []
    assert stack.request("GET", f"/assets/{asset['id']}", token).status_code == 404
    assert mux_status(stack, asset["id"]) == 404


def test_a_film_deleted_in_the_dashboard_disappears(stack: LocalStack) -> None:
    token = stack.token("dora")
    asset = upload_film(stack, token, "Short-lived")
    requests.delete(f"{stack.mux_url}/_emulator/assets/{asset['id']}", timeout=PATIENCE).raise_for_status()
    limit = time.monotonic() + PATIENCE
    while listed(stack, token):
        assert time.monotonic() < limit
        time.sleep(0.1)


def test_the_journey_with_a_mux_that_cannot_reach_us(polling_stack: LocalStack) -> None:
    token = polling_stack.token("carol")
    asset = upload_film(polling_stack, token, "Polled")
    assert asset["playback_ids"][0]["id"]
    assert listed(polling_stack, token) == [asset["id"]]
    assert polling_stack.request("DELETE", f"/assets/{asset['id']}", token).status_code == 204
    assert listed(polling_stack, token) == []


def test_a_laptop_on_a_real_account_sees_and_deletes_nothing_of_another_stack(
    stack: LocalStack, polling_stack: LocalStack
) -> None:
    asset = upload_film(stack, stack.token("erin"), "Of the other stack")
    mine = upload_film(polling_stack, polling_stack.token("erin"), "Of this laptop")
    polling_stack.invoke("ReconcileFunction", {"start": True})
    assert listed(polling_stack, polling_stack.token("erin")) == [mine["id"]]
    refused = polling_stack.request("DELETE", f"/assets/{asset['id']}", polling_stack.token("erin"))
    assert refused.status_code == 404
    assert mux_status(stack, asset["id"]) == 200
