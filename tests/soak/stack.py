"""The stack as the soak sees it: functions that may die in the midst of their work, heard out and looked at."""

import traceback
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, Final

import requests

from mux_lifecycle.errors import LifecycleError
from tests.faults.audit import Output, leaks
from tests.faults.sweep import Killed
from tests.promises.wishes import Wishes
from tests.soak.agenda import Agenda
from tests.soak.chaos import Chaos, Odds
from tests.soak.post import Post, PostOdds
from tests.world import Answer, Json, World, delivery

MUX_FAULTS: Final[Json] = {"api": {"error_rate": 0.1, "lose_response": 0.1, "rate_limit": 0.1}}
_EXPECTED_OUTAGES: Final = (502, 503)


class Stack:
    """Everything that customers, Mux and schedules do to one world, in the order of its agenda.

    `tried` counts calls by function, `answered` the answers by status.
    """

    def __init__(self, world: World, chance: Random, output: Output) -> None:
        self.world = world
        self.agenda = Agenda(world)
        self.chaos = Chaos(chance, Odds(), self.agenda.next_already)
        self.post = Post(world, self.agenda, chance, PostOdds(), self._deliver)
        self.wishes = Wishes()
        self.tried: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self._output = output

    def call(
        self, function: str, *, owner: str, meanwhile: Callable[[], object] | None = None, **request: Any
    ) -> Answer | None:
        """An owner's request, `meanwhile` in the midst of it; None when the function died."""
        answer = self._run(function, lambda: self.world.call(function, owner=owner, **request), meanwhile)
        if answer:
            told = f"{answer.body} {dict(answer.headers)}"
            self._look_for_leaks(told, allowed=["an upload's URL"] if function == "create_upload" else [])
            if function == "list_assets" and answer.status == 200:
                self.wishes.look_at_list(owner, answer.data)
        return answer

    def send_file(self, url: str, content: bytes) -> bool:
        """Straight to Mux, as browsers do; whether the upload took it."""
        return requests.put(url, data=content, timeout=10).status_code == 200

    def clean_up(self) -> None:
        """A run of the cleanup, as its schedule starts it."""
        self._run_schedule("cleanup", self.world.schedule)

    def walk(self) -> None:
        """A run of the reconcile, as its schedule starts it."""
        self._run_schedule("reconcile", self.world.reconcile)

    def run(self, *, until: float = float("inf"), so_long_as: Callable[[], bool] = lambda: True) -> None:
        """Let things happen."""
        self.post.collect()
        while so_long_as() and self.agenda.next(until=until):
            self.post.collect()

    def calm_down(self) -> None:
        """No more faults, from now on."""
        self.chaos.calm = self.post.calm = True
        self.world.mux.set_faults({})

    def _deliver(self, event: Json) -> bool:
        request = delivery(event)
        answer = self._run("webhook_receiver", lambda: self.world.handle("webhook_receiver", request))
        return answer is not None and answer.status < 300

    def _run_schedule(self, function: str, start: Callable[[], Json]) -> None:
        def run() -> Answer:
            try:
                return Answer(200, start(), {})
            except LifecycleError as error:
                # Lambda counts it as an error, and the alarm rings.
                return Answer(503, {"stopped": type(error).__name__}, {})

        answer = self._run(function, run)
        ended = answer.body.get("stopped", "went through") if answer else "killed"
        self.tried[f"{function}: {ended}"] += 1

    def _run(
        self, function: str, start: Callable[[], Answer], meanwhile: Callable[[], object] | None = None
    ) -> Answer | None:
        self.tried[function] += 1
        answer = None
        try:
            with self.chaos.invocation(meanwhile):
                answer = start()
        except Killed:
            self.world.cold_start()
        except Exception:
            self.wishes.wrong.append(f"{function} crashed: {traceback.format_exc()}")
        self.answered[str(answer.status) if answer else "none"] += 1
        if answer and answer.status >= 500 and answer.status not in _EXPECTED_OUTAGES:
            self.wishes.wrong.append(f"{function} answered {answer.status}")
        self._look_for_leaks(self._output.take(), allowed=[])
        return answer

    def _look_for_leaks(self, told: str, *, allowed: list[str]) -> None:
        found = [leak for leak in leaks(told) if leak not in allowed]
        if found:
            self.wishes.wrong.append(f"told to who must not know: {found}")
