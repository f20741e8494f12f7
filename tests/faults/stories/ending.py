"""Stories of uploads that are cancelled and assets that are deleted: for good, or told why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.faults.story import VIDEO, Stage, Story, asked, mux_finishes, ready_assets, unheard

if TYPE_CHECKING:
    from tests.world import Answer


def _waiting_uploads(stages: list[Stage]) -> None:
    for stage in stages:
        stage.ids = {"id": stage.call("create_upload", json_body={}).data["id"]}
    stages[0].webhooks.settle()


def _uploads_that_became_assets(stages: list[Stage]) -> None:
    unheard(stages[0].world)
    for stage in stages:
        made = stage.call("create_upload", json_body={}).data
        stage.ids = {"id": made["id"]}
        stage.world.send_file(made["url"], VIDEO)
    mux_finishes(stages[0].world)


def _assets_gone_at_mux(stages: list[Stage]) -> None:
    """Somebody has deleted them in Mux's dashboard."""
    ready_assets(stages)
    unheard(stages[0].world)
    for stage in stages:
        stage.world.mux.delete_asset(stage.ids["id"])


def _upload_is_cancelled(stage: Stage, answer: Answer) -> None:
    upload = stage.world.mux_get(f"/video/v1/uploads/{stage.ids['id']}").json()["data"]
    assert upload["status"] in ("cancelled", "timed_out")
    assert stage.call("get_upload").data["status"] == upload["status"]


def _cancelled_for_good(stage: Stage) -> None:
    assert stage.answers[-1].status == 204
    _upload_is_cancelled(stage, stage.answers[-1])


def _too_late_to_cancel(stage: Stage) -> None:
    assert stage.answers[-1].status == 409
    assert stage.call("get_upload").data["asset"]["status"] == "ready"


def _asset_is_gone(stage: Stage, answer: Answer) -> None:
    shown = stage.call("get_asset")
    if answer.status == 204:
        assert stage.world.mux_get(f"/video/v1/assets/{stage.ids['id']}").status_code == 404
        assert shown.status == 404
    else:
        assert (answer.status, shown.data["status"]) == (202, "deleting")


def deleted_for_good(stage: Stage) -> None:
    """Gone at Mux and here, whatever Mux repeats."""
    assert stage.world.mux_get(f"/video/v1/assets/{stage.ids['id']}").status_code == 404
    assert stage.world.deliver(stage.event | {"id": "a-late-repetition"}).status == 200
    assert stage.call("get_asset").status == 404
    assert not stage.listed()


ENDING: Final[dict[str, Story]] = {
    "cancel_upload": Story(
        "cancel_upload",
        asked("cancel_upload"),
        thorough=True,
        begin=_waiting_uploads,
        promised=_upload_is_cancelled,
        end=_cancelled_for_good,
    ),
    "cancel_upload, too late": Story(
        "cancel_upload", asked("cancel_upload"), begin=_uploads_that_became_assets, end=_too_late_to_cancel
    ),
    "delete_asset": Story(
        "delete_asset",
        asked("delete_asset"),
        thorough=True,
        begin=ready_assets,
        promised=_asset_is_gone,
        end=deleted_for_good,
    ),
    "delete_asset, gone at Mux": Story(
        "delete_asset",
        asked("delete_asset"),
        begin=_assets_gone_at_mux,
        promised=_asset_is_gone,
        end=deleted_for_good,
    ),
    "delete_asset by an administrator": Story(
        "delete_asset",
        asked("delete_asset", owner="grace", groups=["admin"]),
        begin=ready_assets,
        promised=_asset_is_gone,
        end=deleted_for_good,
    ),
}
