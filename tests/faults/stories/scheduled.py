"""Stories of the schedules, in a world without events: what they find is put right, and the next run goes on."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from mux_lifecycle.errors import LifecycleError
from tests import mux_events
from tests.faults.stories.ending import deleted_for_good
from tests.faults.story import FILM, PROCESSING_SECONDS, VIDEO, Stage, Story, asset_at_mux, ready_assets
from tests.world import STACK, Answer

_WEBHOOKS: Final = "/system/v1/webhooks?limit=100"


def _run(stage: Stage) -> Answer:
    """A run that fails is repeated by the next schedule, whatever it was."""
    try:
        return Answer(200, {"data": stage.world.schedule()}, {})
    except LifecycleError as error:
        return Answer(503, {"error": error.messages}, {"retry-after": "60"})


def _walk(stage: Stage, **event: Any) -> Answer:
    """A walk that is not finished is gone on with by the next run."""
    try:
        report = stage.world.reconcile({"start": True} | event)
    except LifecycleError as error:
        return Answer(503, {"error": error.messages}, {"retry-after": "900"})
    return Answer(200 if "finished" in report else 503, {"data": report}, {"retry-after": "900"})


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


def _a_world_that_went_on_unheard(stages: list[Stage]) -> None:
    """An asset has changed, one has gone, one is new, and so is an upload."""
    ready_assets(stages)
    [stage] = stages
    _lost_from_here_on(stage)
    gone = stage.call("create_asset", json_body=FILM).data["id"]
    stage.world.mux.delete_asset(gone)
    assert stage.world.mux_call("PATCH", f"/video/v1/assets/{stage.ids['id']}", {"meta": {"title": "Pier"}}).ok
    asset_at_mux(stage)
    upload = {"new_asset_settings": {"passthrough": mux_events.tag(stage.owner)}, "timeout": 600}
    assert stage.world.mux_post("/video/v1/uploads", upload).ok
    stage.world.advance(PROCESSING_SECONDS + 1)


def _a_world_to_tidy_up(stages: list[Stage]) -> None:
    """An asset and an upload are too old, and an asset is nobody's."""
    ready_assets(stages)
    [stage] = stages
    _lost_from_here_on(stage)
    if not any(f"?tag={STACK}" in webhook["address"] for webhook in stage.world.mux_get(_WEBHOOKS).json()["data"]):
        stage.world.claim_tag()
    stage.ids |= {"upload": stage.call("create_upload", json_body={}).data["id"]}
    stage.world.advance(25 * 3600)
    asset_at_mux(stage, passthrough="")
    stage.world.advance(PROCESSING_SECONDS + 1)


def _upload_timed_out(stage: Stage) -> None:
    assert stage.call("get_upload").data["status"] == "timed_out"


def _one_ready_asset(stage: Stage) -> None:
    assert [asset["status"] for asset in stage.listed()] == ["ready"]


def _an_old_and_a_new_one(stage: Stage) -> None:
    assert [asset["title"] for asset in stage.listed()] == ["Harbour", "Pier"]


def _one_asset_adopted(stage: Stage) -> None:
    [asset] = stage.listed()
    assert asset["id"] != stage.ids["id"]
    upload = stage.world.mux_get(f"/video/v1/uploads/{stage.ids['upload']}").json()["data"]
    assert upload["status"] == "cancelled"


def _nothing_at_all(stage: Stage) -> None:
    assert not stage.listed()
    assert not stage.world.mux_assets()


_RETENTION: Final = {
    "RETAIN_DAYS": "1",
    "CANCEL_ABANDONED_UPLOADS_HOURS": "1",
    "UPLOAD_TIMEOUT_SECONDS": "604800",
}

_cleanup = partial(Story, "cleanup", _run, deaf=True, looks_only=True)

SCHEDULED: Final[dict[str, Story]] = {
    "cleanup of an upload that timed out": _cleanup(begin=_an_upload_that_timed_out, end=_upload_timed_out),
    "cleanup of an upload without events": _cleanup(begin=_an_upload_that_became_an_asset, end=_one_ready_asset),
    "cleanup of an asset without events": _cleanup(begin=_an_asset, end=_one_ready_asset),
    "cleanup of an asset that is gone at Mux": _cleanup(begin=_an_asset_gone_at_mux, end=_nothing_at_all),
    "cleanup of a wish to delete": _cleanup(looks_only=False, begin=_a_wish_to_delete, end=deleted_for_good),
    "cleanup of a create whose answer was lost": _cleanup(begin=_a_create_whose_answer_was_lost, end=_one_ready_asset),
    "cleanup of a create that came to nothing": _cleanup(begin=_a_create_that_came_to_nothing, end=_nothing_at_all),
    "reconcile of what nobody has told": Story(
        "reconcile",
        _walk,
        deaf=True,
        looks_only=True,
        begin=_a_world_that_went_on_unheard,
        end=_an_old_and_a_new_one,
    ),
    "reconcile that adopts and retires": Story(
        "reconcile",
        lambda stage: _walk(stage, adopt_owner=stage.owner),
        deaf=True,
        environment=_RETENTION,
        only=("PATCH /video/v1/assets/ID", "PUT /video/v1/uploads/ID/cancel"),
        begin=_a_world_to_tidy_up,
        end=_one_asset_adopted,
    ),
}
