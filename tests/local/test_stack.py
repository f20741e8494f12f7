"""The whole stack in a test's process: the project's own template and functions, the emulator, and moto."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests

from local.embedded import LocalStack
from local.ports import url
from local.services import Services
from local.settings import Settings
from local.worker import FunctionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = "https://evil.test"
DEV_SERVER = "http://localhost:5173"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.05, origins=Settings.from_env({"ORIGINS": DEV_SERVER}).origins) as running:
        yield running


def local(stack: LocalStack, path: str, body: Any = None, **headers: str) -> requests.Response:
    if body is None:
        return requests.get(f"{stack.api_url}/_local/{path}", headers=headers, timeout=30)
    return requests.post(f"{stack.api_url}/_local/{path}", data=body, headers=headers, timeout=30)


def test_health_names_all_parts(stack: LocalStack) -> None:
    response = local(stack, "health")
    assert (response.status_code, response.json()) == (200, {"parts": {"api": True, "aws": True, "mux": True}})


def test_a_token_of_the_stack_opens_the_api(stack: LocalStack) -> None:
    token = local(stack, "token", '{"sub": "alice", "groups": ["staff"]}').json()["token"]
    assert stack.request("GET", "/assets", token).json() == {"data": [], "next_cursor": None}
    assert stack.request("GET", "/assets").status_code == 401


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        *((["admin"], 200), (["staff", "admin"], 200), (["admin", "staff"], 200)),
        *((["video admin"], 403), (["not admin"], 403), (["x\tadmin"], 403), (["[admin]"], 403), ([], 403)),
    ],
)
def test_an_administrator_is_who_has_the_group_in_the_token_itself(
    stack: LocalStack, groups: list[str], status: int
) -> None:
    assert stack.request("GET", "/assets?scope=all", stack.token("root", groups)).status_code == status


def test_an_expired_token_can_be_had(stack: LocalStack) -> None:
    token = local(stack, "token", '{"sub": "alice", "ttl_seconds": -10}').json()["token"]
    assert stack.request("GET", "/assets", token).status_code == 401


@pytest.mark.parametrize(
    "body",
    ['{"sub": 1}', "{}", "[]", "{", '{"sub": "a", "groups": "b"}', '{"sub": "a", "ttl_seconds": "1"}', b"\xff"],
)
def test_a_wrong_wish_for_a_token_is_a_400(stack: LocalStack, body: str | bytes) -> None:
    assert local(stack, "token", body).status_code == 400


def test_a_function_can_be_run_by_hand(stack: LocalStack) -> None:
    response = local(stack, "functions/CleanupFunction/invoke", "{}")
    assert response.status_code == 200
    assert list(response.json()) == ["result"]


def test_an_error_of_a_function_run_by_hand_is_shown(stack: LocalStack) -> None:
    response = local(stack, "functions/GetAssetFunction/invoke", '"no event"')
    assert response.status_code == 200
    assert response.json()["error"]["errorType"]
    with pytest.raises(FunctionError):
        stack.invoke("GetAssetFunction", "no event")


def test_an_unknown_function_is_a_404(stack: LocalStack) -> None:
    assert local(stack, "functions/NoFunction/invoke", "{}").status_code == 404


def test_only_pages_of_the_allowed_origins_may_use_the_stacks_routes(stack: LocalStack) -> None:
    origin = stack.origins[0]
    assert local(stack, "token", '{"sub": "alice"}', Origin=EVIL).status_code == 403
    allowed = local(stack, "token", '{"sub": "alice"}', Origin=origin)
    assert allowed.headers["Access-Control-Allow-Origin"] == origin
    preflight = requests.options(
        f"{stack.api_url}/_local/token",
        headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
        timeout=30,
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type"


def test_the_api_itself_allows_the_sites_origin(stack: LocalStack) -> None:
    assert stack.site_url in stack.origins
    assert stack.site_url.replace("127.0.0.1", "localhost") in stack.origins
    response = stack.request("GET", "/assets", headers={"Origin": stack.origins[0]})
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == stack.origins[0]


def test_a_page_of_a_dev_server_that_is_let_in_can_do_what_the_site_can(stack: LocalStack) -> None:
    """Get a token, ask for an upload, and send a file to Mux, each as a browser does it: asking first."""
    asked = {"Origin": DEV_SERVER, "Access-Control-Request-Headers": "authorization,content-type"}
    token = local(stack, "token", '{"sub": "alice"}', Origin=DEV_SERVER).json()["token"]
    preflight = stack.request("OPTIONS", "/uploads", headers={**asked, "Access-Control-Request-Method": "POST"})
    made = stack.request("POST", "/uploads", token, headers={"Origin": DEV_SERVER}, json={"title": "A film"})
    upload = made.json()["data"]["url"]
    put = requests.options(upload, headers={**asked, "Access-Control-Request-Method": "PUT"}, timeout=30)
    for answer in (preflight, made, put):
        assert answer.ok, answer.text
        assert answer.headers["Access-Control-Allow-Origin"] in {DEV_SERVER, "*"}
    foreign = stack.request("POST", "/uploads", token, headers={"Origin": EVIL}, json={"title": "A film"})
    assert foreign.status_code == 403
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_functions_reach_the_table_and_the_secrets(stack: LocalStack) -> None:
    token = stack.token("bob")
    created = stack.request("POST", "/uploads", token, json={"title": "A film"})
    assert created.status_code == 201
    upload = created.json()["data"]
    assert upload["url"].startswith(stack.mux_url)
    found = stack.request("GET", f"/uploads/{upload['id']}", token)
    assert found.json()["data"]["status"] == "waiting"


def test_the_log_shows_requests_but_no_query(stack: LocalStack) -> None:
    stack.request("GET", "/assets?limit=1&secret=7f3c2a", stack.token("alice"))
    assert "GET /assets 400" in stack.log("api")
    assert "7f3c2a" not in stack.log("api")


def test_functions_live_at_the_emulators_clock(stack: LocalStack) -> None:
    token = stack.token("carol")
    upload = stack.request("POST", "/uploads", token, json={}).json()["data"]["id"]
    stack.advance(2 * 3600)
    stack.invoke("CleanupFunction")
    assert stack.request("GET", f"/uploads/{upload}", token).json()["data"]["status"] == "timed_out"


def test_before_all_parts_serve_the_stack_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, int] = {}
    started = Services.start

    async def start(services: Services) -> None:
        async with aiohttp.ClientSession() as session:
            for path in ("/_local/health", "/assets"):
                async with session.get(f"{urls[0]}{path}") as response:
                    answers[path] = response.status
            async with session.post(f"{urls[0]}/_local/token", json={"sub": "alice"}) as response:
                answers["token"] = response.status
        await started(services)

    urls: list[str] = []

    def remember(port: int) -> str:
        urls.append(url(port))
        return urls[-1]

    monkeypatch.setattr("local.stack.url", remember)
    monkeypatch.setattr(Services, "start", start)
    with LocalStack():
        assert answers == {"/_local/health": 503, "/assets": 503, "token": 503}


def test_many_who_ask_during_the_start_hear_503_until_all_is_ready() -> None:
    """Parts join while some of them wait for an answer."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    heard: list[int] = []
    ready = threading.Event()

    def ask() -> None:
        while not ready.is_set():
            try:
                heard.append(requests.get(f"{url(port)}/_local/health", timeout=30).status_code)
            except requests.ConnectionError:
                time.sleep(0.01)

    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    try:
        with LocalStack(api_port=port) as stack:
            assert local(stack, "health").status_code == 200
            ready.set()
            for client in clients:
                client.join()
    finally:
        ready.set()
    assert 503 in heard
    assert set(heard) <= {200, 503}


def test_a_part_that_cannot_start_is_reported(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {}\nParameters: {Needed: {Type: String}}\n")
    with (
        pytest.raises(Exception, match="no such parameters: Other"),
        LocalStack(template=template, parameters={"Other": "1"}),
    ):
        raise AssertionError("it started")


def test_media_are_gone_with_their_stack_even_if_it_was_killed(tmp_path: Path) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as other,
        closing(socket.create_server(("127.0.0.1", 0))) as gone,
    ):
        running, killed = (tmp_path / str(listener.getsockname()[1]) for listener in (other, gone))
        running.mkdir()
        (killed / "film-1").mkdir(parents=True)
        gone.close()
        with LocalStack(media=tmp_path) as stack:
            assert set(tmp_path.iterdir()) == {running, tmp_path / stack.api_url.rpartition(":")[2]}
        assert list(tmp_path.iterdir()) == [running]


def test_a_site_is_served_when_there_is_one(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>Videos</h1>")
    (site / "app.js").write_text("let a = 1")
    with LocalStack(site=site) as stack:
        page = requests.get(stack.site_url, timeout=30)
        assert (page.text, page.headers["Cache-Control"]) == ("<h1>Videos</h1>", "no-store")
        assert requests.get(f"{stack.site_url}/app.js", timeout=30).text == "let a = 1"
        assert requests.get(f"{stack.site_url}/%2e%2e/template.yaml", timeout=30).status_code == 404
        assert stack.site_url in stack.origins


def test_schedules_start_their_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.template.SECONDS", {"minute": 0.2, "hour": 1, "day": 1})
    with LocalStack(schedules=True) as stack:
        limit = time.monotonic() + 20
        while not stack.log("CleanupFunction"):
            assert time.monotonic() < limit, "the cleanup was never started"
            time.sleep(0.1)


def test_parameters_of_a_run_are_those_of_a_deployment() -> None:
    given = Settings.from_env({"PARAMETERS": "MaxUploadsPerDay=0 AdminGroup='video admin'"}).parameters
    assert given == {"MaxUploadsPerDay": "0", "AdminGroup": "video admin"}
    assert Settings.from_env({}).parameters == {}
