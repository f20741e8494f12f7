"""Stories of the schedules, in a world without events: what they find is put right, and the next run goes on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mux_lifecycle.errors import LifecycleError
from tests.faults.stories.ending import deleted_for_good
from tests.faults.story import FILM, VIDEO, Stage, Story, ready_assets
from tests.world import Answer

if TYPE_CHECKING:
    from collections.abc import Callable


def _run(stage: Stage) -> Answer:
    """A run that fails is repeated by the next schedule, whatever it was."""
    try:
        return Answer(200, {"data": stage.world.schedule()}, {})
    except LifecycleError as error:
        return Answer(503, {"error": error.messages}, {"retry-after": "60"})


def _lost_from_here_on(stage: Stage, **api: float) -> None:
    stage.world.mux.set_faults({"webhooks": {"drop": 1}, "api": api})


def _an_upload_that_timed_out(stages: list[Stage]) -> None:
    [stage] = stages
    _lost_from_here_on(stage)
    stage.ids = {"id": stage.call("create_upload", json_body={}).data["id"]}
    stage.world.advance(2 * 3600)


def _an_upload_that_became_an_asset(stages: list[Stage]) -> None:
    [stage] = stages
    _lost_from_here_on(stage)
    made = stage.call("create_upload", json_body={}).data
    stage.ids = {"id": made["id"]}
    stage.world.send_file(made["url"], VIDEO)
    stage.world.advance(2 * 3600)


def _an_asset(stages: list[Stage]) -> None:
    [stage] = stages
    _lost_from_here_on(stage)
    stage.ids = {"id": stage.call("create_asset", json_body=FILM).data["id"]}
    stage.world.advance(2 * 3600)


def _an_asset_gone_at_mux(stages: list[Stage]) -> None:
    _an_asset(stages)
    stages[0].world.mux.delete_asset(stages[0].ids["id"])


def _a_wish_to_delete(stages: list[Stage]) -> None:
    ready_assets(stages)
    [stage] = stages
    _lost_from_here_on(stage, error_rate=1)
    assert stage.call("delete_asset").status == 202
    _lost_from_here_on(stage)
    stage.world.advance(3600)


def _a_create_whose_answer_was_lost(stages: list[Stage]) -> None:
    [stage] = stages
    _lost_from_here_on(stage, lose_response=1)
    assert stage.call("create_asset", json_body=FILM).status == 503
    _lost_from_here_on(stage)
    stage.world.advance(3600)


def _a_create_that_came_to_nothing(stages: list[Stage]) -> None:
    [stage] = stages
    _lost_from_here_on(stage, error_rate=1)
    assert stage.call("create_asset", json_body=FILM).status == 503
    _lost_from_here_on(stage)
    stage.world.advance(3600)


def _upload_timed_out(stage: Stage) -> None:
    assert stage.call("get_upload").data["status"] == "timed_out"


def _one_ready_asset(stage: Stage) -> None:
    assert [asset["status"] for asset in stage.listed()] == ["ready"]


def _nothing_at_all(stage: Stage) -> None:
    assert not stage.listed()
    assert not stage.world.mux_assets()


_cleanup = partial(Story, "cleanup", _run, deaf=True, looks_only=True)

SCHEDULED: Final[dict[str, Story]] = {
    "cleanup of an upload that timed out": _cleanup(begin=_an_upload_that_timed_out, end=_upload_timed_out),
    "cleanup of an upload without events": _cleanup(begin=_an_upload_that_became_an_asset, end=_one_ready_asset),
    "cleanup of an asset without events": _cleanup(begin=_an_asset, end=_one_ready_asset),
    "cleanup of an asset that is gone at Mux": _cleanup(begin=_an_asset_gone_at_mux, end=_nothing_at_all),
    "cleanup of a wish to delete": _cleanup(looks_only=False, begin=_a_wish_to_delete, end=deleted_for_good),
    "cleanup of a create whose answer was lost": _cleanup(
        begin=_a_create_whose_answer_was_lost, end=_one_ready_asset
    ),
    "cleanup of a create that came to nothing": _cleanup(begin=_a_create_that_came_to_nothing, end=_nothing_at_all),
}
