"""The attack on Mux's limits over real sockets: gateway, functions in processes of their own, Mux's limits on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Self

import pytest
import requests

from local.embedded import LocalStack
from tests.budget.conftest import FILM
from tests.world import NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPS: Final = 8
UPLOADS: Final = 20
BURST: Final = 5
PATIENCE: Final = 60
SECONDS: Final = 4.1
CAPTIONS: Final = {"url": "https://storage.example.com/captions.vtt", "type": "text", "language_code": "de"}

type Json = dict[str, Any]


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """As it is deployed, but for limits on how much an owner may have: those would stop the attacker sooner."""
    with LocalStack(processing_seconds=0.1, parameters=NO_LIMITS) as running:
        yield running


def asset_of(stack: LocalStack, token: str) -> Json:
    made: Json = stack.request("POST", "/assets", token, json=FILM).json()["data"]
    while made["status"] != "ready":
        stack.advance(1)
        made = stack.request("GET", f"/assets/{made['id']}", token).json()["data"]
    return made


class Hostile:
    """Loops that stop for nothing, each over all routes that change one asset or ask Mux about it."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._token = stack.token("mallory")
        self._over = threading.Event()
        self.answered: Counter[int] = Counter()
        asset = asset_of(stack, self._token)
        path, track = f"/assets/{asset['id']}", asset["tracks"][1]["id"]
        self._calls: list[tuple[str, str, Json | None]] = [
            ("POST", "/uploads", {}),
            ("POST", "/assets", FILM),
            ("PATCH", path, {"title": "Harbour"}),
            ("POST", f"{path}/playback-ids", {"policy": "signed"}),
            ("DELETE", f"{path}/playback-ids/missing", None),
            ("GET", f"{path}/input-info", None),
            ("POST", f"{path}/tracks", CAPTIONS),
            ("PATCH", f"{path}/tracks/{track}", {"name": "Voice"}),
            ("DELETE", f"{path}/tracks/missing", None),
            ("POST", f"{path}/tracks/{track}/generate-subtitles", {"generated_subtitles": [{"language_code": "de"}]}),
            ("POST", f"{path}/static-renditions", {"resolution": "highest"}),
            ("DELETE", f"{path}/static-renditions/missing", None),
            ("PUT", f"{path}/mp4-support", {"mp4_support": "none"}),
            ("PUT", f"{path}/master-access", {"master_access": "temporary"}),
        ]
        self._threads = [threading.Thread(target=self._loop, args=(number,)) for number in range(LOOPS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _loop(self, number: int) -> None:
        while not self._over.is_set():
            method, path, body = self._calls[number % len(self._calls)]
            arguments = {} if body is None else {"json": body}
            self.answered[self._stack.request(method, path, self._token, **arguments).status_code] += 1
            number += 1


def test_another_owner_uploads_20_times_of_20_and_the_reconcile_finishes(stack: LocalStack) -> None:
    grace = stack.token("grace")
    hostile = Hostile(stack)
    stack.advance(60)
    faults = {"api": {"rate_limit": True}}
    assert requests.put(f"{stack.mux_url}/_emulator/faults", json=faults, timeout=10).status_code == 200
    with hostile:
        limit = time.monotonic() + PATIENCE
        while hostile.answered[429] < LOOPS:
            assert time.monotonic() < limit, hostile.answered
            time.sleep(0.05)
        answered: Counter[int] = Counter()
        for number in range(UPLOADS):
            # Beyond the burst, at the pace of one in four seconds that an owner may keep up.
            stack.advance(SECONDS if number >= BURST else 0)
            answered[stack.request("POST", "/uploads", grace, json={}).status_code] += 1
            if number == UPLOADS // 2:
                report = stack.invoke("ReconcileFunction", {"start": True})
    assert answered == {201: UPLOADS}
    assert report["finished"] == 1
    assert 503 not in hostile.answered
