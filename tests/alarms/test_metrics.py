"""What happens is said, under its name, by the functions themselves."""

import time

import pytest

from tests import mux_events
from tests.alarms.faults import FAULTS, request
from tests.alarms.watched import DAY, HOUR, Watched
from tests.library import Library, films

INPUT = {"input": "https://media.example.com/film.mp4"}


def new_asset(watched: Watched) -> str:
    """Its id, once Mux has processed it; no webhook has come."""
    made = watched.call("create_asset", json_body=INPUT)
    assert made is not None
    asset_id = str(made.data["id"])
    path = f"/video/v1/assets/{asset_id}"
    watched.world.wait_for(lambda: watched.world.mux_get(path).json()["data"]["status"] == "ready")
    return asset_id


def said(watched: Watched) -> set[str]:
    """The metrics since the last time; everything is well again."""
    names = {point.name for point in watched.metrics.points if point.namespace == "MuxLifecycle"}
    watched.metrics.points.clear()
    watched.world.mux.set_faults({})
    return names - {"OldestDueSeconds"}


def settings(watched: Watched, monkeypatch: pytest.MonkeyPatch, **variables: int) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    watched.world.cold_start()


def test_every_outcome_of_a_request_or_webhook_is_counted(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    world, asset_id = watched.world, new_asset(watched)
    assert said(watched) == {"AssetCreated"}
    ready = mux_events.asset_event("ready", asset_id=asset_id, at=time.time() + 1)
    old, unknown = mux_events.asset_event("created", asset_id=asset_id), mux_events.event("video.unheard_of", {})
    for event, outcome in ((ready, "WebhookApplied"), (old, "WebhookStale"), (unknown, "WebhookIgnored")):
        watched.deliver(event)
        assert said(watched) == {outcome}
    world.mux.set_faults({"api": {"error_rate": 1.0}})
    watched.call("delete_asset", id=asset_id)
    assert said(watched) == {"DeletionPostponed", "MuxFailed"}
    world.mux.set_faults({"api": {"lose_response": 1.0}})
    watched.call("create_asset", json_body=INPUT)
    assert said(watched) == {"MuxFailed", "MuxOutcomeUnknown"}
    settings(watched, monkeypatch, MAX_OPEN_UPLOADS_PER_OWNER=1)
    request(watched, "create_upload")
    request(watched, "create_upload")
    assert said(watched) == {"UploadCreated", "QuotaExceeded"}
    broken = {name: {"S": "?"} for name in ("pk", "owner", "sort", "seen", "status", "doc", "id")} | {
        "owner": {"S": "ada"}
    }
    world.dynamodb.put_item(TableName=world.table_name, Item=broken)
    request(watched, "list_assets")
    assert said(watched) == {"RecordUnreadable"}
    settings(watched, monkeypatch, MAX_OPEN_UPLOADS_PER_OWNER=0)
    world.put_secret("MuxTokenSecret", "no JSON")
    request(watched, "create_upload")
    assert said(watched) == {"SecretUnavailable"}


def test_every_outcome_of_a_schedule_is_counted(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    world = watched.world
    new_asset(watched)
    world.advance(DAY)
    watched.start("cleanup")
    assert said(watched) == {"AssetCreated", "CleanupHealed"}
    settings(watched, monkeypatch, RETAIN_DAYS=1, CANCEL_ABANDONED_UPLOADS_HOURS=1, UPLOAD_TIMEOUT_SECONDS=5 * HOUR)
    world.claim_tag()
    request(watched, "create_upload")
    world.advance(2 * HOUR)
    watched.start("reconcile", {"start": True})
    retained = {"RetentionExpired", "RetentionCancelled", "UploadCancelled"}
    assert said(watched) == {"UploadCreated", "ReconcileFinished"} | retained
    world.advance(HOUR)
    watched.start("cleanup")
    assert said(watched) == {"AssetDeleted"}
    stock = [film for film in films(80) if film.owner and film.status == "preparing"]
    assert len(stock) > 10
    Library(world.dynamodb, world.table_name).stock(stock)
    watched.start("cleanup")
    assert said(watched) == {"CleanupHeldBack"}
    FAULTS["ReconcileFailedAlarm"](watched)
    assert said(watched) == {"ReconcileFailed"}
