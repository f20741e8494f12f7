"""The poller: what it makes of changes at Mux, and how often it asks."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from local.logs import Logs
from local.mux_api import MuxApiError
from local.poller import Poller, webhook_form

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENVIRONMENT = {"name": "Development", "id": "k3v9zq"}
PREPARING: dict[str, Any] = {"id": "a1", "status": "preparing", "created_at": "1795348895", "progress": {"progress": 0}}
READY: dict[str, Any] = {**PREPARING, "status": "ready", "playback_ids": [{"id": "p1"}]}


class FakeMux:
    """Answers the newest uploads and assets of the moment, and counts when it was asked."""

    def __init__(self) -> None:
        self.uploads: list[dict[str, Any]] = []
        self.assets: list[dict[str, Any]] = []
        self.older: set[str] = set()
        self.asked: list[float] = []

    async def get(self, path: str, **query: int) -> Any:
        self.asked.append(time.monotonic())
        kind, _, item = path.removeprefix("/video/v1/").partition("/")
        if not item:
            return list(self.uploads if kind == "uploads" else self.assets)
        if item in self.older:
            return {"id": item}
        raise MuxApiError(f"GET {path}", 404, "status 404")


class Watch:
    """A poller with its Mux and the events that it delivered; `taken` is what the receiver answers."""

    def __init__(self, folder: Path) -> None:
        self.mux = FakeMux()
        self.events: list[dict[str, Any]] = []
        self.taken = True
        logs = Logs(folder, terminal=False)
        self.poller = Poller(self.mux, ENVIRONMENT, self.deliver, logs)  # type: ignore[arg-type]

    async def deliver(self, body: bytes) -> bool:
        self.events.append(json.loads(body))
        return self.taken

    def round(self) -> list[str]:
        """Types of the events of one round."""
        self.events.clear()
        asyncio.run(self.poller.round())
        return [event["type"] for event in self.events]


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.setattr("local.poller.PERIOD", 0)
    return Watch(tmp_path)


def test_an_asset_is_followed_from_creation_to_deletion(watch: Watch) -> None:
    watch.mux.assets = [PREPARING]
    assert watch.round() == ["video.asset.created"]
    watch.mux.assets = [{**PREPARING, "progress": {"progress": 50}}]
    assert watch.round() == []
    watch.mux.assets = [READY]
    assert watch.round() == ["video.asset.ready"]
    assert watch.round() == []
    watch.mux.assets = [{**READY, "meta": {"title": "New"}}]
    assert watch.round() == ["video.asset.updated"]
    watch.mux.assets = []
    assert watch.round() == ["video.asset.deleted"]
    assert watch.events[0]["data"]["id"] == "a1"
    assert watch.round() == []


@pytest.mark.parametrize("status", ["ready", "errored"])
def test_an_asset_that_was_there_before_is_told_in_one_event(watch: Watch, status: str) -> None:
    watch.mux.assets = [{**READY, "status": status}]
    assert watch.round() == [f"video.asset.{status}"]


@pytest.mark.parametrize(
    ("status", "events"),
    [
        ("asset_created", ["video.upload.asset_created"]),
        ("cancelled", ["video.upload.cancelled"]),
        ("errored", ["video.upload.errored"]),
        ("timed_out", []),
    ],
)
def test_an_upload_is_followed_to_its_end(watch: Watch, status: str, events: list[str]) -> None:
    watch.mux.uploads = [{"id": "u1", "status": "waiting"}]
    assert watch.round() == []
    watch.mux.uploads = [{"id": "u1", "status": status, "asset_id": "a1"}]
    assert watch.round() == events
    assert watch.round() == []


def test_an_asset_that_newer_ones_push_off_the_page_is_not_deleted(watch: Watch) -> None:
    watch.mux.assets = [READY]
    watch.round()
    watch.mux.assets, watch.mux.older = [{**READY, "id": "a2"}], {"a1"}
    assert watch.round() == ["video.asset.ready"]


def test_the_oldest_of_new_assets_comes_first(watch: Watch) -> None:
    watch.mux.assets = [{**READY, "id": "newer"}, {**READY, "id": "older"}]
    watch.round()
    assert [event["data"]["id"] for event in watch.events] == ["older", "newer"]


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        ([], [READY], "video.asset.ready"),
        ([READY], [], "video.asset.deleted"),
    ],
)
def test_an_event_that_is_not_taken_comes_again(
    watch: Watch, before: list[dict[str, Any]], after: list[dict[str, Any]], event: str
) -> None:
    watch.mux.assets = before
    watch.round()
    watch.mux.assets, watch.taken = after, False
    assert watch.round() == [event]
    assert watch.round() == [event]
    watch.taken = True
    assert watch.round() == [event]
    assert watch.round() == []


def test_events_have_the_form_of_mux(watch: Watch) -> None:
    watch.mux.assets = [READY]
    watch.round()
    (event,) = watch.events
    assert event["environment"] == ENVIRONMENT
    assert event["object"] == {"type": "asset", "id": "a1"}
    assert event["data"]["created_at"] == 1795348895
    assert (event["attempts"], event["request_id"]) == ([], None)
    assert event["created_at"].endswith("Z")


def test_numbers_are_text_in_the_api_only() -> None:
    given = {
        "created_at": "1795348895",
        "meta": {"title": "123"},
        "static_renditions": {"files": [{"filesize": "42", "name": "7.mp4"}]},
        "tags": ["1"],
    }
    assert webhook_form(given) == {
        "created_at": 1795348895,
        "meta": {"title": "123"},
        "static_renditions": {"files": [{"filesize": 42, "name": "7.mp4"}]},
        "tags": ["1"],
    }


def test_mux_is_asked_at_most_once_per_period(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.poller.PERIOD", 0.1)
    watch.mux.assets = [READY]
    watch.round()
    watch.mux.assets = []
    watch.round()
    gaps = [later - earlier for earlier, later in zip(watch.mux.asked, watch.mux.asked[1:], strict=False)]
    assert len(gaps) == 4
    assert min(gaps) >= 0.09


def test_trouble_at_mux_is_logged_and_survived(watch: Watch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rounds: list[Callable[[], None]] = []

    async def failing(*_: Any, **__: Any) -> Any:
        rounds.append(lambda: None)
        if len(rounds) > 3:
            raise asyncio.CancelledError
        raise MuxApiError("GET /video/v1/uploads", 500, "status 500")

    monkeypatch.setattr(watch.mux, "get", failing)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch.poller.run())
    assert (tmp_path / "poller.log").read_text().count("status 500") == 3
