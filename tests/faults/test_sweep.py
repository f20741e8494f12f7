"""Every external call of every function meets every fault; whatever happens then, nothing is lost, nothing doubled."""

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

import pytest

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from tests.bridge import Webhooks
from tests.faults.aftermath import Aftermath
from tests.faults.conftest import wait_no_more
from tests.faults.stories.creating import CREATING
from tests.faults.stories.editing import EDITING
from tests.faults.stories.ending import ENDING
from tests.faults.stories.hearing import HEARING
from tests.faults.stories.looking import LOOKING
from tests.faults.stories.scheduled import SCHEDULED
from tests.faults.story import Story
from tests.faults.sweep import KINDS, ExternalCalls, cases, kinds_met
from tests.faults.theatre import Performance, Theatre, recovered
from tests.world import World

REQUESTS: Final = CREATING | ENDING | EDITING | LOOKING | HEARING
STORIES: Final = REQUESTS | SCHEDULED


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
            key = world.mux_post("/system/v1/signing-keys", {}).json()["data"]
            world.put_secret("MuxSigningKeySecret", {"key_id": key["id"], "private_key": key["private_key"]})
            yield Theatre(world, webhooks, calls)
            assert not webhooks.crashes


@pytest.mark.parametrize("name", REQUESTS)
def test_nothing_is_lost_and_nothing_doubled(theatre: Theatre, name: str) -> None:
    story = REQUESTS[name]
    calls = theatre.rehearsed(story)
    # Where it makes a difference whether who was not answered asks again before or after anybody else has looked.
    patience = story.again and name in CREATING | ENDING
    disturbed = cases(calls, patience=patience)
    assert kinds_met(calls, disturbed) == set(product(range(len(calls)), KINDS))
    performances = theatre.played(story, disturbed, calls)
    _end_well(story, performances)


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_run_that_is_disturbed_is_made_up_for_by_the_next(theatre: Theatre, name: str) -> None:
    """What an outage may not do, test_cleanup has: a run that meets one ends early."""
    story = SCHEDULED[name]
    calls = theatre.rehearsed(story)
    disturbed = cases(calls, outages=False)
    assert kinds_met(calls, disturbed) == set(product(range(len(calls)), KINDS))
    for case in disturbed:
        _end_well(story, theatre.played(story, [case], calls))


def _end_well(story: Story, performances: list[Performance]) -> None:
    recovered(story, performances)
    aftermath = Aftermath(performances[0].stage.world)
    for performance in performances:
        with performance.named():
            aftermath.holds_for(performance.stage)
            story.end(performance.stage)
    aftermath.holds()
