"""Where stories are told: once undisturbed, then as often as there are calls and faults, each time for another owner.

What waits for Mux or for time to pass waits for all of them at once: that is what makes so many stories bearable.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from copy import replace
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.faults.story import DELAY_SECONDS, Stage, Story, unheard
from tests.faults.sweep import Case, Killed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    import pytest

    from tests.bridge import Webhooks
    from tests.faults.sweep import ExternalCalls
    from tests.world import World

type Scene = tuple[list[Stage], list[Any], float]

HARMLESS_REPEATS: Final = 3
"""More calls than undisturbed that one fault may cost at Mux: a repeat, and a look for what became of the first, which
is repeated as well when everything fails."""
_UNDISTURBED: Final = Case()


@dataclass
class Performance:
    """A story on one stage, and what disturbed it there."""

    stage: Stage
    case: Case

    def named(self) -> AbstractContextManager[None]:
        """An error inside tells what was disturbed."""
        return self.case.named(self.stage.answers)


@dataclass
class Theatre:
    """One world, in which every story begins with an empty table and an empty Mux."""

    world: World
    webhooks: Webhooks
    calls: ExternalCalls
    monkeypatch: pytest.MonkeyPatch
    _usual: dict[str, str] = field(default_factory=dict)
    _rehearsed: dict[int, list[str]] = field(default_factory=dict)
    _scenes: dict[int, Scene] = field(default_factory=dict)

    def rehearsed(self, story: Story) -> list[str]:
        """The calls that the story makes when nothing disturbs it."""
        if id(story) not in self._rehearsed:
            self.played(story, [_UNDISTURBED])
            assert self.calls.names
            self._rehearsed[id(story)] = list(self.calls.names)
        return self._rehearsed[id(story)]

    def played(self, story: Story, cases: list[Case], undisturbed: list[str] | None = None) -> list[Performance]:
        """The story up to its disturbed act, once for each case, and what it promised at once.

        No event arrives meanwhile: what follows is the same every time.
        """
        stages = self._begun(story, len(cases))
        if not story.deaf:
            unheard(self.world, busy=story.busy)
        played = [Performance(stage, case) for stage, case in zip(stages, cases, strict=True)]
        for performance in played:
            with performance.named():
                self._act(story, performance, undisturbed or [])
        self.world.cold_start()
        if story.busy:
            unheard(self.world)
        for performance in played:
            with performance.named():
                believe_the_answer(story, performance.stage)
        return played

    def _act(self, story: Story, performance: Performance, undisturbed: list[str]) -> None:
        stage, case = performance.stage, performance.case
        self.world.cold_start()
        with self.budgeted(), suppress(Killed), self.calls.meeting(case.meets, at=case.at):
            stage.answers.append(story.act(stage))
        if not case.meets:
            assert [answer.status < 500 for answer in stage.answers] == [story.answered]
        else:
            assert self.calls.met, "the call was not visited"
            assert self.calls.names[: case.at + 1] == undisturbed[: case.at + 1]
            assert len(_at_mux(self.calls.names)) <= len(_at_mux(undisturbed)) + HARMLESS_REPEATS
        for answer in stage.answers:
            assert answer.status < 500 or (answer.status == 503 and int(answer.headers["retry-after"]) > 0)

    @contextmanager
    def budgeted(self) -> Iterator[None]:
        """Inside, owners have a budget. It is full, whatever other stages have done at this very moment."""
        for pk in [pk for pk in self.world.records() if pk.startswith(("BUDGET#", "QUOTA#"))]:
            self.world.dynamodb.update_item(
                TableName=self.world.table_name, Key={"pk": {"S": pk}}, UpdateExpression="REMOVE mux_post, mux_other"
            )
        with self.monkeypatch.context() as patch:
            patch.setenv("MUX_PERCENT_PER_OWNER", "25")
            self.world.cold_start()
            yield

    def _begun(self, story: Story, count: int) -> list[Stage]:
        """`count` stages, each with an owner of its own, and the scene set on all of them."""
        if count == 1 and story.looks_only and id(story) in self._scenes:
            stages, items, moment = self._scenes[id(story)]
            self.world.replace_items(items)
            self.world.advance(moment - time.time())
            return [replace(stage, answers=[]) for stage in stages]
        self._scenes = {}
        # In this order: an event of the story before may still be on its way into the table.
        self.world.mux.reset()
        self.webhooks.rest()
        self.world.replace_items([])
        self._deploy(story.environment)
        self.world.cold_start()
        stages = [Stage(self.world, self.webhooks, self.calls, f"ada-{number}") for number in range(count)]
        story.begin(stages)
        if count == 1 and story.looks_only:
            self._scenes = {id(story): (stages, self.world.items(), time.time())}
        return stages

    def _deploy(self, environment: Mapping[str, str]) -> None:
        for name, value in self._usual.items():
            self.monkeypatch.setenv(name, value)
        for name, value in environment.items():
            self._usual[name] = os.environ[name]
            self.monkeypatch.setenv(name, value)


def recovered(theatre: Theatre, story: Story, performances: list[Performance]) -> set[str]:
    """Callers ask again, Mux tells what has happened, the schedules run; the calls made for those who asked again."""
    stages = [performance.stage for performance in performances]
    patient = [performance for performance in performances if performance.case.patient]
    hasty = [performance for performance in performances if not performance.case.patient]
    calls = _asked_again(theatre, story, hasty)
    _time_passes(story, stages)
    _time_passes(story, stages, hours=2)
    if patient:
        calls |= _asked_again(theatre, story, patient)
        _time_passes(story, stages, hours=2)
    if story.silent:
        stages[0].world.reconcile({"start": True})
    return calls


def believe_the_answer(story: Story, stage: Stage) -> None:
    """What was answered 2xx is true at once."""
    if stage.answers and stage.answers[-1].status < 300:
        story.promised(stage, stage.answers[-1])


def _asked_again(theatre: Theatre, story: Story, performances: list[Performance]) -> set[str]:
    """Callers repeat the request until it is answered, as late as they are told to; the calls that this takes."""
    calls: set[str] = set()
    unanswered = [performance for performance in performances if story.again and _is_open(performance.stage)]
    for _ in range(6):
        waits = [wait for performance in unanswered for wait in _told_to_wait(performance.stage)]
        if waits:
            performances[0].stage.world.advance(max(waits))
        for performance in unanswered:
            with performance.named():
                with theatre.budgeted(), performance.stage.calls.meeting():
                    performance.stage.answers.append(story.act(performance.stage))
                calls.update(performance.stage.calls.names)
                believe_the_answer(story, performance.stage)
        unanswered = [performance for performance in unanswered if _is_open(performance.stage)]
        if not unanswered:
            return calls
    with unanswered[0].named():
        raise AssertionError("never answered")


def _is_open(stage: Stage) -> bool:
    return not stage.answers or stage.answers[-1].status >= 500


def _told_to_wait(stage: Stage) -> list[int]:
    return [int(answer.headers.get("retry-after", 60)) for answer in stage.answers[-1:]]


def _time_passes(story: Story, stages: list[Stage], hours: int = 0) -> None:
    """What Mux has to tell arrives, and the cleanup runs."""
    world, webhooks = stages[0].world, stages[0].webhooks
    world.advance(hours * 3600)
    if not story.deaf:
        world.mux.set_faults({})
        world.advance(DELAY_SECONDS)
        webhooks.settle()
    world.schedule()


def _at_mux(names: list[str]) -> list[str]:
    return [name for name in names if " /" in name]
