"""A stack that is being deployed: nothing of it is at Mux yet, and its secrets are as an operator leaves them."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from tests.deployment.cloudformation import Answers, Stack
from tests.faults.sweep import ExternalCalls
from tests.simulation import simulation
from tests.world import ENVIRONMENT, STACK, World

type Json = dict[str, Any]

URL: Final = "http://127.0.0.1:9/webhooks/mux"
"""Nobody listens there."""
LIVE: Final = f"{URL}?tag={STACK}"
FOREIGN: Final = "http://127.0.0.1:9/somebody-else"


class Bench:
    """The world around the stack, and a look at what is at Mux."""

    def __init__(self, world: World) -> None:
        self.world = world

    def webhooks(self) -> list[Json]:
        """All at Mux but somebody else's, newest first."""
        found = self.world.mux_get("/system/v1/webhooks?limit=100").json()["data"]
        return [webhook for webhook in found if webhook["address"] != FOREIGN]

    def foreign(self) -> list[Json]:
        found = self.world.mux_get("/system/v1/webhooks?limit=100").json()["data"]
        return [webhook for webhook in found if webhook["address"] == FOREIGN]

    def key_ids(self) -> list[str]:
        return [key["id"] for key in self.world.mux_get("/system/v1/signing-keys?limit=100").json()["data"]]

    def secret(self, logical_id: str) -> Json:
        value = self.world.secrets.get_secret_value(SecretId=self.world.arns[logical_id])["SecretString"]
        found: Json = json.loads(value)
        return found

    def clean(self) -> None:
        """As before the first deployment."""
        self.world.replace_items([])
        self.world.mux.reset()
        for webhook in self.webhooks():
            assert self.world.mux_call("DELETE", f"/system/v1/webhooks/{webhook['id']}").status_code == 204
        for key in self.key_ids():
            assert self.world.mux_call("DELETE", f"/system/v1/signing-keys/{key}").status_code == 204
        if not self.foreign():
            assert self.world.mux_post("/system/v1/webhooks", {"address": FOREIGN}).status_code == 201
        token = {"token_id": self.world.mux.token_id, "token_secret": self.world.mux.token_secret}
        self.world.put_secret("MuxTokenSecret", token)
        self.world.put_secret("MuxWebhookSecret", {})
        self.world.put_secret(
            "MuxSigningKeySecret", {"key_id": "by-hand", "private_key": "which takes no time to make"}
        )
        self.world.configure("WEBHOOK_URL", URL)
        self.world.cold_start()


@pytest.fixture(scope="module")
def _emulator() -> Iterator[MuxEmulator]:
    with MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=0.02, seed=1) as running:
        yield running


@pytest.fixture(scope="module")
def _calls() -> ExternalCalls:
    return ExternalCalls()


@pytest.fixture(scope="module")
def _bench(_emulator: MuxEmulator, _calls: ExternalCalls) -> Iterator[Bench]:
    """One world for all tests of a file, whose waits take no time."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _calls.patch(monkeypatch)
        with simulation(_emulator, monkeypatch) as world:
            monkeypatch.setenv("WEBHOOK_URL", URL)
            world.cold_start()
            yield Bench(world)


@pytest.fixture
def bench(_bench: Bench) -> Bench:
    _bench.clean()
    return _bench


@pytest.fixture
def calls(_calls: ExternalCalls) -> ExternalCalls:
    return _calls


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    with Answers() as running:
        monkeypatch.setattr(runtime, "pools", running.pools)
        yield running


@pytest.fixture
def stack(bench: Bench, answers: Answers) -> Stack:
    return Stack(bench.world, answers)
