"""Making uploads and assets: once for each wish, whatever is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.faults.story import FILM, KEY, VIDEO, Stage, Story, asked, wait_until_ready
from tests.faults.sweep import KILLED_AT_MUX

if TYPE_CHECKING:
    from tests.world import Answer

_TITLED: Final = {"title": "Harbour"}
_SETTLED_SECONDS: Final = 90
"""After so long, what became of a create is looked for."""


def _upload(stage: Stage) -> Answer:
    return stage.world.call("create_upload", owner=stage.owner, json_body=_TITLED, headers=KEY)


def _asset(stage: Stage) -> Answer:
    return stage.world.call("create_asset", owner=stage.owner, json_body=FILM, headers=KEY)


def _mux_is_busy(stages: list[Stage]) -> None:
    stages[0].world.mux.set_faults({"api": {"rate_limit": 1}})


def _uploads_were_asked_for(stages: list[Stage]) -> None:
    for stage in stages:
        assert _upload(stage).status == 201


def _uploads_died_at_mux(stages: list[Stage]) -> None:
    for stage in stages:
        KILLED_AT_MUX.kill(stage.calls, lambda: _upload(stage))


def _uploads_died_at_mux_long_ago(stages: list[Stage]) -> None:
    _uploads_died_at_mux(stages)
    stages[0].world.advance(_SETTLED_SECONDS)


def _upload_is_known(stage: Stage, answer: Answer) -> None:
    shown = stage.call("get_upload", id=answer.data["id"]).data
    assert shown["status"] == answer.data["status"]
    if "url" in answer.data and "id" not in stage.ids:
        stage.ids = {"id": answer.data["id"]}
        stage.world.send_file(answer.data["url"], VIDEO)
