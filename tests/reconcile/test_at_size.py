"""A hundred thousand assets: the walk gets through, killed now and then, and keeps to its share of Mux's rate limit."""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_left, bisect_right
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from urllib3 import PoolManager

from mux_lifecycle import rates, runtime
from mux_lifecycle.store import keys
from mux_lifecycle.store.table import Table
from tests import mux_events
from tests.faults.sweep import Killed
from tests.world import ENVIRONMENT, World, entry_point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mux_lifecycle.store.table import Item, Value

ASSETS: Final = 100_000
OLDEST: Final = 1_700_000_000
PAGE: Final = 100
LATENCY: Final = 0.1
PERIOD: Final = 900

# Two are made every second; their names sort as they were made, so that the library has them in Mux's order.
TAG: Final = mux_events.tag()
IDS: Final = [f"film{number:06}00000000000000000000000000000000000000" for number in range(ASSETS)]


_COMMON: Final[Item] = {
    "feed_owner": "ada",
    "owner": "ada",
    "request": TAG.split("#")[3],
    "seen": keys.version("ready", OLDEST * 1_000_000, now=OLDEST),
    "status": "ready",
    "visibility": "private",
}


def _created_at(number: int) -> int:
    return OLDEST + number // 2


def _asset(number: int) -> str:
    return (
        f'{{"id": "{IDS[number]}", "status": "ready", "created_at": "{_created_at(number)}", "duration": 10.5,'
        f' "playback_ids": [{{"id": "{IDS[number]}Play", "policy": "signed"}}], "passthrough": "{TAG}"}}'
    )


class Mux(BaseHTTPRequestHandler):
    """As much of Mux as a walk reads where there is nothing to repair; the cursor is a number."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        answer = '{"data": []}'
        if path == "/system/v1/whoami":
            answer = f'{{"data": {{"environment_id": "{ENVIRONMENT}"}}}}'
        elif path == "/video/v1/assets":
            end = int(query.get("cursor", [str(ASSETS)])[0])
            start = end - int(query["limit"][0])
            assets = ", ".join(map(_asset, range(end - 1, start - 1, -1)))
            answer = f'{{"data": [{assets}], "next_cursor": {f'"{start}"' if start else "null"}}}'
        body = answer.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Stay silent."""


class ManyRecords(Table):
    """A table with a record for every asset, made when it is read; what is no asset is in the real one."""

    def __init__(self, client: Any, name: str) -> None:
        super().__init__(client, name)
        self.read: set[str] = set()
        self._positions = [keys.sort(_created_at(number), IDS[number]) for number in range(ASSETS)]
        self._numbers = {keys.asset(asset_id): number for number, asset_id in enumerate(IDS)}

    def get_all(self, pks: list[str], *, consistent: bool = False) -> list[Item]:
        self.read |= set(pks)
        return [self._record(pk) for pk in pks]

    def query(self, index: str, **request: Any) -> tuple[list[Item], bool]:
        assert index == keys.LIBRARY_INDEX
        values, start, limit = request["values"], request["start"], request["limit"]
        low = bisect_left(self._positions, values["oldest"])
        high = bisect_left(self._positions, start["sort"]) if start else bisect_right(self._positions, values["newest"])
        found = self._positions[max(low, high - limit) : high][::-1]
        return [{"sort": position} for position in found], high - limit > low

    def update(self, pk: str, **request: Any) -> Item:
        assert pk.startswith("CHECKPOINT#"), "nothing differs, so nothing is written"
        return super().update(pk, **request)

    def put(self, item: Item, *, condition: str, values: Mapping[str, Value]) -> Item:
        raise AssertionError("nothing is gone")

    def _record(self, pk: str) -> Item:
        number = self._numbers[pk]
        playable = f'"playback_ids":[{{"id":"{IDS[number]}Play","policy":"signed"}}]'
        return _COMMON | {
            "pk": pk,
            "id": IDS[number],
            "doc": f'{{"duration":10.5,{playable}}}',
            "sort": self._positions[number],
        }


class Clock:
    """Seconds that pass only when somebody waits for them."""

    def __init__(self) -> None:
        self.time = OLDEST + ASSETS
        self.elapsed = 0.0

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds

    def now(self) -> float:
        return self.time + self.elapsed

    def monotonic(self) -> float:
        return self.elapsed


class Function:
    """Lambda's context on that clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends = clock.elapsed + PERIOD

    def get_remaining_time_in_millis(self) -> float:
        return max(0.0, self._ends - self._clock.elapsed) * 1000


@pytest.fixture
def mux_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Mux) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.large
def test_a_hundred_thousand_assets(world: World, mux_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, log = Clock(), list[tuple[float, str]]()
    kill_at = set(range(150, 1200, 230))
    send = PoolManager.request

    def logged(pools: PoolManager, method: str, url: str, **options: Any) -> Any:
        clock.sleep(LATENCY)
        log.append((clock.elapsed, url.removeprefix(mux_url)))
        if len(log) in kill_at:
            raise Killed
        return send(pools, method, url, **options)

    table = ManyRecords(world.dynamodb, world.table_name)
    monkeypatch.setattr(PoolManager, "request", logged)
    monkeypatch.setenv("MUX_API_URL", mux_url)
    monkeypatch.setattr(runtime, "time", SimpleNamespace(time=clock.now, monotonic=clock.monotonic, sleep=clock.sleep))
    monkeypatch.setattr(runtime, "_table", lambda: table)

    kills, runs, report = 0, 0, dict[str, Any]()
    for _ in range(20):
        began = clock.elapsed
        runs += 1
        try:
            report = entry_point("reconcile")({}, Function(clock))
        except Killed:
            kills += 1
            world.cold_start()
        if "finished" in report:
            break
        clock.sleep(max(0.0, began + PERIOD - clock.elapsed))

    assert kills >= 4
    assert runs > kills
    assert report["finished"] == 1
    assert report["drift"] == report["attention"] == 0
    assert len(table.read) == ASSETS, "every record was looked at"
    repeated = kills
    other = len([path for _, path in log if not path.startswith("/video/v1/assets")])
    assert len(log) <= ASSETS // PAGE + repeated + other
    assert other <= 2 * runs
    _keeps_to_its_share([moment for moment, _ in log])


def _keeps_to_its_share(moments: list[float]) -> None:
    """However long one looks, no more calls are made than a bucket of that share would let through."""
    burst, per_second = rates.MUX["other"].share(runtime.RECONCILE_SHARE)
    tokens = burst
    for before, now in itertools.pairwise([moments[0], *moments]):
        tokens = min(burst, tokens + (now - before) * per_second) - 1
        assert tokens > -0.5
    assert len(moments) / (moments[-1] - moments[0]) < per_second
