"""The status page: what it shows, what its buttons do, and whom it lets in; samples and playback on a whole stack."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from local.embedded import LocalStack
from local.ffmpeg import find
from local.samples import Sample
from local.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60
TINY = (
    Sample("Seen by all", "alice", "testsrc2=size=256x144:rate=25", "sine", 1, "public", captions="en", gallery=True),
    Sample("Ben's own", "ben", "testsrc2=size=144x256:rate=25", "sine", 1),
)
BUTTONS = [("PUT", "faults"), ("POST", "clock"), ("POST", "test-upload"), ("POST", "functions/CleanupFunction/invoke")]


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(encode=True, samples=TINY, processing_seconds=0.1) as running:
        yield running


def ask(stack: LocalStack, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    return requests.request(method, f"{stack.api_url}/_local/{path}", json=body, headers=headers, timeout=PATIENCE)


def state(stack: LocalStack) -> Any:
    response = ask(stack, "GET", "state")
    assert response.status_code == 200, response.text
    return response.json()


def eventually[Found](look: Callable[[], Found]) -> Found:
    limit = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < limit
        time.sleep(0.1)
    return found


def statuses(stack: LocalStack) -> dict[str, str]:
    return {record["id"]: record["status"] for record in state(stack)["records"]}


def listed(stack: LocalStack, path: str, owner: str) -> list[Any]:
    return list(stack.request("GET", path, stack.token(owner)).json()["data"])


def test_a_webhook_is_lost_and_its_record_repaired_in_three_clicks(stack: LocalStack) -> None:
    if find():
        eventually(lambda: listed(stack, "/gallery", "alice") and listed(stack, "/assets?status=ready", "ben"))
    assert ask(stack, "PUT", "faults", {"webhooks": {"drop": 1}}).status_code == 200
    assert state(stack)["emulator"]["faults"] == {"webhooks": {"drop": 1}}
    upload = ask(stack, "POST", "test-upload").json()["upload_id"]

    def lost() -> bool:
        entries = state(stack)["emulator"]["deliveries"]
        return any((entry["type"], entry["lost"]) == ("video.asset.ready", True) for entry in entries)

    eventually(lost)
    assert statuses(stack)[upload] == "waiting"
    about = {entry["object_id"]: entry for entry in state(stack)["emulator"]["deliveries"] if entry["lost"]}
    assert upload in about

    ask(stack, "PUT", "faults", {})
    assert state(stack)["emulator"]["faults"] == {}
    result = ask(stack, "POST", "functions/ReconcileFunction/invoke", {"start": True}).json()["result"]
    assert result["drift"] > 0
    assert statuses(stack)[upload] == "asset_created"
    asset = stack.request("GET", f"/uploads/{upload}", stack.token("alice")).json()["data"]["asset"]
    assert asset["status"] == "ready"
    assert statuses(stack)[asset["id"]] == "ready"


@pytest.mark.skipif(find() is None, reason="needs ffmpeg")
def test_samples_are_their_owners_and_play(stack: LocalStack) -> None:
    [public] = eventually(lambda: listed(stack, "/gallery", "alice"))
    assert public["title"] == "Seen by all"
    [own] = eventually(lambda: listed(stack, "/assets?status=ready", "ben"))
    assert (own["aspect_ratio"], own["playback_ids"][0]["policy"]) == ("9:16", "signed")
    asset = stack.request("GET", f"/assets/{public['id']}", stack.token("alice")).json()["data"]
    assert [track["language_code"] for track in asset["tracks"] if track["type"] == "text"] == ["en"]
    tokens = stack.request("POST", f"/assets/{own['id']}/playback-tokens", stack.token("ben"), json={}).json()
    hls = tokens["data"]["urls"]["hls"].replace("https://stream.mux.com/", f"{stack.mux_url}/stream/")
    assert "RESOLUTION=144x256" in requests.get(hls, timeout=PATIENCE).text
    assert requests.get(hls.partition("?")[0], timeout=PATIENCE).status_code == 403
    assert state(stack)["emulator"]["encodes"]


def test_it_shows_what_runs_and_what_happened(stack: LocalStack) -> None:
    stack.request("GET", "/assets?secret=7f3c2a", stack.token("alice"))
    found = state(stack)
    assert found["parts"] == {"api": True, "aws": True, "mux": True}
    assert found["urls"]["API"] == stack.api_url
    assert [entry["function"] for entry in found["schedules"]] == [
        *("CleanupFunction", "ReconcileFunction", "MuxSetupFunction"),
    ]
    latest = found["requests"][0]
    assert (latest["method"], latest["path"], latest["status"]) == ("GET", "/assets", 400)
    created = stack.request("POST", "/uploads", stack.token("alice"), json={"title": "Hidden title"})
    upload = created.json()["data"]
    record = eventually(lambda: [one for one in state(stack)["records"] if one["id"] == upload["id"]])[0]
    assert (record["kind"], record["owner"], record["status"]) == ("UPLOAD", "alice", "waiting")
    assert record["due_at"] > time.time()
    shown = ask(stack, "GET", "state").text
    for secret in ("7f3c2a", "/upload/", upload["url"].partition("token=")[2], "signature", "token_secret"):
        assert secret not in shown


def test_the_clock_moves_for_mux_and_the_functions(stack: LocalStack) -> None:
    before = state(stack)["emulator"]["now"]
    assert ask(stack, "POST", "clock", {"advance_seconds": 60}).status_code == 200
    assert state(stack)["emulator"]["now"] >= before + 60


@pytest.mark.parametrize(("method", "path", "body"), [("PUT", "faults", {"x": 1}), ("POST", "clock", {})])
def test_what_the_emulator_refuses_is_told(stack: LocalStack, method: str, path: str, body: Any) -> None:
    response = ask(stack, method, path, body)
    assert response.status_code == 400
    assert response.json()["error"]["errorMessage"]


def test_the_page_is_its_own_three_files_and_runs_no_other_script(stack: LocalStack) -> None:
    page = ask(stack, "GET", "")
    policy = page.headers["Content-Security-Policy"]
    assert page.headers["Content-Type"].startswith("text/html")
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r'(?:src|href)="([^"]*)"', page.text) == ["data:,", "status.css", "status.js"]
    assert not re.search(r"<style|<script(?! type=\"module\" src=)| on[a-z]+=| style=", page.text)
    script = ask(stack, "GET", "status.js")
    assert "javascript" in script.headers["Content-Type"]
    assert "innerHTML" not in script.text
    ids = set(re.findall(r'byId\("([a-z]+)"\)|fill\("([a-z]+)"', script.text))
    assert {first or second for first, second in ids} <= set(re.findall(r'id="([a-z-]+)"', page.text))
    assert ask(stack, "GET", "status.css").headers["Content-Type"] == "text/css"


@pytest.mark.parametrize(("method", "path"), [*BUTTONS, ("POST", "token"), ("GET", "state"), ("GET", "")])
def test_pages_of_other_hosts_are_kept_out_whatever_their_name_leads_to(
    stack: LocalStack, method: str, path: str
) -> None:
    port = stack.api_url.rpartition(":")[2]
    assert ask(stack, method, path, {}, Origin="https://evil.test").status_code == 403
    assert ask(stack, method, path, {}, Origin="null").status_code == 403
    rebound = f"evil.test:{port}"
    assert ask(stack, method, path, {}, Host=rebound).status_code == 403
    assert ask(stack, method, path, {}, Host=rebound, Origin=f"http://{rebound}").status_code == 403


def test_its_own_page_is_let_in(stack: LocalStack) -> None:
    assert ask(stack, "PUT", "faults", {}, Origin=stack.api_url).status_code == 200
    port = stack.api_url.rpartition(":")[2]
    local = f"localhost:{port}"
    assert ask(stack, "PUT", "faults", {}, Host=local, Origin=f"http://{local}").status_code == 200


class RealMux:
    """A stack without an emulator, as far as the page asks."""

    answered = ()
    emulator_url = None
    schedules = ()

    def urls(self) -> dict[str, str]:
        return {}

    async def health(self) -> dict[str, bool]:
        return {"api": True}

    async def records(self) -> list[dict[str, Any]]:
        return []

    async def upload_test_video(self) -> str:
        raise AssertionError("it would cost money")


def test_with_a_real_mux_there_are_no_faults_and_no_test_upload() -> None:
    async def answers() -> list[int]:
        app = web.Application()
        app.add_routes(Status(RealMux()).table())
        async with TestClient(TestServer(app)) as client:
            assert (await (await client.get("/state")).json())["emulator"] is None
            return [(await client.request(method, f"/{path}", json={})).status for method, path in BUTTONS[:3]]

    assert asyncio.run(answers()) == [409, 409, 409]
