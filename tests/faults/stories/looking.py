"""Stories of who only looks: what is answered is true, and nothing has changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.faults.story import Stage, Story, asked, ready_assets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Answer

_LIMITS: Final = {
    "MAX_ASSETS_PER_OWNER": "9",
    "MAX_OPEN_UPLOADS_PER_OWNER": "9",
    "MAX_UPLOADS_PER_DAY_PER_OWNER": "9",
}
_ADMIN: Final = {"owner": "grace", "groups": ["admin"]}


def _published_assets(stages: list[Stage]) -> None:
    ready_assets(stages, playback_policies=["public"])
    for stage in stages:
        assert stage.call("update_asset", json_body={"visibility": "public"}).status == 200


def _cancelled_uploads(stages: list[Stage]) -> None:
    for stage in stages:
        stage.ids = {"id": stage.call("create_upload", json_body={}).data["id"]}
        assert stage.call("cancel_upload").status == 204


def _playback_ids(stages: list[Stage]) -> None:
    ready_assets(stages)
    for stage in stages:
        stage.ids |= {"pid": stage.event["data"]["playback_ids"][0]["id"]}


def _says(**what: Any) -> Callable[[Stage, Answer], None]:
    def promised(stage: Stage, answer: Answer) -> None:
        assert what.items() <= answer.data.items()

    return promised


def _lists_the_asset(stage: Stage, answer: Answer) -> None:
    assert stage.ids["id"] in [asset["id"] for asset in answer.data]


def _lists_nothing_else(stage: Stage, answer: Answer) -> None:
    assert [asset["id"] for asset in answer.data] == [stage.ids["id"]]


def _is_the_playback_id(stage: Stage, answer: Answer) -> None:
    assert answer.data == {"id": stage.ids["pid"], "policy": "signed"}


def _signs_for_the_asset(stage: Stage, answer: Answer) -> None:
    [entry] = stage.event["data"]["playback_ids"]
    assert answer.data["playback_id"] == entry["id"]
    assert answer.data["tokens"]


def _signs_for_the_named_assets(stage: Stage, answer: Answer) -> None:
    [entry] = stage.event["data"]["playback_ids"]
    [signed] = answer.data
    assert (signed["asset_id"], signed["playback_id"]) == (stage.ids["id"], entry["id"])
    assert set(signed["tokens"]) == {"video", "thumbnail"}


def _signs_for_many(stage: Stage) -> Answer:
    return stage.call("playback_tokens:POST many", json_body={"asset_ids": [stage.ids["id"], "unknown1"]})


def _describes_the_file(stage: Stage, answer: Answer) -> None:
    [entry] = answer.data
    assert {track["type"] for track in entry["file"]["tracks"]} == {"video", "audio"}


def _counts_the_asset(stage: Stage, answer: Answer) -> None:
    counts = {name: answer.data[name]["count"] for name in answer.data}
    assert counts == {"assets": 1, "open_uploads": 0, "uploads_last_24_hours": 1}


_looking = partial(Story, begin=ready_assets)

LOOKING: Final[dict[str, Story]] = {
    "get_upload": _looking(
        "get_upload", asked("get_upload"), begin=_cancelled_uploads, promised=_says(status="cancelled")
    ),
    "get_asset": _looking("get_asset", asked("get_asset"), promised=_says(status="ready", title="Harbour")),
    "list_assets": _looking("list_assets", asked("list_assets"), promised=_lists_nothing_else),
    "list_assets by status": _looking(
        "list_assets", asked("list_assets", query="status=ready"), promised=_lists_nothing_else
    ),
    "list_assets of everybody, by an administrator": _looking(
        "list_assets", asked("list_assets", query="scope=all&limit=100", **_ADMIN), promised=_lists_the_asset
    ),
    "gallery": _looking(
        "gallery",
        asked("gallery", owner=None, query="limit=100"),
        begin=_published_assets,
        promised=_lists_the_asset,
    ),
    "playback_ids:GET": _looking(
        "playback_ids:GET", asked("playback_ids:GET"), begin=_playback_ids, promised=_is_the_playback_id
    ),
    "playback_tokens": _looking(
        "playback_tokens", asked("playback_tokens", json_body={}), promised=_signs_for_the_asset
    ),
    "playback_tokens:POST many": _looking(
        "playback_tokens:POST many", _signs_for_many, promised=_signs_for_the_named_assets
    ),
    "input_info": _looking("input_info", asked("input_info"), promised=_describes_the_file),
    "usage": _looking("usage", asked("usage"), promised=_counts_the_asset),
    "usage where limits are new": _looking("usage", asked("usage"), environment=_LIMITS, promised=_counts_the_asset),
}
