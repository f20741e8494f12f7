"""Each alarm rings for its fault and for nothing that is an ordinary day, and its page says what to do."""

import json
import re
from typing import Any, get_args

import pytest

from mux_lifecycle.telemetry import Count, Gauge, Percentage
from tests.alarms.faults import CHANGING, FAULTS, READING, break_code, request
from tests.alarms.watched import DAY, MINUTE, Watched
from tests.world import ROOT

NAMES = {name for kind in (Count, Gauge, Percentage) for name in get_args(kind.__value__)}
"""What the functions can say of themselves."""
RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PARTS = ("What it means", "What users notice", "Look at", "Mend it", "Goes away")


def ordinary_days(watched: Watched) -> None:
    """Two days on which schedules run, and in the end somebody uploads, watches and deletes a video."""
    world = watched.world
    for _ in range(2):
        watched.start("reconcile", {"start": True})
        world.advance(DAY)
    for _ in range(4):
        watched.start("cleanup")
        watched.start("reconcile")
        watched.start("mux_setup")
        world.advance(14 * MINUTE)
    upload = watched.call("create_upload", json_body={"title": "Harbour"})
    made = watched.call("create_asset", json_body={"input": "https://media.example.com/film.mp4"})
    assert upload is not None
    assert made is not None
    world.wait_for(lambda: ready(watched, made.data["id"]))
    for event in world.mux.events():
        watched.deliver(event)
        watched.deliver(event)
    assert watched.call("list_assets").status == 200  # type: ignore[union-attr]
    assert watched.call("get_asset", id="missing").status == 404  # type: ignore[union-attr]
    assert watched.call("delete_asset", id=made.data["id"]).status == 204  # type: ignore[union-attr]
    assert watched.call("cancel_upload", id=upload.data["id"]).status == 204  # type: ignore[union-attr]
    watched.start("cleanup")


def ready(watched: Watched, asset_id: str) -> bool:
    return bool(watched.world.mux_get(f"/video/v1/assets/{asset_id}").json()["data"]["status"] == "ready")


def test_ordinary_days_ring_nothing(watched: Watched) -> None:
    ordinary_days(watched)
    assert watched.ringing() == set()
    said = {point.name for point in watched.metrics.points if point.namespace == "MuxLifecycle"}
    assert said == {
        *("UploadCreated", "UploadCancelled", "AssetCreated", "AssetDeleted"),
        *("WebhookApplied", "WebhookStale", "OldestDueSeconds", "ReconcileFinished"),
    }


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_an_alarm_rings_for_its_fault(watched: Watched, name: str) -> None:
    for _ in range(4):
        watched.start("cleanup")
        watched.start("reconcile")
        watched.start("mux_setup")
        watched.world.advance(14 * MINUTE)
    assert name not in watched.ringing()
    FAULTS[name](watched)
    assert name in watched.ringing()


@pytest.mark.parametrize(("alarm", "functions"), [("ReadingErrorsAlarm", READING), ("ChangingErrorsAlarm", CHANGING)])
def test_an_error_in_any_function_of_the_api_rings(watched: Watched, alarm: str, functions: tuple[str, ...]) -> None:
    break_code(watched)
    for function in functions:
        watched.metrics.points.clear()
        request(watched, function)
        assert watched.ringing() & {"ReadingErrorsAlarm", "ChangingErrorsAlarm"} == {alarm}, function


def test_an_upload_whose_webhook_comes_in_the_next_period_does_not_ring(watched: Watched) -> None:
    request(watched, "create_upload")
    watched.world.advance(5 * MINUTE)
    watched.deliver({})
    for _ in range(15):
        watched.world.advance(MINUTE)
        assert "WebhookSilentAlarm" not in watched.ringing()


def test_webhooks_that_come_again_silence_the_alarm(watched: Watched) -> None:
    FAULTS["WebhookSilentAlarm"](watched)
    assert "WebhookSilentAlarm" in watched.ringing()
    watched.deliver({})
    assert "WebhookSilentAlarm" not in watched.ringing()


def test_a_stranger_at_the_webhook_does_not_hide_that_mux_is_silent(watched: Watched) -> None:
    request(watched, "create_upload")
    for _ in range(3):
        watched.world.advance(5 * MINUTE)
        watched.deliver({}, secret="a stranger's")
    assert "WebhookSilentAlarm" in watched.ringing()
    assert "WebhookRefusedAlarm" not in watched.ringing(), "it is not often enough for that"


def test_a_flood_at_the_webhook_does_not_hide_that_mux_is_silent_either(watched: Watched) -> None:
    """Its refusals are told in few lines, so their number is known only later."""
    request(watched, "create_upload")
    for _ in range(3):
        watched.world.advance(5 * MINUTE)
        for _ in range(50):
            watched.deliver({}, secret="a stranger's")
    assert {"WebhookSilentAlarm", "WebhookRefusedAlarm"} <= watched.ringing()


def test_every_alarm_has_a_fault_and_a_page(watched: Watched) -> None:
    assert set(FAULTS) == set(watched.alarms)
    pages = dict(re.findall(r"^### (\w+Alarm)\n(.*?)(?=^##|\Z)", RUNBOOK, re.DOTALL | re.MULTILINE))
    assert set(pages) == set(watched.alarms)
    for name, page in pages.items():
        assert [part for part in PARTS if f"**{part}.**" in page] == list(PARTS), name


def test_an_alarm_watches_what_a_function_can_say(watched: Watched) -> None:
    for name, alarm in watched.alarms.items():
        for metric in metrics_of(alarm):
            assert metric["Namespace"] != "MuxLifecycle" or metric["MetricName"] in NAMES, name
            if metric["Namespace"] == "MuxLifecycle":
                assert metric["Dimensions"] == [{"Name": "service", "Value": "videos"}], name


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    if "Metrics" not in alarm:
        return [alarm]
    return [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]


def test_the_runbook_names_every_metric() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", RUNBOOK, re.MULTILINE)) == NAMES


@pytest.mark.parametrize("conditional", ["ENABLED", "DISABLED"])
def test_the_dashboard_shows_every_alarm_and_every_metric(watched: Watched, conditional: str) -> None:
    body = watched.dashboard(
        {
            "ReconcileState": conditional,
            "CleanupState": conditional,
            "ChangeFeedState": conditional,
            "MuxSetup": "automatic" if conditional == "ENABLED" else "manual",
        }
    )
    shown = json.dumps(body)
    missing = {name for name in watched.alarms if f'-{name}"' not in shown}
    assert missing == (set() if conditional == "ENABLED" else watched.conditional_alarms)
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", [])]
    assert {row[1] for row in rows if row[0] == "MuxLifecycle"} == NAMES
