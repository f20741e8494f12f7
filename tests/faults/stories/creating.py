"""Stories of uploads and assets that are made: once for each wish, however often it is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.story import FILM, KEY, VIDEO, Stage, Story, asked, mux_finishes, ready_assets, unheard
from tests.faults.sweep import KILLED_AT_MUX, Killed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Answer

_UPLOAD: Final = asked("create_upload", json_body={"title": "Harbour"}, headers=KEY)
_ASSET: Final = asked("create_asset", json_body=FILM, headers=KEY)
_QUOTAS: Final = {
    "MAX_OPEN_UPLOADS_PER_OWNER": "2",
    "MAX_ASSETS_PER_OWNER": "2",
    "MAX_UPLOADS_PER_DAY_PER_OWNER": "5",
    # Of all who play the story: met, never reached.
    "MAX_UPLOADS_PER_DAY": "5000",
}
_LONG_AGO_SECONDS: Final = 90
"""After so long, what became of a create is looked for."""


def _done_before(act: Callable[[Stage], Answer]) -> Callable[[list[Stage]], None]:
    def begin(stages: list[Stage]) -> None:
        for stage in stages:
            assert act(stage).status == 201
        mux_finishes(stages[0].world)
        stages[0].webhooks.settle()

    return begin


def _died_at_mux(
    act: Callable[[Stage], Answer], *, ago: int = _LONG_AGO_SECONDS, told: bool = False
) -> Callable[[list[Stage]], None]:
    """The first attempt was killed when Mux had done its part; `told`: Mux's events have come since."""

    def begin(stages: list[Stage]) -> None:
        if not told:
            unheard(stages[0].world)
        for stage in stages:
            with pytest.raises(Killed), stage.calls.meeting(KILLED_AT_MUX, at=0):
                act(stage)
        stages[0].world.advance(ago)
        if told:
            mux_finishes(stages[0].world)
            stages[0].webhooks.settle()

    return begin


def _came_to_nothing(stages: list[Stage]) -> None:
    """Mux was down, and the intent could not be taken back."""
    world = stages[0].world
    _died_at_mux(_ASSET)(stages)
    for asset in world.mux_assets():
        world.mux.delete_asset(asset["id"])


def _with_an_asset(stages: list[Stage]) -> None:
    """Made before there were quotas: it counts all the same."""
    ready_assets(stages)
    for stage in stages:
        stage.ids = {}


def _upload_is_known(stage: Stage, answer: Answer) -> None:
    assert stage.call("get_upload", id=answer.data["id"]).data["status"] == answer.data["status"]
    if "url" in answer.data and not stage.ids:
        stage.ids = {"id": answer.data["id"]}
        stage.world.send_file(answer.data["url"], VIDEO)


def _what_was_uploaded_is_there_once(stage: Stage) -> None:
    assert [asset["upload_id"] for asset in stage.listed()] == list(stage.ids.values())


def _the_caller_got_one_upload(stage: Stage) -> None:
    [(upload_id, status)] = {(answer.data["id"], answer.data["status"]) for answer in stage.answers if _made(answer)}
    assert (upload_id, status) == (stage.ids.get("id"), "waiting") or (not stage.ids and status == "timed_out")
    _what_was_uploaded_is_there_once(stage)


def _asset_is_known(stage: Stage, answer: Answer) -> None:
    assert [asset["id"] for asset in stage.listed()] == [answer.data["id"]]


def _one_asset_at_most(stage: Stage) -> None:
    assert len(stage.listed()) <= 1


def _exactly_one_asset(stage: Stage) -> None:
    """What the owner sees is what is there: that has been made sure of."""
    [asset] = stage.listed()
    assert {answer.data["id"] for answer in stage.answers if _made(answer)} == {asset["id"]}


def _full(stage: Stage) -> None:
    """Whatever happened: as many assets as are allowed, and not one more."""
    room = int(_QUOTAS["MAX_ASSETS_PER_OWNER"]) - len(stage.listed())
    asked_for_more = [stage.call("create_asset", json_body=FILM).status for _ in range(room + 1)]
    assert asked_for_more == [201] * room + [429]


def _made(answer: Answer) -> bool:
    return answer.status == 201


CREATING: Final[dict[str, Story]] = {
    "create_upload": Story(
        "create_upload",
        asked("create_upload", json_body={"title": "Harbour"}),
        again=False,
        promised=_upload_is_known,
        end=_what_was_uploaded_is_there_once,
    ),
    "create_upload with a key": Story(
        "create_upload", _UPLOAD, thorough=True, promised=_upload_is_known, end=_the_caller_got_one_upload
    ),
    "create_upload with a key, answered before": Story(
        "create_upload",
        _UPLOAD,
        begin=_done_before(_UPLOAD),
        promised=_upload_is_known,
        end=_the_caller_got_one_upload,
    ),
    "create_upload with a key, killed a moment ago": Story(
        "create_upload",
        _UPLOAD,
        answered=False,
        begin=_died_at_mux(_UPLOAD, ago=1),
        promised=_upload_is_known,
        end=_the_caller_got_one_upload,
    ),
    "create_upload with a key, killed long ago": Story(
        "create_upload",
        _UPLOAD,
        begin=_died_at_mux(_UPLOAD),
        promised=_upload_is_known,
        end=_the_caller_got_one_upload,
    ),
    "create_upload with a key, Mux being busy": Story(
        "create_upload",
        _UPLOAD,
        busy=True,
        answered=False,
        promised=_upload_is_known,
        end=_the_caller_got_one_upload,
    ),
    "create_upload with a key, where quotas are new": Story(
        "create_upload", _UPLOAD, environment=_QUOTAS, begin=_with_an_asset, promised=_upload_is_known, end=_full
    ),
    "create_asset": Story(
        "create_asset",
        asked("create_asset", json_body=FILM),
        again=False,
        promised=_asset_is_known,
        end=_one_asset_at_most,
    ),
    "create_asset with a key": Story(
        "create_asset", _ASSET, thorough=True, promised=_asset_is_known, end=_exactly_one_asset
    ),
    "create_asset with a key, answered before": Story(
        "create_asset", _ASSET, begin=_done_before(_ASSET), promised=_asset_is_known, end=_exactly_one_asset
    ),
    "create_asset with a key, killed long ago": Story(
        "create_asset", _ASSET, begin=_died_at_mux(_ASSET), promised=_asset_is_known, end=_exactly_one_asset
    ),
    "create_asset with a key, killed long ago, told by events": Story(
        "create_asset", _ASSET, begin=_died_at_mux(_ASSET, told=True), promised=_asset_is_known, end=_exactly_one_asset
    ),
    "create_asset with a key, killed long ago, nothing at Mux": Story(
        "create_asset", _ASSET, begin=_came_to_nothing, promised=_asset_is_known, end=_exactly_one_asset
    ),
    "create_asset with a key, Mux being busy": Story(
        "create_asset",
        _ASSET,
        busy=True,
        answered=False,
        promised=_asset_is_known,
        end=_exactly_one_asset,
    ),
    "create_asset with a key, where quotas are new": Story(
        "create_asset", _ASSET, environment=_QUOTAS, begin=_with_an_asset, end=_full
    ),
}
