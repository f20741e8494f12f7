"""What the operator does not want to keep: off by default, shown by a dry run, and never anything foreign."""

import os
import time
from types import SimpleNamespace

import pytest

from mux_lifecycle.config import RetentionConfig
from mux_lifecycle.errors import ConfigurationError, MuxUnavailable
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.workflows.retention import Retention
from tests import mux_events
from tests.faults.audit import Output
from tests.faults.story import VIDEO
from tests.reconcile.library import MuxLibrary
from tests.reconcile.truth import shown
from tests.world import Json, World

DAY = 86_400
UNASKED = SimpleNamespace(doubt=lambda: "")
START: Json = {"start": True}


@pytest.mark.parametrize(
    ("status", "days", "over"),
    [
        ("ready", 9.99, False),
        ("ready", 10, True),
        ("preparing", 10, True),
        ("errored", 2.99, False),
        ("errored", 3, True),
        ("errored", 10, True),
    ],
)
def test_an_assets_time_is_over_when_its_days_are(status: str, days: float, over: bool) -> None:
    retention = Retention(RetentionConfig(all_days=10, errored_days=3, abandoned_hours=0), UNASKED)
    assert retention.is_over(status, days * DAY) is over
    assert not Retention(RetentionConfig(0, 0, 0), UNASKED).is_over(status, 10_000 * DAY)


@pytest.mark.parametrize("value", ["-1", "1.5", "soon", "36501"])
def test_a_time_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError):
        RetentionConfig.from_env({"RETAIN_DAYS": value})


def _library(library: MuxLibrary, now: float) -> dict[str, str]:
    """Assets of both ages, of every kind of owner, by what they are."""
    kinds = {"ours": mux_events.tag(), "theirs": "somebody else's", "nobody's": None}
    return {
        f"{age} {kind} {status}": library.add(created_at=now - days * DAY, passthrough=passthrough, status=status)
        for age, days in (("old", 40), ("new", 5))
        for kind, passthrough in kinds.items()
        for status in ("ready", "errored")
    }


@pytest.mark.parametrize(
    ("environment", "gone"),
    [
        ({}, set()),
        ({"RETAIN_DAYS": "30"}, {"old ours ready", "old ours errored"}),
        ({"RETAIN_ERRORED_DAYS": "3"}, {"old ours errored", "new ours errored"}),
        ({"RETAIN_ERRORED_DAYS": "3", "RETAIN_DAYS": "30"}, {"old ours ready", "old ours errored", "new ours errored"}),
    ],
)
def test_only_what_is_ours_and_old_is_deleted(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], gone: set[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    world.cold_start()
    world.claim_tag()
    assets = _library(library, time.time())
    world.reconcile({"dry_run": True})
    assert world.items() == []
    report = world.reconcile(START)
    assert report.get("expired", 0) == len(gone)
    assert len(world.mux_assets()) == len(assets), "the walk wishes, the cleanup deletes"
    world.advance(120)
    world.schedule()
    left = {asset["id"] for asset in world.mux_assets()}
    assert {name for name, asset_id in assets.items() if asset_id not in left} == gone
    world.advance(120)
    assert "expired" not in world.reconcile(START)
    assert {name for name, asset_id in assets.items() if "ours" in name and asset_id in left} == {
        name for name, asset_id in assets.items() if asset_id in {asset["id"] for asset in shown(world)}
    }


def test_a_dry_run_shows_what_would_go(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch, told: Output
) -> None:
    world.claim_tag()
    assets = _library(library, time.time())
    world.reconcile()
    monkeypatch.setenv("RETAIN_DAYS", "30")
    world.cold_start()
    before = world.items()
    report = world.reconcile({"dry_run": True})
    assert report["expired"] == 2
    assert world.items() == before
    lines = [line for line in told.text.getvalue().splitlines() if "would expire" in line and line.startswith("{")]
    assert len(lines) == 2
    assert all(any(assets[name] in line for line in lines) for name in ("old ours ready", "old ours errored"))


def test_an_upload_that_nobody_goes_on_with_is_cancelled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANCEL_ABANDONED_UPLOADS_HOURS", "24")
    monkeypatch.setenv("UPLOAD_TIMEOUT_SECONDS", "604800")
    world.cold_start()
    world.claim_tag()
    foreign = world.mux_post("/video/v1/uploads", {"timeout": 604_800}).json()["data"]["id"]
    abandoned, done = (world.call("create_upload", json_body={}).data for _ in range(2))
    world.send_file(done["url"], VIDEO)
    world.advance(23 * 3600)
    fresh = world.call("create_upload", json_body={}).data["id"]
    assert "uploads_cancelled" not in world.reconcile(START)
    world.advance(3600)
    assert world.reconcile({"dry_run": True})["uploads_cancelled"] == 1
    assert world.call("get_upload", id=abandoned["id"]).data["status"] == "waiting"
    assert world.reconcile(START)["uploads_cancelled"] == 1
    assert world.call("get_upload", id=abandoned["id"]).data["status"] == "cancelled"
    assert world.call("get_upload", id=fresh).data["status"] == "waiting"
    assert world.call("get_upload", id=done["id"]).data["asset"]["status"] == "ready"
    at_mux = {upload["id"]: upload["status"] for upload in world.mux_get("/video/v1/uploads?limit=100").json()["data"]}
    assert at_mux == {foreign: "waiting", abandoned["id"]: "cancelled", done["id"]: "asset_created", fresh: "waiting"}


def test_uploads_wait_as_long_as_their_url_is_valid_unless_the_operator_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPLOAD_TIMEOUT_SECONDS", "604800")
    world.cold_start()
    upload = world.call("create_upload", json_body={}).data["id"]
    world.advance(6 * DAY)
    world.reconcile(START)
    assert world.call("get_upload", id=upload).data["status"] == "waiting"


EARLIER = "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/webhooks/mux"
ELSEWHERE = "https://staging.example.com/webhooks/mux?tag=videos"
DOUBTS: dict[str, tuple[list[str], str]] = {
    "no claim at all": ([], "no webhook of this stack claims the tag videos: its address must be"),
    "a claim of another tag": (["{url}?tag=video"], "no webhook of this stack claims"),
    "an address without a tag, as of an earlier release": (["{url}"], "no webhook of this stack claims"),
    "a claim under another path": (["{url}/other?tag=videos"], "another stack's webhook claims the tag videos, too"),
    "another stack's alone": ([ELSEWHERE], "another stack's webhook claims the tag videos, too: https://staging.exa"),
    "both stacks'": (["{url}?tag=videos", ELSEWHERE], "another stack's webhook claims the tag videos, too: https://st"),
    "one that is hidden in a list": (["{url}?tag=videos", f"{ELSEWHERE}2&tag=videos"], "another stack's webhook"),
    "an earlier release's": (["{url}?tag=videos", EARLIER], "another stack's webhook"),
}


@pytest.mark.parametrize(("addresses", "why"), DOUBTS.values(), ids=DOUBTS)
def test_retention_deletes_nothing_without_a_claim_of_this_stack_alone(
    world: World,
    library: MuxLibrary,
    monkeypatch: pytest.MonkeyPatch,
    told: Output,
    addresses: list[str],
    why: str,
) -> None:
    _old_asset_and_upload(world, library, monkeypatch)
    for address in addresses:
        world.claim_tag(address.format(url=os.environ["WEBHOOK_URL"]))
    before = world.items()
    for event in ({"dry_run": True}, START):
        report = world.reconcile(event)
        assert (report["unclaimed"], report["attention"]) == (2, 2)
        assert why in str(report["retention"])
        assert not report.keys() & {"expired", "uploads_cancelled", "poisoned"}
    lines = [line for line in told.text.getvalue().splitlines() if line.startswith("{")]
    assert sum("retention deletes nothing" in line and why in line for line in lines) == 2
    kept = [record for record in world.items() if not record["pk"]["S"].startswith("CHECKPOINT#")]
    assert kept == [record for record in before if not record["pk"]["S"].startswith("CHECKPOINT#")]
    for webhook in world.mux_get("/system/v1/webhooks").json()["data"]:
        world.mux_call("DELETE", f"/system/v1/webhooks/{webhook['id']}")
    world.claim_tag()
    report = world.reconcile(START)
    assert (report["expired"], report["uploads_cancelled"]) == (1, 1), "as soon as the claim stands, what is over goes"
    assert "retention" not in report


def test_a_list_of_webhooks_that_mux_does_not_show_is_no_claim(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_asset_and_upload(world, library, monkeypatch)
    world.claim_tag()
    world.mux.grant(["video:read", "video:write"])
    report = world.reconcile(START)
    assert report["unclaimed"] == 2
    assert "System read" in str(report["retention"])
    assert not report.keys() & {"expired", "uploads_cancelled"}


def test_mux_that_is_busy_is_no_claim_and_the_next_run_asks_again(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_asset_and_upload(world, library, monkeypatch)
    world.claim_tag()
    listed = MuxClient.list_webhooks
    with pytest.MonkeyPatch.context() as busy:
        busy.setattr(MuxClient, "list_webhooks", _busy)
        report = world.reconcile(START)
    assert report["stopped"] == "unavailable"
    assert not report.keys() & {"expired", "uploads_cancelled", "poisoned"}
    assert MuxClient.list_webhooks is listed
    assert world.reconcile()["expired"] == 1


def test_mux_is_asked_for_claims_once_in_a_run_and_only_if_something_is_over(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> int:
        return sum(request["path"] == "/system/v1/webhooks" for request in world.mux.requests())

    world.claim_tag()
    before = asked()
    world.reconcile(START)
    assert asked() == before
    _old_asset_and_upload(world, library, monkeypatch)
    for _ in range(5):
        library.add(created_at=time.time() - 40 * DAY, passthrough=mux_events.tag(), status="ready")
    assert world.reconcile(START)["expired"] == 6
    assert asked() == before + 1


def _busy(_: MuxClient) -> None:
    raise MuxUnavailable("busy")


def _old_asset_and_upload(world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    """One asset and one upload that retention is to take."""
    for name, value in {
        "RETAIN_DAYS": "30",
        "CANCEL_ABANDONED_UPLOADS_HOURS": "1",
        "UPLOAD_TIMEOUT_SECONDS": "604800",
    }.items():
        monkeypatch.setenv(name, value)
    world.cold_start()
    world.call("create_upload", json_body={})
    world.advance(2 * 3600)
    library.add(created_at=time.time() - 40 * DAY, passthrough=mux_events.tag(), status="ready")
    world.reconcile({"rebuild": True})
