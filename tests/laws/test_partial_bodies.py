"""What is no whole snapshot of ours is acknowledged and changes nothing."""

import json
from typing import Any

import pytest

from tests import mux_events
from tests.laws.history import outcome, state, tell
from tests.mux_events import BASE
from tests.world import World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
WARNING = mux_events.event(
    "video.asset.warning",
    {
        "id": ASSET,
        "status": "ready",
        "passthrough": mux_events.tag(),
        "live_stream_id": "Stream",
        "warning": {"type": "custom_slate_unavailable", "message": "The slate image could not be used."},
    },
    at=BASE + 60,
)

UNKNOWN_TYPES = [
    *("video.asset.shots.ready", "video.asset.shots.created", "video.asset.shots.deleted"),
    *("video.live_stream.active", "video.live_stream.deleted", "video.delivery.high_traffic"),
    *("robots.job.summarize.completed", "robots.directive_run.created", "video.asset.invented_tomorrow"),
    *("video.upload.timed_out", "video.upload.deleted", "video.asset.track.updated", "video.asset.track.skipped.too"),
    *("video.asset.track.", "video.asset.static_rendition.", "video.asset.", "video.asset", "video.asset.Ready"),
    *(" video.asset.ready", "video.asset.ready ", "xvideo.asset.ready", "", "created", "ready", "deleted"),
]


def test_a_warning_is_not_a_snapshot(world: World) -> None:
    tell(world, [mux_events.asset_event("created", asset_id=ASSET, at=BASE)])
    before = state(world)
    assert outcome(world, WARNING) == "ignored"
    assert state(world) == before
    assert world.call("get_asset", id=ASSET).data["status"] == "preparing"


def test_a_warning_about_an_unknown_asset_makes_no_record(world: World) -> None:
    assert outcome(world, WARNING) == "ignored"
    assert state(world) == {}


@pytest.mark.parametrize("type_", UNKNOWN_TYPES)
def test_an_unknown_type_is_acknowledged_and_ignored(world: World, type_: str) -> None:
    data = mux_events.asset_event("ready", asset_id=ASSET)["data"] | {"asset_id": ASSET}
    assert outcome(world, mux_events.event(type_, data)) == "ignored"
    assert state(world) == {}


def test_what_is_ignored_is_counted_and_named_in_the_log(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    capsys.readouterr()
    assert outcome(world, mux_events.event("video.asset.invented_tomorrow", {"id": ASSET})) == "ignored"
    counts = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [count["WebhookIgnored"] for count in counts] == [[1.0]]
    assert [getattr(record, "event_type", "") for record in caplog.records if record.msg == "webhook handled"] == [
        "video.asset.invented_tomorrow"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None},
        {"id": ""},
        {"id": "a/b"},
        {"id": "a#b"},
        {"id": "a" * 129},
        {"id": "naïve"},
        {"id": 7},
        {"id": ["a"]},
        {"status": None},
        {"status": "deleted"},
        {"status": "waiting"},
        {"status": "READY"},
        {"status": 2},
        {"status": ["ready"]},
        {"status": {"ready": True}},
    ],
    ids=lambda fields: str(fields)[:40],
)
@pytest.mark.parametrize("kind", ["asset", "upload"])
def test_an_object_without_usable_id_or_status_is_ignored(world: World, kind: str, fields: dict[str, Any]) -> None:
    if kind == "upload" and fields.get("status") == "waiting":
        fields = {"status": "ready"}
    event = (
        mux_events.asset_event("ready", asset_id=ASSET)
        if kind == "asset"
        else mux_events.upload_event("created", upload_id="Shore")
    )
    event["data"] |= fields
    assert outcome(world, event) == "ignored"
    assert state(world) == {}


@pytest.mark.parametrize("fields", [{"id": None}, {"id": "a/b"}, {"id": "a" * 129}, {"id": 7}], ids=str)
def test_a_deletion_without_usable_id_is_ignored(world: World, fields: dict[str, Any]) -> None:
    event = mux_events.asset_event("deleted", asset_id=ASSET)
    event["data"] |= fields
    assert outcome(world, event) == "ignored"
    assert state(world) == {}


def test_a_deletion_needs_nothing_but_the_id(world: World) -> None:
    """How much Mux tells of what it has deleted is not documented."""
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET)])
    assert outcome(world, mux_events.event("video.asset.deleted", {"id": ASSET})) == "applied"
    assert world.call("get_asset", id=ASSET).status == 404


@pytest.mark.parametrize("data", [None, [], "text", 7, True, [{"id": ASSET}]], ids=str)
def test_data_that_is_no_object_is_ignored(world: World, data: object) -> None:
    for type_ in ("video.asset.ready", "video.asset.deleted", "video.upload.created", "video.asset.track.ready"):
        assert outcome(world, mux_events.event(type_, data)) == "ignored"
    assert state(world) == {}


@pytest.mark.parametrize("id_", ["a", "A-z_09", "a" * 128])
def test_any_id_in_muxs_alphabet_will_do(world: World, id_: str) -> None:
    tell(world, [mux_events.asset_event("ready", asset_id=id_)])
    assert world.call("get_asset", id=id_).data["id"] == id_


@pytest.mark.parametrize(
    "environment", [None, {}, {"id": "other1"}, {"id": None}, {"id": ["k3v9zq"]}, "k3v9zq", []], ids=str
)
def test_an_event_of_another_environment_is_ignored(world: World, environment: object) -> None:
    """Staging and production may share an address by mistake; the ids of one mean nothing in the other."""
    tell(world, [mux_events.asset_event("ready", asset_id=ASSET)])
    before = state(world)
    event = mux_events.asset_event("deleted", asset_id=ASSET, at=BASE + 9) | {"environment": environment}
    assert outcome(world, event) == "ignored"
    assert state(world) == before
