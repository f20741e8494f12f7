"""Several actions at once, one table call at a time: every way in which their calls can interleave, none left out."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Final

from mux_lifecycle import runtime

_PATIENCE_SECONDS: Final = 30

type Actions = Mapping[str, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Run:
    """One interleaving: whose table call came when, what else could have come, and what the actions returned."""

    calls: list[str] = field(default_factory=list)
    choices: list[list[str]] = field(default_factory=list)
    results: dict[str, object] = field(default_factory=dict)


def every_interleaving(actions: Actions, prepare: Callable[[], None], check: Callable[[Run], None]) -> list[list[str]]:
    """Run `actions` in every order of their table calls; `prepare` comes before each run, `check` after it."""
    seen: list[list[str]] = []
    begun: list[list[str]] = [[]]
    while begun:
        start = begun.pop()
        prepare()
        run = _run(actions, start)
        for step in range(len(start), len(run.calls)):
            begun += [[*run.calls[:step], other] for other in run.choices[step] if other != run.calls[step]]
        check(run)
        seen.append(run.calls)
    return seen


class _Actor(threading.Thread):
    """One action; it stops before each of its table calls until it is told to go on."""

    def __init__(self, name: str, action: Callable[[], object]) -> None:
        super().__init__(name=name, daemon=True)
        self._action = action
        self._go = threading.Semaphore(0)
        self._reports: SimpleQueue[bool] = SimpleQueue()
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self._action()
        except BaseException as error:
            self.error = error  # raised again by the test's own thread
        self._reports.put(False)

    def pause(self) -> None:
        self._reports.put(True)
        assert self._go.acquire(timeout=_PATIENCE_SECONDS)

    def goes_on(self) -> bool:
        """Whether it has come to a table call, rather than to its end."""
        return self._reports.get(timeout=_PATIENCE_SECONDS)

    def step(self) -> bool:
        """Let it make one table call; whether it comes to another one."""
        self._go.release()
        return self.goes_on()


def _run(actions: Actions, start: list[str]) -> Run:
    events: Any = runtime._table()._client.meta.events
    events.register("before-call.dynamodb", _pause, unique_id="steps")
    try:
        run, waiting = Run(), {}
        for name, action in actions.items():
            actor = _Actor(name, action)
            actor.start()
            if actor.goes_on():
                waiting[name] = actor
        actors = dict(waiting)
        while waiting:
            choices = list(waiting)
            name = start[len(run.calls)] if len(run.calls) < len(start) else choices[0]
            run.calls.append(name)
            run.choices.append(choices)
            if not waiting[name].step():
                del waiting[name]
        for name, actor in actors.items():
            actor.join(_PATIENCE_SECONDS)
            if actor.error:
                raise actor.error
            run.results[name] = actor.result
        return run
    finally:
        events.unregister("before-call.dynamodb", unique_id="steps")


def _pause(**_: object) -> None:
    actor = threading.current_thread()
    if isinstance(actor, _Actor):
        actor.pause()
