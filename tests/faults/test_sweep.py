"""Every external call of every story meets every fault; whatever happens then, nothing is lost and nothing doubled."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from tests.bridge import Webhooks
from tests.faults.conftest import wait_no_more
from tests.faults.stories import CLEANUPS, REQUESTS, Stage, Story, ours_at_mux
from tests.faults.sweep import FAULTS, KILLED_BEFORE, ExternalCalls, Fault, Killed
from tests.world import STACK, Answer, World, pages

PATIENT, HASTY = "asks again when all has calmed down", "asks again at once"
STORIES: Final = REQUESTS | CLEANUPS
HARMLESS_REPEATS: Final = 2
"""More calls than undisturbed that one fault may cost at Mux: a repeat, and a look for what became of the first."""


@dataclass
class Theatre:
    """Where stories are told one after the other, each from an empty table and an empty Mux."""

    world: World
    webhooks: Webhooks
    calls: ExternalCalls
    _scenes: dict[int, tuple[Stage, list[Any], float]] = field(default_factory=dict)

    def told(self, story: Story, fault: Fault | None = None, *, at: int = -1) -> Stage:
        """The story up to its disturbed act. No event arrives meanwhile: what follows is the same every time."""
        stage = self._begun(story)
        stage.webhooks.held = True
        stage.world.cold_start()
        with self.calls.meeting(fault, at=at):
            try:
                stage.answers.append(story.act(stage))
            except Killed:
                stage.world.cold_start()
        _believe_the_answer(story, stage)
        return stage

    def _begun(self, story: Story) -> Stage:
        if story.only_looks and id(story) in self._scenes:
            stage, items, moment = self._scenes[id(story)]
            self.world.replace_items(items)
            self.world.advance(moment - time.time())
            return replace(stage, answers=[])
        self.world.replace_items([])
        self.world.mux.reset()
        self.webhooks.held = False
        self.world.cold_start()
        stage = Stage(self.world, self.webhooks)
        story.begin(stage)
        self._scenes = {id(story): (stage, self.world.items(), time.time())}
        return stage


@pytest.fixture(scope="module")
def theatre(emulator: MuxEmulator) -> Iterator[Theatre]:
    """One stack for all stories, which starts cold as often as it likes: its AWS clients are made once."""
    made: dict[str, Any] = {}
    make = runtime._client

    def client(service: str) -> Any:
        if service not in made:
            made[service] = make(service)
        return made[service]

    emulator.reset()
    with pytest.MonkeyPatch.context() as monkeypatch:
        wait_no_more(monkeypatch, [])
        monkeypatch.setattr(runtime, "_client", client)
        calls = ExternalCalls()
        calls.patch(monkeypatch)
        with World(emulator, monkeypatch) as world, Webhooks(world) as webhooks:
            yield Theatre(world, webhooks, calls)
            assert not webhooks.crashes


def _believe_the_answer(story: Story, stage: Stage) -> None:
    """What was answered 2xx is true at once."""
    if stage.answers and stage.answers[-1].status < 300:
        story.promised(stage, stage.answers[-1])


def _asked_again(story: Story, stage: Stage) -> None:
    """The caller repeats the request until it is answered, as late as it is told to."""
    for _ in range(6):
        if stage.answers and stage.answers[-1].status < 500:
            return
        if stage.answers:
            stage.world.advance(int(stage.answers[-1].headers.get("retry-after", 60)))
        stage.answers.append(story.act(stage))
        _believe_the_answer(story, stage)
    raise AssertionError(f"never answered: {stage.answers}")


def _time_passes(stage: Stage, hours: int = 0) -> None:
    """What Mux has to tell arrives, and the schedule runs."""
    stage.webhooks.held = False
    stage.world.advance(hours * 3600)
    if not stage.deaf:
        stage.webhooks.settle()
    stage.world.schedule()


def _recovered(story: Story, stage: Stage, order: str) -> None:
    if story.again and order == HASTY:
        _asked_again(story, stage)
    _time_passes(stage)
    _time_passes(stage, hours=2)
    if story.again and order == PATIENT:
        _asked_again(story, stage)
        _time_passes(stage, hours=2)


def _all_is_well(stage: Stage) -> None:
    """What holds at the end of every story."""
    world = stage.world
    at_mux = {asset["id"]: asset["status"] for asset in ours_at_mux(world)}
    listed = [(asset["id"], asset["status"]) for page in pages(world, limit=100) for asset in page]
    known = [(asset_id, status) for asset_id, status in listed if asset_id in at_mux or not _made_up(stage, asset_id)]
    assert sorted(known) == sorted(at_mux.items()), "the owner sees each asset once, as it is at Mux"
    records = world.records()
    for upload in world.mux_get("/video/v1/uploads?limit=100").json()["data"]:
        if f"#{STACK}#" not in upload["new_asset_settings"]["passthrough"]:
            continue
        assert upload["status"] != "waiting"
        record = records.get(f"UPLOAD#{upload['id']}", {"status": "timed_out"})
        assert record["status"] == upload["status"], "an upload without a record was nobody's"
    for record in records.values():
        assert record.get("state") not in ("pending", ""), "no intent stays open"
        assert record.get("status") not in ("waiting", "preparing")
        assert "due_at" not in record, "nothing is left to do"
    assert world.call("list_assets", owner="eve").data == []
    for asset_id in at_mux:
        assert world.call("get_asset", owner="eve", id=asset_id).status == 404


def _made_up(stage: Stage, asset_id: str) -> bool:
    """Events that a test has written itself tell of assets that this Mux does not know."""
    return isinstance(stage.about, dict) and stage.about["data"]["id"] == asset_id


def _cases() -> list[Any]:
    requests = [pytest.param(name, fault, id=f"{name}: {fault}") for name in REQUESTS for fault in FAULTS]
    # A run that meets an outage ends early; test_cleanup has what an outage may not do.
    once = [fault for fault in FAULTS if not FAULTS[fault].lasting]
    return requests + [pytest.param(name, fault, id=f"{name}: {fault}") for name in CLEANUPS for fault in once]


def _orders(name: str, fault: str) -> list[str]:
    """Who does not know what became of a request may ask again soon or late."""
    story = STORIES[name]
    if name in CLEANUPS or not story.again:
        return [PATIENT]
    return [HASTY, PATIENT] if fault in ("answer lost", "killed") else [HASTY]


@pytest.mark.parametrize(("name", "fault"), _cases())
def test_nothing_is_lost_and_nothing_doubled(theatre: Theatre, name: str, fault: str) -> None:
    story, calls = STORIES[name], theatre.calls
    theatre.told(story)
    undisturbed = list(calls.names)
    assert undisturbed
    for at, called in enumerate(undisturbed):
        for order in _orders(name, fault) if FAULTS[fault].concerns(called) else ():
            stage = theatre.told(story, FAULTS[fault], at=at)
            try:
                assert calls.met, "the call was not visited"
                assert calls.names[: at + 1] == undisturbed[: at + 1]
                assert len(_at_mux(calls.names)) <= len(_at_mux(undisturbed)) + HARMLESS_REPEATS
                _ends_well(story, stage, order)
            except BaseException as error:
                error.add_note(f"call {at}, {called}: {fault}; the caller {order}; {_told_by(stage.answers)}")
                raise


@pytest.mark.parametrize("fault", [None, KILLED_BEFORE], ids=["undisturbed", "killed at once"])
@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_well_that_goes_well_or_does_not_even_begin(
    theatre: Theatre, name: str, fault: Fault | None
) -> None:
    stage = theatre.told(STORIES[name], fault, at=0)
    assert [answer.status < 500 for answer in stage.answers] == ([] if fault else [True])
    _ends_well(STORIES[name], stage, HASTY)


def _ends_well(story: Story, stage: Stage, order: str) -> None:
    _recovered(story, stage, order)
    _all_is_well(stage)
    story.end(stage)


def _at_mux(names: list[str]) -> list[str]:
    return [name for name in names if " /" in name]


def _told_by(answers: list[Answer]) -> str:
    return "answers: " + ", ".join(f"{answer.status} {answer.body}" for answer in answers)
