"""The cleanup under bad conditions: it heals what it can, buries almost nothing, and leaves what is not its own."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.mux import MuxEmulator
from mux_lifecycle.errors import InvalidRequest, LifecycleError, WrongEnvironment
from tests import mux_events
from tests.faults.story import FILM, VIDEO
from tests.faults.sweep import Do, ExternalCalls, Fault, mux_says
from tests.world import ENVIRONMENT, Context, Json, World, entry_point

HTML = b"<html><h1>It works!</h1></html>"


def _overdue_uploads(world: World, count: int) -> list[str]:
    """Records of uploads that have timed out long ago and that Mux does not know any more."""
    first = mux_events.new_id("upload")
    assert world.deliver(mux_events.upload_event("created", upload_id=first)).status == 200
    [item] = [item for item in world.items() if item["pk"]["S"] == f"UPLOAD#{first}"]
    ids = [first] + [mux_events.new_id("upload") for _ in range(count - 1)]
    for upload_id in ids[1:]:
        world.dynamodb.put_item(TableName=world.table_name, Item=item | {"pk": {"S": f"UPLOAD#{upload_id}"}})
    return ids


def _statuses(world: World) -> list[str]:
    return sorted(str(record.get("status")) for pk, record in world.records().items() if pk.startswith("UPLOAD#"))


def _asked(world: World) -> list[str]:
    return [request["path"] for request in world.mux.requests()]


def _make_asset(world: World, body: Json = FILM) -> str:
    made = str(world.call("create_asset", json_body=body).data["id"])
    _wait_until_ready(world)
    return made


def _wait_until_ready(world: World) -> None:
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))


# What may not be believed


def test_in_the_wrong_environment_nothing_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _overdue_uploads(world, 30)
    before = world.items()
    monkeypatch.setenv("MUX_ENVIRONMENT_ID", "zzzzzz")
    world.cold_start()
    with pytest.raises(WrongEnvironment):
        world.schedule()
    assert world.items() == before
    assert len(_asked(world)) == 2


def test_with_a_token_that_mux_refuses_nothing_is_gone(world: World) -> None:
    """Who has no token learns nothing about any record; somebody has to hear of it."""
    _overdue_uploads(world, 30)
    before = world.items()
    world.put_secret("MuxTokenSecret", {"token_id": "revoked", "token_secret": "revoked"})
    world.cold_start()
    with pytest.raises(LifecycleError):
        world.schedule()
    assert world.items() == before
    assert len(_asked(world)) <= 3


@pytest.mark.parametrize(("count", "gone"), [(9, 9), (10, 10), (15, 10)])
def test_where_mux_knows_nothing_any_more_few_records_are_closed_at_a_time(world: World, count: int, gone: int) -> None:
    """At most ten, or a twentieth of what the run has seen if that is more."""
    _overdue_uploads(world, count)
    report = world.schedule()
    assert _statuses(world) == ["timed_out"] * gone + ["waiting"] * (count - gone)
    assert report["seen"] == count


@pytest.mark.parametrize(("share", "gone"), [(1, 25), (0.5, 12), (0.45, 11), (0.4, 10), (0, 10)])
def test_an_operator_may_allow_more_for_one_run(world: World, share: float, gone: int) -> None:
    _overdue_uploads(world, 25)
    world.schedule({"max_share": share})
    assert _statuses(world).count("timed_out") == gone


def test_what_was_held_back_is_looked_at_again_by_the_next_run(world: World) -> None:
    _overdue_uploads(world, 25)
    for left in (15, 5, 0):
        world.schedule()
        assert _statuses(world).count("waiting") == left


def test_through_an_outage_everything_stays_due_and_the_run_ends_soon(world: World) -> None:
    _overdue_uploads(world, 30)
    before = world.items()
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.schedule()["stopped"]
    assert world.items() == before
    assert len(_asked(world)) <= 10


def test_at_the_first_refusal_for_too_many_requests_the_run_ends(world: World) -> None:
    _overdue_uploads(world, 30)
    before = world.items()
    world.mux.set_faults({"api": {"rate_limit": 1}})
    assert world.schedule()["stopped"]
    assert world.items() == before
    assert len(_asked(world)) == 1


@pytest.mark.parametrize("body", [HTML, b"", b"[]", b'{"data": []}', b'{"data": {"id": "x", "status": "waiting"}}'])
def test_an_answer_that_is_none_says_nothing_about_a_record(
    world: World, external_calls: ExternalCalls, body: bytes
) -> None:
    _overdue_uploads(world, 12)
    with external_calls.meeting(_mux_always_says(200, body), at=0):
        world.schedule()
    assert _statuses(world) == ["waiting"] * 12


def test_a_mux_that_answers_nonsense_is_not_asked_about_every_record(
    world: World, external_calls: ExternalCalls
) -> None:
    _overdue_uploads(world, 30)
    with external_calls.meeting(_mux_always_says(200, HTML), at=0):
        assert world.schedule()["stopped"]
    assert len([name for name in external_calls.names if name.startswith("GET")]) <= 10


@pytest.mark.parametrize(("status", "told"), [(429, "stopped"), (503, "unreachable")])
def test_an_environment_that_cannot_be_asked_now_is_not_a_wrong_one(
    world: World, external_calls: ExternalCalls, status: int, told: str
) -> None:
    """Nothing is believed, nobody is alarmed: the next run asks again."""
    _overdue_uploads(world, 3)
    before = world.items()

    def no_identity(do: Do) -> Any:
        return mux_says(status, b"") if external_calls.names[-1].endswith("/whoami") else do()

    with external_calls.meeting(Fault(_undisturbed, no_identity, lasting=True), at=0):
        assert world.schedule()[told]
    assert world.items() == before


def _undisturbed(_: object, do: Do) -> Any:
    return do()


def _mux_always_says(status: int, body: bytes) -> Fault:
    def say(_: Do) -> Any:
        return mux_says(status, body)

    return Fault(_undisturbed, say, lasting=True)


# What is healed


def test_an_upload_whose_asset_was_never_heard_of_gets_it(world: World) -> None:
    """Of all events only `video.upload.asset_created` came through."""
    made = world.call("create_upload", json_body={}).data
    world.send_file(made["url"], VIDEO)
    _wait_until_ready(world)
    [asset] = world.mux_assets()
    event = mux_events.upload_event(
        "asset_created", upload_id=made["id"], asset_id=asset["id"], at=_now(world), passthrough=asset["passthrough"]
    )
    assert world.deliver(event).status == 200
    world.advance(2 * 3600)
    world.schedule()
    assert world.call("get_upload", id=made["id"]).data["asset"]["status"] == "ready"
    assert [entry["id"] for entry in world.call("list_assets").data] == [asset["id"]]
    assert not [record for record in world.records().values() if "due_at" in record]


def test_a_wish_to_delete_waits_until_mux_can(slow_world: World) -> None:
    """Mux does not delete what it still prepares."""
    asset_id = slow_world.call("create_asset", json_body=FILM).data["id"]
    assert slow_world.call("delete_asset", id=asset_id).data["status"] == "deleting"
    slow_world.advance(3600)
    slow_world.schedule()
    assert slow_world.call("get_asset", id=asset_id).data["status"] == "deleting"
    assert len(slow_world.mux_assets()) == 1
    slow_world.advance(6 * 3600)
    slow_world.schedule()
    assert slow_world.call("get_asset", id=asset_id).status == 404
    assert not slow_world.mux_assets()


def test_an_asset_that_mux_still_prepares_is_asked_about_again_later(slow_world: World) -> None:
    asset_id = slow_world.call("create_asset", json_body=FILM).data["id"]
    slow_world.advance(3600)
    slow_world.schedule()
    asked = len(_asked(slow_world))
    slow_world.schedule()
    assert len(_asked(slow_world)) == asked
    assert slow_world.call("get_asset", id=asset_id).data["status"] == "preparing"
    slow_world.advance(6 * 3600)
    slow_world.schedule()
    assert slow_world.call("get_asset", id=asset_id).data["status"] == "ready"


@pytest.fixture
def slow_world(monkeypatch: pytest.MonkeyPatch, waits: None) -> Iterator[World]:
    """A Mux that prepares for five hours."""
    with (
        MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=5 * 3600) as mux,
        World(mux, monkeypatch) as world,
    ):
        yield world


@pytest.mark.parametrize("poison", ["unknown kind", "upload of nothing", "intent without request", "asset without id"])
def test_a_record_that_makes_no_sense_is_counted_and_keeps_nobody_waiting(world: World, poison: str) -> None:
    items = {
        "unknown kind": {"pk": {"S": "WHAT#1"}},
        "upload of nothing": {"pk": {"S": "UPLOAD#"}, "status": {"S": "waiting"}},
        "intent without request": {"pk": {"S": "IDEMPOTENCY#1"}, "state": {"S": "pending"}, "owner": {"S": "ada"}},
        "asset without id": {"pk": {"S": "ASSET#../x"}, "seen": {"S": "nonsense"}, "status": {"S": "preparing"}},
    }
    bad = items[poison] | {"due": {"S": "due"}, "due_at": {"N": "1"}}
    world.dynamodb.put_item(TableName=world.table_name, Item=bad)
    _overdue_uploads(world, 5)
    report = world.schedule()
    assert _statuses(world).count("timed_out") >= 5
    assert report["seen"] == 6
    assert world.schedule().get("seen", 0) == 0, "it does not come back at once"


def _now(world: World) -> float:
    return world.mux.advance(0)


# What is not the cleanup's


def test_foreign_assets_are_never_touched(world: World) -> None:
    for passthrough in (None, "", "mxl1#another-stack#ada#request#private", "somebody else's"):
        body = {"inputs": [{"url": FILM["input"]}]} | ({"passthrough": passthrough} if passthrough else {})
        assert world.mux_post("/video/v1/assets", body).status_code == 201
    _wait_until_ready(world)
    foreign = world.mux_assets()
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.call("create_asset", json_body=FILM).status == 503
    world.mux.set_faults({})
    for _ in range(3):
        world.advance(2 * 3600)
        world.schedule()
    assert world.mux_assets() == foreign
    assert world.call("list_assets").data == []
    assert {request["method"] for request in world.mux.requests()} <= {"GET", "POST"}


def test_a_dry_run_touches_nothing_and_says_what_is_due(world: World) -> None:
    _overdue_uploads(world, 3)
    asset_id = _make_asset(world)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.call("delete_asset", id=asset_id).status == 202
    world.mux.set_faults({})
    world.advance(2 * 3600)
    before, asked = world.items(), len(_asked(world))
    report = world.schedule({"dry_run": True})
    assert world.items() == before
    assert len(_asked(world)) == asked
    assert report["seen"] == 4
    assert len(world.mux_assets()) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"dry_run": "true"},
        {"dry_run": 1},
        {"dry_run": None},
        {"max_share": "1"},
        {"max_share": True},
        {"max_share": -0.1},
        {"max_share": 1.1},
        {"max_share": float("nan")},
        {"max_share": None},
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_done(world: World, event: Json) -> None:
    _overdue_uploads(world, 2)
    before = world.items()
    with pytest.raises(InvalidRequest):
        world.schedule(event)
    assert world.items() == before
    assert not _asked(world)


@pytest.mark.parametrize("event", [{"dryrun": True}, {"dry_run": True, "max-share": 0}, ["dry_run"], "dry_run", None])
def test_an_option_that_nobody_knows_is_refused_before_anything_is_done(world: World, event: object) -> None:
    _overdue_uploads(world, 2)
    before = world.items()
    with pytest.raises(InvalidRequest, match=r"^unknown: '\w+.\w+'\. Known are dry_run, max_share$|JSON object"):
        entry_point("cleanup")(event, Context())  # type: ignore[arg-type]
    assert world.items() == before
    assert not _asked(world)


@pytest.mark.parametrize("seconds", [0, 5, 29])
def test_a_run_that_is_almost_out_of_time_begins_nothing(world: World, seconds: float) -> None:
    _overdue_uploads(world, 3)
    before = world.items()
    assert world.schedule(seconds=seconds)["stopped"] == "out_of_time"
    assert world.items() == before
    assert not _asked(world)


def test_a_run_keeps_to_its_share_of_the_rate_limit(world: World, naps: list[float]) -> None:
    _overdue_uploads(world, 60)
    began = time.monotonic()
    world.schedule({"max_share": 1})
    took = time.monotonic() - began + sum(naps)
    # 61 calls from a bucket of 50 that fills by 2.5 a second.
    assert len(_asked(world)) == 61
    assert took >= 11 / 2.5


# Others at work at the same time


def test_a_second_run_in_the_midst_of_the_first_does_no_harm(world: World, external_calls: ExternalCalls) -> None:
    """A schedule may be delivered twice."""

    def prepare() -> None:
        world.mux.set_faults({})
        world.mux.reset()
        world.replace_items([])
        world.cold_start()
        made = world.call("create_upload", json_body={}).data
        world.send_file(made["url"], VIDEO)
        _overdue_uploads(world, 1)
        asset_id = _make_asset(world)
        world.mux.set_faults({"api": {"error_rate": 1}})
        assert world.call("delete_asset", id=asset_id).status == 202
        world.mux.set_faults({})
        _wait_until_ready(world)
        world.advance(2 * 3600)

    def second(do: Do) -> Any:
        world.schedule()
        return do()

    prepare()
    with external_calls.meeting():
        world.schedule()
    overtaken = Fault(lambda _, do: second(do), second, after_effect=True)
    decisive = [at for at, name in enumerate(external_calls.names) if overtaken.concerns(name)]
    assert len(decisive) > 5
    for at in decisive:
        prepare()
        with external_calls.meeting(overtaken, at=at):
            world.schedule()
        assert external_calls.met
        assert [asset["status"] for asset in world.call("list_assets").data] == ["ready"]
        assert len(world.mux_assets()) == 1
        assert _statuses(world) == ["asset_created", "timed_out"]
        assert not [record for record in world.records().values() if "due_at" in record]


@pytest.mark.parametrize("news", ["deleted", "errored"])
def test_an_event_that_overtakes_the_run_is_not_undone(world: World, external_calls: ExternalCalls, news: str) -> None:
    """What Mux said a moment ago is older than the event that has come since."""
    asset_id = _make_asset(world)
    world.advance(2 * 3600)
    items = world.items()
    with external_calls.meeting():
        world.schedule()
    for at in range(len(external_calls.names)):
        world.replace_items(items)

        def tell(do: Do) -> Any:
            answer = do()
            [asset] = world.mux_assets()
            event = mux_events.asset_event(
                news, asset_id=asset_id, status=None if news == "errored" else "ready", at=_now(world) + 30
            )
            assert world.deliver(event | {"data": event["data"] | {"passthrough": asset["passthrough"]}}).status == 200
            return answer

        with external_calls.meeting(Fault(lambda _, do: tell(do), tell), at=at):
            world.schedule()
        shown = world.call("get_asset", id=asset_id)
        assert shown.status == 404 if news == "deleted" else shown.data["status"] == "errored"


def test_how_long_the_oldest_has_been_due_is_a_metric(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    def oldest() -> float:
        printed = capsys.readouterr().out.splitlines()
        metrics = [json.loads(line) for line in printed if '"_aws"' in line]
        [age] = metrics[-1]["OldestDueSeconds"]
        return float(age)

    world.schedule()
    assert oldest() == 0
    _overdue_uploads(world, 4)
    longest = max(time.time() - int(record["due_at"]) for record in world.records().values())
    world.schedule()
    assert longest - 1 <= oldest() <= longest + 5
    world.schedule()
    assert oldest() == 0
