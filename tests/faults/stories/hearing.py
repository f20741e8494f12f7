"""Stories of what Mux tells: an event that is acknowledged has had its effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.faults.story import (
    CAPTIONS,
    VIDEO,
    Stage,
    Story,
    asset_at_mux,
    events,
    ready_assets,
    mux_finishes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Answer


def _delivered(stage: Stage) -> Answer:
    return stage.world.deliver(stage.event)


def _assets_of_uploads(stages: list[Stage]) -> None:
    """Uploads that we know of have become assets, and nobody was told yet."""
    urls = {}
    for stage in stages:
        made = stage.call("create_upload", json_body={}).data
        stage.ids, urls[made["id"]] = {"id": made["id"]}, made["url"]
    stages[0].webhooks.settle()
    stages[0].webhooks.held = True
    for stage in stages:
        stage.world.send_file(urls[stage.ids["id"]], VIDEO)
    mux_finishes(stages[0].world)


def _upload_became_an_asset(stages: list[Stage]) -> None:
    _assets_of_uploads(stages)
    told = events(stages, "video.upload.asset_created")
    for stage in stages:
        stage.event = told[stage.ids["id"]]


def _asset_of_an_upload_without_its_tag(stages: list[Stage]) -> None:
    """Whose the asset is, only the upload's record says."""
    _assets_of_uploads(stages)
    made_of = {event["data"]["upload_id"]: event for event in events(stages, "video.asset.ready").values()}
    for stage in stages:
        event = made_of[stage.ids["id"]]
        untagged = {name: value for name, value in event["data"].items() if name != "passthrough"}
        stage.event, stage.ids = event | {"data": untagged}, {"id": untagged["id"]}


def _asset_ready(stages: list[Stage]) -> None:
    stages[0].webhooks.held = True
    for stage in stages:
        stage.ids = {"id": asset_at_mux(stage)}
    mux_finishes(stages[0].world)
    told = events(stages, "video.asset.ready")
    for stage in stages:
        stage.event = told[stage.ids["id"]]


def _asset_deleted(stages: list[Stage]) -> None:
    ready_assets(stages)
    stages[0].webhooks.held = True
    for stage in stages:
        stage.world.mux.delete_asset(stage.ids["id"])
    told = events(stages, "video.asset.deleted")
    for stage in stages:
        stage.event = told[stage.ids["id"]]


def _part_told(path: str, body: dict[str, Any], kind: str) -> Callable[[list[Stage]], None]:
    """Ready assets that got a part, of which one event is about to come."""

    def begin(stages: list[Stage]) -> None:
        ready_assets(stages)
        stages[0].webhooks.held = True
        for stage in stages:
            stage.world.mux_post(f"/video/v1/assets/{stage.ids['id']}/{path}", body)
        mux_finishes(stages[0].world)
        told = {event["data"]["asset_id"]: event for event in events(stages, kind).values()}
        for stage in stages:
            stage.event = told[stage.ids["id"]]

    return begin


def _asset_is_ready(stage: Stage, answer: Answer) -> None:
    assert stage.call("get_asset").data["status"] == "ready"
    assert [asset["id"] for asset in stage.listed()] == [stage.ids["id"]]


def _asset_is_gone(stage: Stage, answer: Answer) -> None:
    assert stage.call("get_asset").status == 404
    assert not stage.listed()


def _upload_is_linked(stage: Stage, answer: Answer) -> None:
    assert stage.call("get_upload").data["asset_id"] == stage.event["data"]["asset_id"]


def _part_is_shown(parts: str) -> Callable[[Stage, Answer], None]:
    def promised(stage: Stage, answer: Answer) -> None:
        told = stage.event["data"]
        shown = {part["id"]: part.get("status") for part in stage.call("get_asset").data[parts]}
        assert shown[told["id"]] == told["status"]

    return promised


def _heard(begin: Callable[[list[Stage]], None], promised: Callable[[Stage, Answer], None]) -> Story:
    def end(stage: Stage) -> None:
        assert stage.answers[-1].status == 200
        promised(stage, stage.answers[-1])

    return Story("webhook_receiver", _delivered, begin=begin, promised=promised, end=end)


HEARING: Final[dict[str, Story]] = {
    "webhook_receiver: asset ready": _heard(_asset_ready, _asset_is_ready),
    "webhook_receiver: asset ready, owner known by the upload": _heard(
        _asset_of_an_upload_without_its_tag, _asset_is_ready
    ),
    "webhook_receiver: asset deleted": _heard(_asset_deleted, _asset_is_gone),
    "webhook_receiver: upload has become an asset": _heard(_upload_became_an_asset, _upload_is_linked),
    "webhook_receiver: track ready": _heard(
        _part_told(
            "tracks",
            {"url": CAPTIONS, "type": "text", "text_type": "subtitles", "language_code": "de"},
            "video.asset.track.ready",
        ),
        _part_is_shown("tracks"),
    ),
    "webhook_receiver: static rendition ready": _heard(
        _part_told("static-renditions", {"resolution": "highest"}, "video.asset.static_rendition.ready"),
        _part_is_shown("static_renditions"),
    ),
}
