"""Many requests of one owner at once: exactly as many are carried out as there is room for."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.client import BaseClient

from local.mux import sample_mp4
from tests.bridge import Webhooks
from tests.quotas.conftest import FILM, Limit
from tests.world import Answer, Context, World, entry_point, http_event

LIMIT, CALLERS = 10, 50

type Together = Callable[..., Counter[int]]


@pytest.fixture
def together(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Together]:
    """50 callers of a function, each in a thread; every AWS call is atomic, as DynamoDB's writes to one item are."""
    call, one_at_a_time = BaseClient._make_api_call, threading.Lock()  # type: ignore[attr-defined]

    def atomic(*arguments: Any) -> Any:
        with one_at_a_time:
            return call(*arguments)

    keys = itertools.count()

    def ask(function: str, *, owners: int = 1) -> Counter[int]:
        start = threading.Barrier(CALLERS)

        def one(number: int) -> Answer:
            body = b"{}" if function == "create_upload" else b'{"input": "%s"}' % FILM["input"].encode()
            headers = {"content-type": "application/json"}
            if number % 2:
                headers["idempotency-key"] = str(next(keys))
            owner = f"ada-{number % owners}" if owners > 1 else "ada"
            event = http_event(function, owner=owner, body=body, headers=headers)
            start.wait(30)
            result = entry_point(function)(event, Context())
            return Answer(result["statusCode"], None, result["headers"])

        with world.permissions.of(function), ThreadPoolExecutor(CALLERS) as pool:
            return Counter(answer.status for answer in pool.map(one, range(CALLERS)))

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", atomic)
        # Lambda gives a process one request at a time, and Powertools' metrics know no others.
        patch.setattr("mux_lifecycle.api.flush", lambda: None)
        yield ask


def uploads_at_mux(world: World, status: str) -> list[Any]:
    listed = world.mux_get("/video/v1/uploads?limit=100").json()["data"]
    return [upload for upload in listed if upload["status"] == status]


def test_50_uploads_at_once_against_a_limit_of_10(world: World, limit: Limit, together: Together) -> None:
    limit(open_uploads=LIMIT)
    exactly_10 = {201: LIMIT, 429: CALLERS - LIMIT}
    assert together("create_upload") == exactly_10
    for upload in uploads_at_mux(world, "waiting"):
        assert world.call("cancel_upload", id=upload["id"]).status == 204
    assert together("create_upload") == exactly_10
    world.advance(3700)
    world.schedule({"max_share": 1})
    assert together("create_upload") == exactly_10
    assert len(uploads_at_mux(world, "waiting")) == LIMIT


def test_50_assets_at_once_against_a_limit_of_10(
    world: World, limit: Limit, together: Together, webhooks: Webhooks
) -> None:
    limit(assets=LIMIT)
    exactly_10 = {201: LIMIT, 429: CALLERS - LIMIT}
    # Whose permissions a call needs is only known of one function at a time.
    webhooks.held = True
    assert together("create_upload") == exactly_10
    for upload in uploads_at_mux(world, "waiting"):
        world.send_file(upload["url"], sample_mp4())
    webhooks.held = False
    webhooks.settle()
    webhooks.held = True
    assert together("create_asset") == {429: CALLERS}
    for asset in world.mux_assets():
        assert world.call("delete_asset", id=asset["id"]).status == 204
    assert together("create_asset") == exactly_10
    assert len(world.mux_assets()) == LIMIT


def test_50_first_requests_after_the_limit_was_switched_on(world: World, limit: Limit, together: Together) -> None:
    limit()
    for _ in range(7):
        world.call("create_asset", json_body=FILM)
    limit(assets=LIMIT, per_day=CALLERS)
    assert together("create_asset") == {201: LIMIT - 7, 429: CALLERS - LIMIT + 7}
    assert len(world.mux_assets()) == LIMIT


@pytest.mark.parametrize("total", [{"all_per_day": LIMIT}, {"minutes": 5 * LIMIT, "duration": 300}])
def test_50_owners_at_once_against_a_total_of_10(
    world: World, limit: Limit, together: Together, total: dict[str, int]
) -> None:
    limit(**total, open_uploads=1)
    assert together("create_upload", owners=CALLERS) == {201: LIMIT, 429: CALLERS - LIMIT}
    assert len(uploads_at_mux(world, "waiting")) == LIMIT
    assert together("create_asset", owners=CALLERS) == {429: CALLERS}
    world.advance(86_401)
    world.reconcile({"start": True})
    assert together("create_asset", owners=CALLERS) == {201: LIMIT, 429: CALLERS - LIMIT}
    assert len(world.mux_assets()) == LIMIT
