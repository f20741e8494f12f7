"""What a stranger can make the routes without a token do: little, and less the more often they ask."""

import io
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from mux_lifecycle import brief_memory, refusals, runtime, telemetry
from mux_lifecycle.mux import webhooks
from tests import mux_events
from tests.handlers.client import Client
from tests.world import SIGNING_SECRET, Answer, Json

READY = mux_events.asset_event("ready", asset_id="a1")
ONE_BYTE_TOO_MANY = b" " * (webhooks.MAX_BODY_BYTES + 1)


class Clock:
    """The monotonic clock of the functions; it stands still until a test says otherwise."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(client: Client, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(runtime, "time", SimpleNamespace(time=time.time, monotonic=clock, sleep=lambda _: None))
    client.world.cold_start()
    return clock


class Output:
    """The lines that functions have written: JSON logs and metrics."""

    def __init__(self, log: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
        self._log = log
        self._capsys = capsys
        self._printed: list[Json] = []

    def logged(self, message: str) -> list[Json]:
        lines = [json.loads(line) for line in self._log.getvalue().splitlines()]
        return [line for line in lines if line["message"] == message]

    def counted(self, metric: str) -> list[float]:
        """What each line with the metric said."""
        self._printed += [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]
        return [sum(line[metric]) for line in self._printed if metric in line]


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Output:
    log = io.StringIO()
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", log)
    capsys.readouterr()
    return Output(log, capsys)


def signed(*, body: bytes = b"{}", age: float = 0, secret: str = SIGNING_SECRET) -> dict[str, Any]:
    return {"body": body, "at": runtime.now() - age, "secret": secret}


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"body": ONE_BYTE_TOO_MANY}, 413),
        ({"body": ONE_BYTE_TOO_MANY, "age": 86_400}, 413),
        ({"body": ONE_BYTE_TOO_MANY, "secret": "forged"}, 413),
        ({"age": 302}, 401),
        ({"age": -302}, 401),
        ({"age": 86_400, "body": b" " * webhooks.MAX_BODY_BYTES}, 401),
    ],
)
def test_a_delivery_too_large_or_too_old_costs_no_digest_no_secret_and_no_table_call(
    client: Client, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], status: int
) -> None:
    delivered = signed(**how)
    signature = webhooks.sign(delivered["body"], delivered["secret"], timestamp=int(delivered["at"]))
    digests: list[object] = []
    monkeypatch.setattr(webhooks, "sign", lambda *_args, **_named: signature)
    monkeypatch.setattr(webhooks, "_digest", lambda *given: digests.append(given))
    before = client.calls()
    answer = client.world.deliver(None, **delivered)
    assert (answer.status, client.calls(), digests) == (status, before, [])


@pytest.mark.parametrize(
    "header",
    ["", "t=1", f"v1={'0' * 64}", "t={now},v1=0", f"t={{now}},v1={'g' * 64}", f"t=x,v1={'0' * 64}", "x" * 5000],
)
def test_a_header_of_another_shape_costs_no_secret(client: Client, header: str) -> None:
    before = client.calls()
    headers = {"mux-signature": header.format(now=int(runtime.now()))}
    answer = client.world.call("webhook_receiver", owner=None, body=b"{}", headers=headers)
    assert (answer.status, client.calls()) == (401, before)


def test_the_largest_body_that_mux_may_send_is_stored(client: Client) -> None:
    raw = json.dumps(READY).encode()
    answer = client.world.deliver(None, body=raw + b" " * (webhooks.MAX_BODY_BYTES - len(raw)))
    assert answer.data == {"outcome": "applied"}


def test_all_refusals_of_a_webhook_have_one_body(client: Client) -> None:
    answers = [client.world.deliver(READY, **how) for how in ({"secret": "forged"}, {"at": 1}, {"secret": ""})]
    assert {json.dumps(answer.body) for answer in answers} == {json.dumps(answers[0].body)}
    assert answers[0].body == {"error": {"type": "unauthorized", "messages": ["Unauthorized"]}}


FORGED: list[dict[str, Any]] = [{"secret": "forged"}, {"at": 1}, {"body": ONE_BYTE_TOO_MANY}]


def test_a_flood_of_forged_webhooks_is_counted_and_hardly_written(client: Client, clock: Clock, output: Output) -> None:
    for number in range(600):
        assert client.world.deliver(READY, **FORGED[number % 3]).status in {401, 413}
    assert len(output.logged("request refused")) == len(output.logged("request handled")) == refusals.BURST
    assert output.counted("WebhookRefused") == [1] * refusals.BURST
    clock.at += refusals.SECONDS
    client.world.deliver(READY, secret="forged")
    assert output.counted("WebhookRefused") == [*([1] * refusals.BURST), 601 - refusals.BURST]
    assert output.logged("request refused")[-1]["times"] == 601 - refusals.BURST


def test_a_flood_that_goes_on_writes_a_line_every_few_seconds(client: Client, clock: Clock, output: Output) -> None:
    for _ in range(600):
        client.world.deliver(READY, secret="forged")
        clock.at += 0.1
    lines = refusals.BURST + 60 / refusals.SECONDS
    assert abs(len(output.counted("WebhookRefused")) - lines) <= 1
    assert abs(len(output.logged("request refused")) - lines) <= 1


def test_each_signed_event_is_logged_and_reports_the_flood_before_it(
    client: Client, clock: Clock, output: Output
) -> None:
    del clock
    for _ in range(50):
        client.world.deliver(READY, secret="forged")
    for _ in range(20):
        assert client.world.deliver(READY).status == 200
    assert len(output.logged("webhook handled")) == 20
    assert len(output.logged("request handled")) == refusals.BURST + 20
    assert sum(output.counted("WebhookRefused")) == 50


def test_a_quiet_time_makes_room_for_single_lines_again(client: Client, clock: Clock, output: Output) -> None:
    for _ in range(30):
        client.world.deliver(READY, secret="forged")
    clock.at += refusals.BURST * refusals.SECONDS
    written = len(output.logged("request refused"))
    for _ in range(30):
        client.world.deliver(READY, secret="forged")
    assert len(output.logged("request refused")) == written + refusals.BURST


def test_refusals_of_the_gallery_are_sampled_and_counted_nowhere(client: Client, clock: Clock, output: Output) -> None:
    del clock
    for _ in range(100):
        assert client.world.call("gallery", owner=None, query="limit=0").status == 400
    assert len(output.logged("request refused")) == refusals.BURST
    assert output.counted("WebhookRefused") == []


@pytest.mark.parametrize("function", ["get_asset", "create_upload"])
def test_refusals_on_a_route_with_a_token_are_all_logged(client: Client, output: Output, function: str) -> None:
    for _ in range(20):
        assert client.call(function, id="missing1", query="x=1").status == 400
    assert len(output.logged("request refused")) == 20


# The gallery


@pytest.fixture
def queries(client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[Json]:
    """Every question to the gallery's index from now on; the memory lasts three seconds."""
    del clock
    monkeypatch.setattr(runtime, "GALLERY_SECONDS", 3.0)
    client.world.cold_start()
    asked: list[Json] = []
    client.world.on_aws_call("provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params))
    return asked


def publish(client: Client, asset_id: str) -> None:
    playback_ids = [{"id": f"{asset_id}Play", "policy": "public"}]
    event = mux_events.asset_event(
        "ready", asset_id=asset_id, passthrough=mux_events.tag(visibility="public"), playback_ids=playback_ids
    )
    assert client.world.deliver(event).status == 200


def gallery(client: Client, query: str = "") -> Answer:
    answer = client.world.call("gallery", owner=None, query=query)
    assert answer.status == 200, answer
    return answer


def ids(client: Client, query: str = "") -> list[str]:
    return [asset["id"] for asset in gallery(client, query).data]


def test_a_flood_on_the_gallery_costs_one_query_every_few_seconds(
    client: Client, clock: Clock, queries: list[Json]
) -> None:
    publish(client, "a1")
    first = gallery(client)
    assert all(gallery(client) == first for _ in range(500))
    assert len(queries) == 1
    clock.at += 2.9
    gallery(client)
    assert len(queries) == 1
    clock.at += 0.1
    gallery(client)
    assert len(queries) == 2


def test_a_change_shows_after_these_seconds(client: Client, clock: Clock, queries: list[Json]) -> None:
    publish(client, "a1")
    assert ids(client) == ["a1"]
    publish(client, "a2")
    client.world.deliver(mux_events.asset_event("deleted", asset_id="a1"))
    assert ids(client) == ["a1"]
    clock.at += 3
    assert ids(client) == ["a2"]
    assert len(queries) == 2


def test_each_limit_has_its_own_page(client: Client, queries: list[Json]) -> None:
    for asset_id in ("a1", "a2", "a3"):
        publish(client, asset_id)
    assert [len(ids(client, f"limit={limit}")) for limit in (1, 2, 3, 1, 2, 3, 25)] == [1, 2, 3, 1, 2, 3, 3]
    assert len(ids(client)) == 3
    assert len(queries) == 4


def test_later_pages_are_not_kept(client: Client, queries: list[Json]) -> None:
    for asset_id in ("a1", "a2", "a3"):
        publish(client, asset_id)
    cursor = gallery(client, "limit=1").body["next_cursor"]
    assert cursor == gallery(client, "limit=1").body["next_cursor"]
    assert len(queries) == 1
    assert ids(client, f"limit=1&cursor={cursor}") == ids(client, f"limit=1&cursor={cursor}")
    assert len(queries) == 3


def test_the_gallery_keeps_few_pages_at_once(client: Client, queries: list[Json]) -> None:
    for limit in range(1, 101):
        gallery(client, f"limit={limit}")
    kept = runtime.first_gallery_pages()._kept
    assert list(kept) == list(range(101 - brief_memory.ENTRIES, 101))
    assert len(queries) == 100


def test_a_refused_query_is_refused_again_and_a_failed_one_is_tried_again(
    client: Client, queries: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(client, "a1")

    def fail(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example.com")

    with monkeypatch.context() as broken:
        broken.setattr(runtime._table()._client, "query", fail)
        assert client.world.call("gallery", owner=None).status == 503
    assert ids(client) == ["a1"]
    assert client.world.call("gallery", owner=None, query="limit=0").status == 400
    assert client.world.call("gallery", owner=None, query="limit=25&x=1").status == 400
    assert len(queries) == 1


def test_another_instance_remembers_nothing(client: Client, queries: list[Json]) -> None:
    publish(client, "a1")
    gallery(client)
    client.world.cold_start()
    gallery(client)
    assert len(queries) == 2


def test_a_webhook_is_still_one_write(client: Client) -> None:
    client.world.deliver({})
    before = client.calls()[0]
    assert client.world.deliver(READY).data == {"outcome": "applied"}
    assert client.calls()[0] == before + 1
