"""Every external call of every function meets every fault; whatever happens then, nothing is lost, nothing doubled."""

from collections.abc import Iterator
from itertools import product
from typing import Final

import pytest

from local.mux import MuxEmulator
from mux_lifecycle.workflows import creation
from tests.bridge import Webhooks
from tests.faults.stories.creating import CREATING
from tests.faults.stories.editing import EDITING
from tests.faults.stories.ending import ENDING
from tests.faults.stories.hearing import HEARING
from tests.faults.stories.looking import LOOKING
from tests.faults.stories.scheduled import SCHEDULED
from tests.faults.stories.setting_up import SETTING_UP
from tests.faults.story import PROCESSING_SECONDS, Story
from tests.faults.sweep import KINDS, Case, ExternalCalls, cases, kinds_met
from tests.faults.theatre import Performance, Theatre, recovered
from tests.promises.agreement import differences
from tests.simulation import simulation
from tests.world import ENVIRONMENT, FUNCTIONS

REQUESTS: Final = CREATING | ENDING | EDITING | LOOKING | HEARING
STARTED: Final = SCHEDULED | SETTING_UP
STORIES: Final = REQUESTS | STARTED


@pytest.fixture(scope="module")
def emulator() -> Iterator[MuxEmulator]:
    """Slow enough that nothing happens at Mux while a story is disturbed; time that passes costs none."""
    with MuxEmulator(environment_id=ENVIRONMENT, processing_seconds=PROCESSING_SECONDS, seed=1) as running:
        yield running


@pytest.fixture(scope="module")
def theatre(emulator: MuxEmulator) -> Iterator[Theatre]:
    """One stack for all stories."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        # One look at what a parallel request is doing is as good as twelve.
        monkeypatch.setattr(creation, "PATIENCE_SECONDS", 0.25)
        calls = ExternalCalls()
        calls.patch(monkeypatch)
        with simulation(emulator, monkeypatch) as world, Webhooks(world) as webhooks:
            world.advance(0.5)
            key = world.mux_post("/system/v1/signing-keys", {}).json()["data"]
            world.put_secret("MuxSigningKeySecret", {"key_id": key["id"], "private_key": key["private_key"]})
            yield Theatre(world, webhooks, calls, monkeypatch)
            assert not webhooks.crashes


@pytest.mark.parametrize("name", REQUESTS)
def test_nothing_is_lost_and_nothing_doubled(theatre: Theatre, name: str) -> None:
    story = REQUESTS[name]
    in_stories, calls = _calls_of(theatre, story.function), theatre.rehearsed(story)
    _ends_well(theatre, story, theatre.played(story, _cases(story, calls), calls), in_stories)


@pytest.mark.parametrize("name", STARTED)
def test_a_run_that_is_disturbed_is_made_up_for_by_the_next(theatre: Theatre, name: str) -> None:
    story = STARTED[name]
    in_stories, calls = _calls_of(theatre, story.function), theatre.rehearsed(story)
    for case in _cases(story, calls):
        _ends_well(theatre, story, theatre.played(story, [case], calls), in_stories)


def _cases(story: Story, calls: list[str]) -> list[Case]:
    """Every way in which the story is disturbed. Whatever that is, nothing is left out."""
    disturbed = cases(calls, only=story.only, thorough=story.thorough, patience=story.thorough and story.again)
    numbers = [number for number, call in enumerate(calls) if not story.only or call in story.only]
    assert numbers
    assert kinds_met(calls, disturbed) >= set(product(numbers, KINDS))
    return disturbed


def _ends_well(theatre: Theatre, story: Story, performances: list[Performance], in_stories: set[str]) -> None:
    assert recovered(theatre, story, performances) <= in_stories, (
        "what is only called when something went wrong needs a story"
    )
    world = performances[0].stage.world
    owners = [performance.stage.owner for performance in performances]
    assert not differences(world, [*owners, "eve"])
    assert not [pk for pk, record in world.records().items() if "due_at" in record], "nothing is left to do"
    for performance in performances:
        with performance.named():
            story.end(performance.stage)


def test_every_function_of_the_template_has_a_story_for_each_of_its_routes(theatre: Theatre) -> None:
    routes = {(route.method, route.path) for route in theatre.world.template.routes}
    assert {FUNCTIONS[story.route] for story in REQUESTS.values()} == routes
    assert {story.function for story in STORIES.values()} == set(theatre.world.permissions.allowed)


def test_each_role_allows_exactly_the_calls_that_its_function_makes(theatre: Theatre) -> None:
    """Each action on each resource: what no story asks of AWS, no function may ask of it."""
    for story in STORIES.values():
        theatre.rehearsed(story)
    permissions = theatre.world.permissions
    assert permissions.made == permissions.allowed
    assert not permissions.denied


def _calls_of(theatre: Theatre, function: str) -> set[str]:
    """What a function asks in all of its stories."""
    stories = [story for story in STORIES.values() if story.function == function]
    calls = {call for story in stories for call in theatre.rehearsed(story)}
    return calls | ({"dynamodb:UpdateItem"} if "dynamodb:TransactWriteItems" in calls else set())
