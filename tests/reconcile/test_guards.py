"""What a walk must not believe, and how it ends when Mux or its own time does not let it go on."""

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from mux_lifecycle import runtime
from mux_lifecycle.errors import InvalidRequest, LifecycleError, MuxMalformed, WrongEnvironment
from mux_lifecycle.store.checkpoints import LEASE_SECONDS
from mux_lifecycle.workflows.reconcile import PERIOD_SECONDS
from tests import mux_events
from tests.faults.sweep import Do, ExternalCalls, Fault, Killed, mux_says
from tests.reconcile.library import MuxLibrary
from tests.reconcile.truth import differences, shown
from tests.world import Context, Json, World, entry_point

START: Json = {"start": True}
HTML = b"<html><h1>It works!</h1></html>"


def _left(world: World) -> int:
    return len(shown(world))


def _asked(world: World) -> list[str]:
    return [request["path"] for request in world.mux.requests()]


def _on_call(calls: ExternalCalls, path: str, answer: Callable[[Do], Any]) -> Fault:
    """A fault that Mux's calls of `path` meet, whenever they come."""

    def mux(do: Do) -> Any:
        return answer(do) if calls.names[-1] == path else do()

    return Fault(lambda _, do: do(), mux, lasting=True)


def _always(status: int, body: bytes) -> Callable[[Do], Any]:
    return lambda _: mux_says(status, body)


def _without_checkpoint(world: World) -> list[Json]:
    return [item for item in world.items() if not item["pk"]["S"].startswith("CHECKPOINT#")]


# How many may be gone


@pytest.mark.parametrize(("lost", "buried"), [(9, 9), (10, 10), (15, 10)])
def test_one_walk_declares_few_records_gone(world: World, library: MuxLibrary, lost: int, buried: int) -> None:
    """At most ten, or a twentieth of what Mux has listed if that is more."""
    made = library.known(world, 30)
    library.drop(*made[-lost:])
    report = world.reconcile(START)
    assert _left(world) == 30 - buried
    assert report["buried"] == buried
    assert report.get("held_back", 0) == report["attention"] == lost - buried


@pytest.mark.parametrize(("share", "buried"), [(1, 14), (0.75, 12), (0.7, 11), (0.6, 10), (0, 10)])
def test_an_operator_may_allow_more_for_one_walk(world: World, library: MuxLibrary, share: float, buried: int) -> None:
    made = library.known(world, 30)
    library.drop(*made[:14])
    assert world.reconcile({"max_share": share})["buried"] == buried


def test_what_was_held_back_is_asked_about_again_by_the_next_walk(world: World, library: MuxLibrary) -> None:
    made = library.known(world, 30)
    library.drop(*made[:25])
    for left in (20, 10, 5):
        world.reconcile(START)
        assert _left(world) == left


def test_a_mux_without_any_asset_buries_no_library(world: World, library: MuxLibrary) -> None:
    library.known(world, 40)
    library.empty()
    report = world.reconcile(START)
    assert _left(world) == 30
    assert report["attention"] == 30
    assert len([path for path in _asked(world) if path.count("/") == 4]) == 10, "nobody asks in vain"


def test_a_list_that_leaves_out_what_exists_proves_nothing(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    library.known(world, 40)
    empty = _on_call(external_calls, "GET /video/v1/assets", _always(200, b'{"data": []}'))
    with external_calls.meeting(empty, at=0):
        report = world.reconcile(START)
    assert _left(world) == 40
    assert "buried" not in report
    assert report["held_back"] == 30
    assert len([name for name in external_calls.names if name == "GET /video/v1/assets/ID"]) == 10


def test_more_than_a_checkpoint_can_hold_is_asked_about_on_the_way(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mux_lifecycle.workflows.asset_walk._MOST_MISSING", 4)
    monkeypatch.setattr("mux_lifecycle.workflows.asset_walk._INDEX_PAGE", 3)
    made = library.known(world, 30)
    library.drop(*made[3:21:2])
    assert world.reconcile(START)["buried"] == 9
    assert differences(world) == []
    left = shown(world)
    library.drop(*(asset["id"] for asset in left[1:]))
    assert world.reconcile(START)["buried"] == 10
    assert _left(world) == 11


# What may not be believed


def test_in_the_wrong_environment_nothing_is_done(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = library.known(world, 5)
    library.drop(made[0])
    library.change(made[1], meta={"title": "Another environment's"})
    library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    before, asked = _without_checkpoint(world), len(_asked(world))
    monkeypatch.setenv("MUX_ENVIRONMENT_ID", "zzzzzz")
    world.cold_start()
    with pytest.raises(WrongEnvironment):
        world.reconcile(START)
    assert _without_checkpoint(world) == before
    assert _asked(world)[asked:] == ["/system/v1/whoami"]


def test_a_token_that_is_exchanged_in_the_midst_of_a_walk_is_not_believed_either(
    world: World, library: MuxLibrary, external_calls: ExternalCalls, short_pages: None
) -> None:
    """The list may have been the first call to use it."""
    library.known(world, 9)
    library.add(created_at=1_700_000_100, passthrough=mux_events.tag())
    before = _without_checkpoint(world)

    def another_token(do: Do) -> Any:
        if external_calls.names[-1].endswith("/whoami"):
            return mux_says(200, b'{"data": {"environment_id": "zzzzzz"}}')
        runtime._scheduled_mux(runtime.RECONCILE_SHARE)._environments.clear()
        return do()

    with external_calls.meeting():
        world.reconcile({"dry_run": True})
    at = external_calls.names.index("GET /video/v1/assets")
    fault = Fault(lambda _, do: do(), another_token, lasting=True)
    with external_calls.meeting(fault, at=at), pytest.raises(WrongEnvironment):
        world.reconcile(START)
    assert _without_checkpoint(world) == before


def test_with_a_token_that_mux_refuses_nothing_is_done(world: World, library: MuxLibrary) -> None:
    made = library.known(world, 5)
    library.drop(*made)
    before, asked = _without_checkpoint(world), len(_asked(world))
    world.put_secret("MuxTokenSecret", {"token_id": "revoked", "token_secret": "revoked"})
    world.cold_start()
    with pytest.raises(LifecycleError):
        world.reconcile(START)
    assert _without_checkpoint(world) == before
    assert len(_asked(world)) - asked <= 3


@pytest.mark.parametrize("path", ["GET /video/v1/assets", "GET /video/v1/uploads", "GET /video/v1/assets/ID"])
@pytest.mark.parametrize(("status", "body"), [(401, b""), (403, b""), (200, HTML), (200, b"[]"), (200, b'{"data": 1}')])
def test_answers_that_cannot_be_used_bury_nothing_and_somebody_hears_of_it(
    world: World, library: MuxLibrary, external_calls: ExternalCalls, path: str, status: int, body: bytes
) -> None:
    made = library.known(world, 5)
    library.drop(made[2])
    fault = _on_call(external_calls, path, _always(status, body))
    # Lambda reports the failed run; whoever comes next need not wait for its lease.
    with external_calls.meeting(fault, at=0), contextlib.suppress(LifecycleError):
        assert world.reconcile(START)["attention"]
    if path != "GET /video/v1/uploads":
        assert _left(world) == 5
    world.reconcile(START)
    assert differences(world) == []


def test_a_token_that_may_not_see_the_list_is_a_wrong_one(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    """Mux answers 404 to a token without the permission."""
    library.known(world, 5)
    for path in ("GET /video/v1/assets", "GET /video/v1/uploads"):
        with (
            external_calls.meeting(_on_call(external_calls, path, _always(404, b"{}")), at=0),
            pytest.raises(WrongEnvironment),
        ):
            world.reconcile(START)
    assert _left(world) == 5


def test_a_list_that_goes_round_in_circles_ends(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    library.known(world, 3)
    [asset, *_] = world.mux_assets()
    pages = [json.dumps({"data": [asset], "next_cursor": cursor}).encode() for cursor in ("one", "two", "three", "two")]
    told: list[bytes] = []

    def round_and_round(_: Do) -> Any:
        told.append(pages[len(told)] if len(told) < 4 else pages[2 + len(told) % 2])
        return mux_says(200, told[-1])

    fault = _on_call(external_calls, "GET /video/v1/assets", round_and_round)
    with external_calls.meeting(fault, at=0), pytest.raises(MuxMalformed):
        world.reconcile(START)
    assert len(told) < 10
    assert _left(world) == 3


def test_a_list_of_uploads_that_knows_no_pages_ends(
    world: World, external_calls: ExternalCalls, short_pages: None
) -> None:
    world.call("create_upload", json_body={})
    uploads = world.mux_get("/video/v1/uploads").content
    fault = _on_call(external_calls, "GET /video/v1/uploads", _always(200, uploads))
    with external_calls.meeting(fault, at=0), pytest.raises(MuxMalformed):
        world.reconcile(START)


def test_a_cursor_that_mux_does_not_know_any_more_makes_the_walk_start_over(
    world: World, library: MuxLibrary, external_calls: ExternalCalls, short_pages: None
) -> None:
    made = library.known(world, 12)
    library.drop(made[1])
    refusals = [0]

    def refuse_once(do: Do) -> Any:
        refusals[0] += 1
        return mux_says(400, b"") if refusals[0] == 3 else do()

    with external_calls.meeting(_on_call(external_calls, "GET /video/v1/assets", refuse_once), at=0):
        report = world.reconcile(START)
    assert (report["started_over"], report["buried"], report["finished"]) == (1, 1, 1)
    assert differences(world) == []


# How it ends early


def test_at_the_first_refusal_for_too_many_requests_the_run_ends(world: World, library: MuxLibrary) -> None:
    made = library.known(world, 5)
    library.drop(*made)
    before, asked = _without_checkpoint(world), len(_asked(world))
    world.mux.set_faults({"api": {"rate_limit": 1}})
    assert world.reconcile(START)["stopped"] == "rate_limited"
    assert _without_checkpoint(world) == before
    assert len(_asked(world)) == asked + 1
    world.mux.set_faults({})
    assert world.reconcile()["buried"] == 5, "the next run goes on"


def test_through_an_outage_nothing_is_believed_and_the_run_ends_soon(world: World, library: MuxLibrary) -> None:
    made = library.known(world, 5)
    library.drop(*made)
    before, asked = _without_checkpoint(world), len(_asked(world))
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert world.reconcile(START)["stopped"] == "unavailable"
    assert _without_checkpoint(world) == before
    assert len(_asked(world)) == asked + 1


class _Countdown:
    """A function whose time is up after so many looks at the clock."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self._looks -= 1
        return 900_000 if self._looks >= 0 else 29_000


def test_a_run_ends_before_its_function_does_and_the_next_one_goes_on(
    world: World, library: MuxLibrary, short_pages: None
) -> None:
    made = library.known(world, 11)
    for asset_id in made[::2]:
        library.change(asset_id, meta={"title": "Changed"})
    library.drop(made[5], made[9])
    runs = [entry_point("reconcile")(START, _Countdown(0))]
    assert runs[0]["stopped"] == "out_of_time"
    while "stopped" in runs[-1]:
        assert runs[-1]["stopped"] == "out_of_time"
        runs.append(entry_point("reconcile")({}, _Countdown(7)))
    assert len(runs) > 3
    assert len({run["walk"] for run in runs}) == 1
    assert differences(world) == []
    assert runs[-1]["phase"] == "done"
    assert sum(run.get("repaired", 0) for run in runs) == 6
    assert sum(run.get("buried", 0) for run in runs) == 2


def test_what_makes_no_sense_is_counted_and_keeps_nobody_waiting(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    made = library.known(world, 8)
    for asset_id in made:
        library.change(asset_id, meta={"title": "Changed"})
    poisoned = {"pk": {"S": f"ASSET#{made[3]}"}, "seen": {"S": "nonsense"}, "doc": {"S": "{"}, "owner": {"S": "bob"}}
    world.dynamodb.put_item(TableName=world.table_name, Item=poisoned)
    odd: list[Json] = [
        {"id": "../x", "status": "ready", "created_at": "1700000000"},
        {"id": "what", "status": "unheard of", "created_at": "1700000000"},
        {"id": "when", "status": "ready", "created_at": "yesterday"},
    ]

    def with_nonsense(do: Do) -> Any:
        page = do().json()
        return mux_says(200, json.dumps(page | {"data": [*odd, *page["data"]]}).encode())

    fault = _on_call(external_calls, "GET /video/v1/assets", with_nonsense)
    with external_calls.meeting(fault, at=0):
        report = world.reconcile(START)
    assert (report["poisoned"], report["repaired"], report["finished"]) == (4, 7, 1)
    assert report["attention"] == 4
    world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": poisoned["pk"]})
    world.reconcile(START)
    assert differences(world) == []


# When it runs


def test_a_walk_a_day_begins_by_itself(world: World, library: MuxLibrary) -> None:
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    assert world.reconcile()["finished"] == 1
    library.change(asset_id, meta={"title": "Changed"})
    asked = len(_asked(world))
    world.advance(PERIOD_SECONDS - 60)
    assert world.reconcile() == {"stopped": "idle"}
    assert len(_asked(world)) == asked
    world.advance(60)
    assert world.reconcile()["repaired"] == 1
    assert world.reconcile() == {"stopped": "idle"}
    assert world.reconcile(START)["finished"] == 1


def test_one_run_at_a_time(world: World, library: MuxLibrary, external_calls: ExternalCalls) -> None:
    """A schedule may be delivered twice, and somebody may start another walk by hand."""
    library.known(world, 2)
    seconds: list[Json] = []

    def meanwhile(do: Do) -> Any:
        for event in (None, START, {"restart": True}, {"rebuild": True}, {"dry_run": True}):
            asked = len(_asked(world))
            seconds.append(world.reconcile(event))
            assert len(_asked(world)) == asked
        return do()

    with external_calls.meeting():
        world.reconcile(START)
    for at in [at for at, name in enumerate(external_calls.names) if name.startswith("GET ")]:
        with external_calls.meeting(Fault(lambda _, do: do(), meanwhile), at=at):
            assert world.reconcile(START)["finished"] == 1
    assert seconds
    assert all(report == {"stopped": "busy"} for report in seconds)


def test_the_lease_of_a_killed_run_ends_by_itself(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    def kill(_: Do) -> Any:
        raise Killed

    with (
        external_calls.meeting(_on_call(external_calls, "GET /video/v1/assets", kill), at=0),
        pytest.raises(Killed),
    ):
        world.reconcile()
    assert world.reconcile() == {"stopped": "busy"}
    world.advance(LEASE_SECONDS)
    assert world.reconcile()["finished"] == 1


def test_a_run_that_has_lost_its_lease_ends(
    world: World, library: MuxLibrary, external_calls: ExternalCalls, short_pages: None
) -> None:
    """Frozen for minutes, it wakes up while another is at work."""
    library.known(world, 6)
    others: list[Json] = []

    def freeze(do: Do) -> Any:
        answer = do()
        if not others:
            world.advance(LEASE_SECONDS)
            others.append({})
            others.append(world.reconcile(START))
        return answer

    with external_calls.meeting(_on_call(external_calls, "GET /video/v1/assets", freeze), at=0):
        report = world.reconcile(START)
    assert others[1]["finished"] == 1
    assert report["stopped"] == "lease_lost"
    assert world.reconcile() == {"stopped": "idle"}


def test_a_long_page_does_not_cost_the_lease(world: World, library: MuxLibrary, external_calls: ExternalCalls) -> None:
    made = library.known(world, 6)
    for asset_id in made:
        library.change(asset_id, meta={"title": "Changed"})

    def slow(client: Any, do: Do) -> Any:
        if external_calls.names[-1] == "dynamodb:UpdateItem":
            world.advance(30)
        return do()

    with external_calls.meeting(Fault(slow, lambda do: do(), lasting=True), at=0):
        report = world.reconcile(START)
    assert (report["repaired"], report["finished"]) == (6, 1)


# By hand


def test_a_dry_run_changes_nothing_and_says_what_would_be_done(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    made = library.known(world, 20)
    library.change(made[0], meta={"title": "Changed"})
    library.drop(*made[5:18])
    library.add(created_at=1_700_000_500, passthrough=mux_events.tag("eve"))
    library.add(created_at=1_700_000_501)
    world.call("create_upload", json_body={})
    world.advance(2 * 3600)
    before, assets = world.items(), world.mux_assets()
    with external_calls.meeting():
        rehearsed = world.reconcile({"dry_run": True, "adopt_owner": "eve"})
    assert world.items() == before
    assert world.mux_assets() == assets
    changing = ("PUT ", "POST ", "PATCH ", "DELETE ", "dynamodb:Put", "dynamodb:Update", "dynamodb:Delete")
    assert not [name for name in external_calls.names if name.startswith(changing)]
    really = world.reconcile({"adopt_owner": "eve"})
    expected = {"repaired": 1, "buried": 10, "held_back": 3, "adopted": 2, "uploads_repaired": 1, "unchanged": 6}
    for report in (rehearsed, really):
        assert expected.items() <= report.items()


@pytest.mark.parametrize(
    "event",
    [
        {"dry_run": "true"},
        {"start": 1},
        {"restart": None},
        {"rebuild": []},
        {"max_share": "1"},
        {"max_share": True},
        {"max_share": -0.1},
        {"max_share": 1.1},
        {"max_share": float("nan")},
        {"max_share": None},
        {"adopt_owner": ""},
        {"adopt_owner": 7},
        {"adopt_owner": None},
        {"adopt_owner": "no#hash"},
        {"adopt_owner": "a" * 129},
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_done(world: World, event: Json) -> None:
    with pytest.raises(InvalidRequest):
        world.reconcile(event)
    assert world.items() == []
    assert not _asked(world)


@pytest.mark.parametrize("event", [{"start": True, "dryrun": True}, {"adopt-owner": "ada"}, ["start"], "start", None])
def test_an_option_that_nobody_knows_is_refused_before_anything_is_done(world: World, event: object) -> None:
    with pytest.raises(InvalidRequest, match=r"^unknown: '\w+.\w+'\. Known are adopt_owner, dry_run, |JSON object"):
        entry_point("reconcile")(event, Context())  # type: ignore[arg-type]
    assert world.items() == []
    assert not _asked(world)


def test_an_open_walk_goes_on_unless_something_else_is_asked_for(
    world: World, library: MuxLibrary, short_pages: None
) -> None:
    library.known(world, 9)

    def walk(event: Json) -> Json:
        report: Json = entry_point("reconcile")(event, _Countdown(2))
        assert report["stopped"] == "out_of_time"
        return report

    first = walk(START)["walk"]
    assert walk({})["walk"] == first
    assert walk({"start": True, "max_share": 0.5})["walk"] == first
    second = walk({"restart": True})["walk"]
    assert second != first
    third = walk({"rebuild": True})["walk"]
    assert third != second
    assert walk({"rebuild": True})["walk"] == third
    fourth = walk({"adopt_owner": "eve"})["walk"]
    assert fourth != third
    assert walk({"adopt_owner": "eve"})["walk"] == fourth
    assert walk({"adopt_owner": "bob"})["walk"] != fourth


def test_what_an_operator_allows_holds_until_the_walk_ends(
    world: World, library: MuxLibrary, short_pages: None
) -> None:
    """The run that gets as far as burying may well be another one."""
    made = library.known(world, 24)
    library.drop(*made[:12])
    assert entry_point("reconcile")({"max_share": 1}, _Countdown(3))["stopped"] == "out_of_time"
    assert world.reconcile()["buried"] == 12
    library.drop(*made[12:23])
    assert world.reconcile(START)["buried"] == 10


def test_what_an_operator_has_to_know_is_a_metric(
    world: World, library: MuxLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    def metrics(event: Json) -> Json:
        capsys.readouterr()
        world.reconcile(event)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        return {name: value for line in lines for name, value in line.items() if name.startswith("Reconcile")}

    made = library.known(world, 12)
    library.drop(*made)
    assert not metrics({"dry_run": True}), "what is only rehearsed rings no alarm"
    assert metrics(START) == {"ReconcileDrift": [10.0], "ReconcileAttention": [2.0], "ReconcileFinished": [1.0]}
    world.replace_items([])
    library.known(world, 3)
    world.replace_items([])
    assert metrics({"rebuild": True}) == {"ReconcileFinished": [1.0]}, "what an operator asks for is no drift"


def test_a_run_keeps_to_its_share_of_the_rate_limit(
    world: World, library: MuxLibrary, naps: list[float], short_pages: None
) -> None:
    library.known(world, 120)
    world.cold_start()
    asked, began = len(_asked(world)), time.monotonic() + sum(naps)
    world.reconcile(START)
    took = time.monotonic() + sum(naps) - began
    # A quarter of Mux's bucket of 100, which fills by 5 a second.
    assert len(_asked(world)) - asked == 32
    assert took >= (32 - 25) / 1.25
