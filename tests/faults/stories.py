"""What the sweep disturbs: one short story for each thing that a function does with the world outside."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from local.mux import sample_mp4
from mux_lifecycle.errors import LifecycleError
from tests import mux_events
from tests.world import STACK, Answer, World, pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bridge import Webhooks

type Json = dict[str, Any]

KEY: Final = {"idempotency-key": "the-one-and-only"}
FILM: Final = {"input": "https://storage.example.com/film.mp4", "title": "Harbour"}
VIDEO: Final = sample_mp4()


@dataclass
class Stage:
    """Where a story plays: the stack, Mux's way to it, and what the story is about (an id, or an event).

    `deaf`: no event of Mux arrives any more, ever.
    """

    world: World
    webhooks: Webhooks
    about: Any = None
    deaf: bool = False
    answers: list[Answer] = field(default_factory=list)


@dataclass(frozen=True)
class Story:
    """`begin` sets the scene, `act` is disturbed, `again` whether the caller repeats it until it is answered.

    `promised` holds as soon as `act` has answered 2xx, `end` once everything has recovered. A story that `only_looks`
    changes nothing at Mux.
    """

    act: Callable[[Stage], Answer]
    again: bool
    only_looks: bool = False
    begin: Callable[[Stage], None] = lambda _: None
    promised: Callable[[Stage, Answer], None] = lambda *_: None
    end: Callable[[Stage], None] = lambda _: None


def _upload_at_mux(stage: Stage) -> Json:
    found: Json = stage.world.mux_get(f"/video/v1/uploads/{stage.about}").json()["data"]
    return found


def _listed(world: World, owner: str = "ada") -> list[Json]:
    return [asset for page in pages(world, limit=100, owner=owner) for asset in page]


def ours_at_mux(world: World) -> list[Json]:
    """The assets at Mux that carry this stack's tag."""
    return [asset for asset in world.mux_assets() if f"#{STACK}#ada#" in asset.get("passthrough", "")]


# Uploads


def _upload_is_known(stage: Stage, answer: Answer) -> None:
    assert stage.world.call("get_upload", id=answer.data["id"]).data["status"] == answer.data["status"]
    if "url" in answer.body["data"] and stage.about is None:
        stage.about = answer.data["id"]
        stage.world.send_file(answer.data["url"], VIDEO)


def _what_was_uploaded_is_there_once(stage: Stage) -> None:
    assert [asset["upload_id"] for asset in _listed(stage.world)] == ([stage.about] if stage.about else [])


def _the_caller_got_one_upload(stage: Stage) -> None:
    [answered] = {(answer.data["id"], answer.data["status"]) for answer in stage.answers if answer.status == 201}
    assert answered == (stage.about, "waiting") or (stage.about is None and answered[1] == "timed_out")
    _what_was_uploaded_is_there_once(stage)


def _waiting_upload(stage: Stage) -> None:
    stage.about = stage.world.call("create_upload", json_body={}).data["id"]


def _upload_that_became_an_asset(stage: Stage) -> None:
    made = stage.world.call("create_upload", json_body={}).data
    stage.about = made["id"]
    stage.webhooks.held = True
    stage.world.send_file(made["url"], VIDEO)
    stage.world.wait_for(lambda: [asset["status"] for asset in stage.world.mux_assets()] == ["ready"])


def _upload_is_cancelled(stage: Stage, answer: Answer) -> None:
    status = _upload_at_mux(stage)["status"]
    assert status in ("cancelled", "timed_out")
    assert stage.world.call("get_upload", id=stage.about).data["status"] == status


def _cancelled_for_good(stage: Stage) -> None:
    assert stage.answers[-1].status == 204
    _upload_is_cancelled(stage, stage.answers[-1])


def _too_late_to_cancel(stage: Stage) -> None:
    assert stage.answers[-1].status == 409
    assert stage.world.call("get_upload", id=stage.about).data["asset"]["status"] == "ready"


# Assets


def _asset_is_known(stage: Stage, answer: Answer) -> None:
    assert stage.world.call("get_asset", id=answer.data["id"]).status == 200
    assert [asset["id"] for asset in _listed(stage.world)] == [answer.data["id"]]


def _one_asset_at_most(stage: Stage) -> None:
    assert len(ours_at_mux(stage.world)) <= 1


def _exactly_one_asset(stage: Stage) -> None:
    [asset] = ours_at_mux(stage.world)
    assert {answer.data["id"] for answer in stage.answers if answer.status == 201} == {asset["id"]}


def _ready_asset(stage: Stage) -> None:
    stage.about = stage.world.call("create_asset", json_body=FILM).data["id"]
    stage.webhooks.settle()


def _asset_is_gone(stage: Stage, answer: Answer) -> None:
    shown = stage.world.call("get_asset", id=stage.about)
    if answer.status == 204:
        assert stage.world.mux_get(f"/video/v1/assets/{stage.about}").status_code == 404
        assert shown.status == 404
    else:
        assert (answer.status, shown.data["status"]) == (202, "deleting")


def _deleted_for_good(stage: Stage) -> None:
    world = stage.world
    assert world.mux_get(f"/video/v1/assets/{stage.about}").status_code == 404
    told = [json.loads(delivery["body"]) for delivery in world.mux.deliveries() if stage.about in delivery["body"]]
    assert told
    for event in told:
        assert world.deliver(event | {"id": "a-late-repetition"}).status == 200
    assert world.call("get_asset", id=stage.about).status == 404
    assert not _listed(world)


# Webhooks


def _event_to_come(stage: Stage) -> None:
    stage.about = mux_events.asset_event("ready", asset_id=mux_events.new_id("asset"))


def _event_whose_owner_the_upload_knows(stage: Stage) -> None:
    upload = stage.world.call("create_upload", json_body={}).data["id"]
    stage.webhooks.settle()
    stage.about = mux_events.asset_event(
        "ready", asset_id=mux_events.new_id("asset"), upload_id=upload, passthrough=None
    )


def _event_is_stored(stage: Stage, answer: Answer) -> None:
    data = stage.about["data"]
    assert stage.world.call("get_asset", id=data["id"]).data["status"] == "ready"
    assert [asset["id"] for asset in _listed(stage.world)] == [data["id"]]


def _event_was_acknowledged(stage: Stage) -> None:
    assert stage.answers[-1].status == 200
    _event_is_stored(stage, stage.answers[-1])


# The cleanup


def _run(stage: Stage) -> Answer:
    """A run that fails is repeated by the next schedule, whatever it was."""
    try:
        return Answer(200, stage.world.schedule(), {})
    except LifecycleError as error:
        return Answer(503, {"error": error.messages}, {})


def _lost_from_here_on(stage: Stage) -> None:
    stage.deaf = True
    stage.world.mux.set_faults({"webhooks": {"drop": 1}})


def _silent_timeout(stage: Stage) -> None:
    _lost_from_here_on(stage)
    _waiting_upload(stage)
    stage.world.advance(2 * 3600)


def _upload_without_events(stage: Stage) -> None:
    _lost_from_here_on(stage)
    _upload_that_became_an_asset(stage)
    stage.world.advance(2 * 3600)


def _asset_without_events(stage: Stage) -> None:
    _lost_from_here_on(stage)
    stage.about = stage.world.call("create_asset", json_body=FILM).data["id"]
    stage.world.wait_for(lambda: [asset["status"] for asset in stage.world.mux_assets()] == ["ready"])
    stage.world.advance(2 * 3600)


def _wish_to_delete(stage: Stage) -> None:
    _ready_asset(stage)
    stage.world.mux.set_faults({"webhooks": {"drop": 1}, "api": {"error_rate": 1}})
    assert stage.world.call("delete_asset", id=stage.about).status == 202
    _lost_from_here_on(stage)
    stage.world.advance(3600)


def _create_whose_answer_was_lost(stage: Stage) -> None:
    stage.world.mux.set_faults({"webhooks": {"drop": 1}, "api": {"lose_response": 1}})
    assert stage.world.call("create_asset", json_body=FILM).status == 503
    _lost_from_here_on(stage)
    stage.world.wait_for(lambda: [asset["status"] for asset in stage.world.mux_assets()] == ["ready"])
    stage.world.advance(3600)


def _create_that_came_to_nothing(stage: Stage) -> None:
    stage.world.mux.set_faults({"webhooks": {"drop": 1}, "api": {"error_rate": 1}})
    assert stage.world.call("create_asset", json_body=FILM).status == 503
    _lost_from_here_on(stage)
    stage.world.advance(3600)


def _upload_timed_out(stage: Stage) -> None:
    assert stage.world.call("get_upload", id=stage.about).data["status"] == "timed_out"


def _one_ready_asset(stage: Stage) -> None:
    assert [asset["status"] for asset in _listed(stage.world)] == ["ready"]


def _nothing_at_all(stage: Stage) -> None:
    assert not _listed(stage.world)
    assert not stage.world.mux_assets()


REQUESTS: Final[dict[str, Story]] = {
    "create_upload": Story(
        act=lambda stage: stage.world.call("create_upload", json_body={"title": "Harbour"}),
        again=False,
        promised=_upload_is_known,
        end=_what_was_uploaded_is_there_once,
    ),
    "create_upload with a key": Story(
        act=lambda stage: stage.world.call("create_upload", json_body={}, headers=KEY),
        again=True,
        promised=_upload_is_known,
        end=_the_caller_got_one_upload,
    ),
    "create_asset": Story(
        act=lambda stage: stage.world.call("create_asset", json_body=FILM),
        again=False,
        promised=_asset_is_known,
        end=_one_asset_at_most,
    ),
    "create_asset with a key": Story(
        act=lambda stage: stage.world.call("create_asset", json_body=FILM, headers=KEY),
        again=True,
        promised=_asset_is_known,
        end=_exactly_one_asset,
    ),
    "cancel_upload": Story(
        begin=_waiting_upload,
        act=lambda stage: stage.world.call("cancel_upload", id=stage.about),
        again=True,
        promised=_upload_is_cancelled,
        end=_cancelled_for_good,
    ),
    "cancel_upload, too late": Story(
        begin=_upload_that_became_an_asset,
        act=lambda stage: stage.world.call("cancel_upload", id=stage.about),
        again=True,
        end=_too_late_to_cancel,
    ),
    "delete_asset": Story(
        begin=_ready_asset,
        act=lambda stage: stage.world.call("delete_asset", id=stage.about),
        again=True,
        promised=_asset_is_gone,
        end=_deleted_for_good,
    ),
    "webhook_receiver": Story(
        begin=_event_to_come,
        act=lambda stage: stage.world.deliver(stage.about),
        again=True,
        promised=_event_is_stored,
        end=_event_was_acknowledged,
    ),
    "webhook_receiver, owner known by the upload": Story(
        begin=_event_whose_owner_the_upload_knows,
        act=lambda stage: stage.world.deliver(stage.about),
        again=True,
        promised=_event_is_stored,
        end=_event_was_acknowledged,
    ),
}
"""What somebody outside asks for and, unless told otherwise, asks again."""

CLEANUPS: Final[dict[str, Story]] = {
    "cleanup of an upload that timed out": Story(
        _run, again=True, only_looks=True, begin=_silent_timeout, end=_upload_timed_out
    ),
    "cleanup of an upload without events": Story(
        _run, again=True, only_looks=True, begin=_upload_without_events, end=_one_ready_asset
    ),
    "cleanup of an asset without events": Story(
        _run, again=True, only_looks=True, begin=_asset_without_events, end=_one_ready_asset
    ),
    "cleanup of a wish to delete": Story(_run, again=True, begin=_wish_to_delete, end=_deleted_for_good),
    "cleanup of a create whose answer was lost": Story(
        _run, again=True, only_looks=True, begin=_create_whose_answer_was_lost, end=_one_ready_asset
    ),
    "cleanup of a create that came to nothing": Story(
        _run, again=True, only_looks=True, begin=_create_that_came_to_nothing, end=_nothing_at_all
    ),
}
"""Runs of the schedule: the next one comes anyway."""
