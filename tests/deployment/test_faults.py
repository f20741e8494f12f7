"""Every external call of a deployment meets every fault, and CloudFormation goes on: the right webhook is left."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.deployment.cloudformation import Answers, Stack
from tests.deployment.conftest import URL, Bench
from tests.faults.sweep import KINDS, Case, ExternalCalls, cases, kinds_met
from tests.world import STACK

if TYPE_CHECKING:
    from tests.world import World

type Json = dict[str, Any]
type Act = Callable[[Stack], Json]

OTHER_URL: Final = "http://127.0.0.1:9/custom-domain/webhooks/mux"


class Disturbed:
    """The first delivery of the first request meets the fault; Lambda's repetitions and what follows meet none."""

    def __init__(self, world: World, calls: ExternalCalls, case: Case) -> None:
        self._world, self._calls, self._case = world, calls, case
        self._first = True
        self.names: list[str] = []

    def __call__(self, event: Json) -> None:
        self._world.cold_start()
        if not self._first:
            self._world.setup(event)
            return
        self._first = False
        try:
            with self._calls.meeting(self._case.meets, at=self._case.at):
                self._world.setup(event)
        finally:
            self.names = list(self._calls.names)


def _created(stack: Stack) -> None:
    assert stack.create(WebhookUrl=URL)["Status"] == "SUCCESS"


ACTS: Final[dict[str, tuple[Callable[[Stack], None], Act]]] = {
    "create": (lambda _: None, lambda stack: stack.create(WebhookUrl=URL)),
    "create that is rolled back": (lambda _: None, lambda stack: stack.create(WebhookUrl=URL, fails_later=True)),
    "update": (_created, lambda stack: stack.update(WebhookUrl=OTHER_URL)),
    "update that is rolled back": (_created, lambda stack: stack.update(WebhookUrl=OTHER_URL, fails_later=True)),
    "delete": (_created, lambda stack: stack.delete()),
}

THOROUGHLY: Final = ("create", "delete")
"""The others make the same calls, and are only killed at each."""


def _played(bench: Bench, answers: Answers, calls: ExternalCalls, name: str, case: Case) -> tuple[Stack, list[str]]:
    begin, act = ACTS[name]
    bench.clean()
    stack = Stack(bench.world, answers)
    begin(stack)
    stack.invoke = disturbed = Disturbed(bench.world, calls, case)
    answer = act(stack)
    if answer["Status"] == "FAILED" and name == "delete":
        assert stack.delete()["Status"] == "SUCCESS", "whoever deletes a stack again succeeds"
    return stack, disturbed.names


def _wanted(stack: Stack, name: str) -> list[str]:
    """The addresses at Mux that the stack, as CloudFormation has left it, needs."""
    if name == "delete" or stack.properties is None:
        return []
    return [f"{stack.properties['WebhookUrl']}?tag={STACK}"]


@pytest.mark.parametrize("name", ACTS)
def test_the_right_webhook_is_left(
    bench: Bench, answers: Answers, calls: ExternalCalls, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _, names = _played(bench, answers, calls, name, Case())
    disturbed = cases(names)
    assert kinds_met(names, disturbed) >= set(product(range(len(names)), KINDS))
    for case in disturbed if name in THOROUGHLY else [case for case in disturbed if case.fault == "killed"]:
        with case.named([]):
            stack, _ = _played(bench, answers, calls, name, case)
            wanted = _wanted(stack, name)
            # What was put off, the schedule does, as the function is configured by then; and what is gone stays gone.
            monkeypatch.setenv("WEBHOOK_URL", wanted[0].partition("?")[0] if wanted else URL)
            bench.world.advance(300)
            bench.world.cold_start()
            bench.world.setup()
            assert [webhook["address"] for webhook in bench.webhooks()] == wanted
            assert len(bench.foreign()) == 1
            for webhook in bench.webhooks():
                stored = bench.secret("MuxWebhookSecret")
                assert webhook["enabled"]
                assert stored["webhooks"][0]["id"] == webhook["id"]
    monkeypatch.setenv("WEBHOOK_URL", URL)
