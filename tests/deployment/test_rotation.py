"""Secrets are exchanged while everything goes on: no event is refused, none applied twice, and every token plays."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mux_lifecycle.errors import InvalidRequest, LifecycleError
from mux_lifecycle.mux.client import MuxClient
from tests import mux_events
from tests.deployment.conftest import URL, Bench
from tests.faults.sweep import Case, ExternalCalls, Killed, cases
from tests.world import STACK, Context, entry_point, http_event

if TYPE_CHECKING:
    from collections.abc import Iterator

type Json = dict[str, Any]

DAY = 86_400
TOKEN_SECONDS = 21_600


class Site:
    """The API as Mux sees it, on a real socket: one route for webhooks, 404 elsewhere.

    `answers` are path, event id, status and outcome; `written` counts for each event the writes that took effect.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.answers: list[tuple[str, str, int, str]] = []
        self.written: Counter[str] = Counter()
        self._turn = threading.Lock()
        bench.world.on_aws_call("provide-client-params.dynamodb.UpdateItem", self._asked)
        bench.world.on_aws_call("after-call.dynamodb.UpdateItem", self._done)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._endpoint())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/mux"

    @contextmanager
    def open(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def at_route(self) -> list[tuple[str, int, str]]:
        """Event id, status and outcome of everything that came to the route itself."""
        return [(event, status, outcome) for path, event, status, outcome in self.answers if path == "/webhooks/mux"]

    def receive(self, event: Json) -> tuple[int, str]:
        """What the receiver answers, also while another function runs."""
        with self._turn, self.bench.world.permissions.of("webhook_receiver"):
            result = entry_point("webhook_receiver")(event, Context())
        return result["statusCode"], json.loads(result["body"]).get("data", {}).get("outcome", "")

    def _asked(self, params: Json, context: Json, **_: Any) -> None:
        context["asked"] = json.dumps(params["ExpressionAttributeValues"])

    def _done(self, http_response: Any, context: Json, **_: Any) -> None:
        if self._thread.is_alive() and http_response.status_code == 200:
            self.written.update(event for event in self._events() if f"|{event}" in context["asked"])

    def _events(self) -> set[str]:
        return {event["id"] for event in self.bench.world.mux.events()}

    def _endpoint(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                path, _, query = self.path.partition("?")
                signed_at = int(self.headers["mux-signature"].split(",")[0].removeprefix("t="))
                if time.time() - signed_at > 60:
                    # The test has moved the clock while this was under way.
                    self.send_response(503)
                    self.end_headers()
                    return
                status, outcome = 404, ""
                if path == "/webhooks/mux":
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    event = http_event("webhook_receiver", owner=None, body=body, headers=headers, query=query)
                    status, outcome = site.receive(event)
                site.answers.append((path, json.loads(body)["id"], status, outcome))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
                """Stay silent."""

        return Endpoint


@pytest.fixture
def site(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A stack in service, with its webhook registered."""
    running = Site(bench)
    with running.open():
        monkeypatch.setenv("WEBHOOK_URL", running.url)
        bench.world.cold_start()
        assert bench.world.setup()["webhook"] == "registered"
        yield running
        for webhook in bench.webhooks():
            bench.world.mux_call("DELETE", f"/system/v1/webhooks/{webhook['id']}")


def something_happens(site: Site) -> None:
    """One event at Mux, which has arrived when this returns, from each webhook that was there."""
    world = site.bench.world
    told = {webhook["id"] for webhook in site.bench.webhooks() if webhook["enabled"]}
    body = {"new_asset_settings": {"passthrough": mux_events.tag("ada")}}
    assert world.mux_post("/video/v1/uploads", body).status_code == 201
    event = world.mux.events()[-1]["id"]

    def told_by() -> set[str]:
        return {delivery["webhook_id"] for delivery in world.mux.deliveries() if delivery["event_id"] == event}

    world.wait_for(lambda: told <= told_by())


def all_arrived_once(site: Site) -> None:
    """Nothing that came to the route was refused, every event came, and none had its effect twice."""
    came = site.at_route()
    happened = {event["id"] for event in site.bench.world.mux.events()}
    assert {status for _, status, _ in came} == {200}
    assert {event for event, _, _ in came} == happened
    assert site.written == Counter(happened)


def test_a_webhook_is_exchanged_under_steady_events(site: Site, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    world = bench.world
    [old] = bench.secret("MuxWebhookSecret")["signing_secrets"]
    world.advance(3600)
    something_happens(site)
    # A receiver has just read the secrets for a forged call, and will not read them again so soon.
    forged = {"content-type": "application/json", "mux-signature": "t=1,v1=00"}
    assert site.receive(http_event("webhook_receiver", owner=None, body=b"{}", headers=forged))[0] == 401

    for name in ("create_webhook", "update_webhook", "delete_webhook"):
        change = getattr(MuxClient, name)

        def eventful(*args: Any, change: Any = change, **kwargs: Any) -> Any:
            something_happens(site)
            changed = change(*args, **kwargs)
            something_happens(site)
            return changed

        monkeypatch.setattr(MuxClient, name, eventful)
    assert world.setup({"rotate": "webhook"})["webhook"] == "rotated"
    new, valid = bench.secret("MuxWebhookSecret")["signing_secrets"]
    assert valid == old != new
    assert len(bench.webhooks()) == 2
    for hours in (1, 12, 11):
        world.advance(hours * 3600)
        assert world.setup() in ({"stopped": "idle"}, {"webhook": "rotating", "signing_key": "in use"})
        something_happens(site)
        assert bench.secret("MuxWebhookSecret")["signing_secrets"] == [new, old]
    world.advance(2 * 3600)
    world.setup()
    assert [webhook["address"] for webhook in bench.webhooks()] == [f"{site.url}?tag={STACK}"]
    assert bench.secret("MuxWebhookSecret")["signing_secrets"] == [new, old], "what was under way is verified still"
    world.advance(3601)
    world.setup()
    assert bench.secret("MuxWebhookSecret")["signing_secrets"] == [new]
    something_happens(site)
    all_arrived_once(site)


def test_a_webhook_is_exchanged_when_its_days_are_over(
    site: Site, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = bench.world
    world.advance(100 * DAY)
    world.setup()
    assert len(bench.webhooks()) == 1, "never, unless the operator wants it"
    monkeypatch.setenv("ROTATION_DAYS", "30")
    world.cold_start()
    world.setup({"check": True})
    assert len(bench.webhooks()) == 2
    for _ in range(5):
        world.advance(6.5 * 3600)
        world.setup()
    assert len(bench.webhooks()) == 1
    world.advance(27 * DAY)
    world.setup()
    assert len(bench.webhooks()) == 1
    world.advance(3 * DAY)
    world.setup()
    assert len(bench.webhooks()) == 2


def test_an_exchange_that_was_killed_is_finished_without_refusing_anything(
    site: Site, bench: Bench, calls: ExternalCalls
) -> None:
    world = bench.world

    def begun() -> None:
        for webhook in bench.webhooks():
            world.mux_call("DELETE", f"/system/v1/webhooks/{webhook['id']}")
        world.replace_items([])
        world.put_secret("MuxWebhookSecret", {})
        world.mux.reset()
        world.cold_start()
        world.setup()
        site.answers.clear()
        site.written.clear()

    begun()
    with calls.meeting():
        world.setup({"rotate": "webhook"})
    undisturbed = list(calls.names)
    for case in [case for case in cases(undisturbed) if case.fault == "killed"]:
        with case.named([]):
            begun()
            _killed(bench, calls, case)
            something_happens(site)
            world.advance(300)
            world.setup()
            assert {webhook["enabled"] for webhook in bench.webhooks()} == {True}
            assert not [webhook for webhook in bench.webhooks() if webhook["address"].endswith("/pending")]
            for hours in (26, 2):
                something_happens(site)
                world.advance(hours * 3600)
                world.cold_start()
                world.setup()
            something_happens(site)
            all_arrived_once(site)
            assert [webhook["address"] for webhook in bench.webhooks()] == [f"{site.url}?tag={STACK}"]
            assert len(bench.secret("MuxWebhookSecret")["signing_secrets"]) == 1


def _killed(bench: Bench, calls: ExternalCalls, case: Case) -> None:
    bench.world.cold_start()
    with pytest.raises((Killed, LifecycleError)), calls.meeting(case.meets, at=case.at):
        bench.world.setup({"rotate": "webhook"})
    bench.world.cold_start()


def test_a_secret_that_has_leaked_is_worthless_at_once(site: Site, bench: Bench) -> None:
    [leaked] = bench.secret("MuxWebhookSecret")["signing_secrets"]
    bench.world.setup({"rotate": "webhook"})
    bench.world.setup({"retire": "webhook"})
    assert leaked not in bench.secret("MuxWebhookSecret")["signing_secrets"]
    assert [webhook["address"] for webhook in bench.webhooks()] == [f"{site.url}?tag={STACK}"]
    something_happens(site)


class Viewer:
    """Somebody with a signed asset, who asks for tokens and plays."""

    def __init__(self, bench: Bench) -> None:
        self.world = bench.world
        body = {"inputs": [{"url": "https://storage.example.com/film.mp4"}], "playback_policies": ["signed"]}
        made = self.world.mux_post("/video/v1/assets", body | {"passthrough": mux_events.tag("ada")}).json()["data"]
        self.world.advance(1)
        self.world.wait_for(lambda: self._asset(made["id"])["status"] == "ready")
        self.asset = self._asset(made["id"])
        event = mux_events.event("video.asset.ready", self.asset, at=1.0)
        self.world.put_secret("MuxWebhookSecret", {"signing_secrets": ["0123456789abcdefghijklmnopqrstuv"]})
        assert self.world.deliver(event).status == 200

    def token(self) -> str:
        """A token for the longest time."""
        answer = self.world.call("playback_tokens", id=self.asset["id"], json_body={})
        return str(answer.data["tokens"]["video"])

    def plays(self, token: str) -> bool:
        playback_id = self.asset["playback_ids"][0]["id"]
        url = f"{self.world.mux.url}/stream/{playback_id}.m3u8?token={token}"
        return requests.get(url, timeout=10).status_code == 200

    def _asset(self, asset_id: str) -> Json:
        found: Json = self.world.mux_get(f"/video/v1/assets/{asset_id}").json()["data"]
        return found


def test_a_signing_key_is_exchanged_and_every_token_plays_as_long_as_it_is_good(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = bench.world
    world.put_secret("MuxSigningKeySecret", {})
    monkeypatch.setenv("WEBHOOK_URL", URL)
    world.cold_start()
    assert world.setup()["signing_key"] == "made"
    viewer = Viewer(bench)
    old = bench.secret("MuxSigningKeySecret")["key_id"]
    before = viewer.token()

    assert world.setup({"rotate": "signing_key"})["signing_key"] == "rotating"
    assert bench.secret("MuxSigningKeySecret")["key_id"] == old, "Mux gets time to know the new one"
    during = viewer.token()
    world.advance(300)
    assert world.setup()["signing_key"] == "rotated"
    new = bench.secret("MuxSigningKeySecret")["key_id"]
    assert new != old
    remembered = viewer.token()
    world.advance(301)
    fresh = viewer.token()
    assert [viewer.plays(token) for token in (before, during, remembered, fresh)] == [True] * 4

    world.advance(TOKEN_SECONDS - 1000)
    world.setup()
    assert [viewer.plays(token) for token in (before, during, remembered, fresh)] == [True] * 4
    assert len(bench.key_ids()) == 2
    world.advance(3 * 3600)
    world.setup()
    assert bench.key_ids() == [new]
    assert viewer.plays(viewer.token())


def test_a_signing_key_that_has_leaked_is_worthless_at_once(bench: Bench) -> None:
    world = bench.world
    world.put_secret("MuxSigningKeySecret", {})
    world.setup()
    leaked = bench.secret("MuxSigningKeySecret")["key_id"]
    world.setup({"rotate": "signing_key"})
    world.advance(300)
    world.setup()
    world.setup({"retire": "signing_key"})
    assert leaked not in bench.key_ids()
    assert bench.key_ids() == [bench.secret("MuxSigningKeySecret")["key_id"]]


@pytest.mark.parametrize(
    "event",
    [{"rotate": "token"}, {"retire": True}, {"check": 1}, {"Rotate": "webhook"}, ["check"], "check", None, 1],
)
def test_an_unknown_option_is_refused_without_a_call(bench: Bench, calls: ExternalCalls, event: object) -> None:
    with calls.meeting(), pytest.raises(InvalidRequest):
        entry_point("mux_setup")(event, Context())  # type: ignore[arg-type]
    assert calls.names == []
