"""A world in which any call of a function to the outside may fail, lose its answer, kill it or be overtaken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mux_lifecycle.errors import LifecycleError
from tests.faults.sweep import FAULTS, ExternalCalls, Fault, Killed
from tests.world import delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.audit import Output
    from tests.faults.sweep import Do
    from tests.world import Answer, Json, World

type Trouble = tuple[str, int] | None
"""What one call to the outside meets, and its number among those of the function."""

ADMIN: Final = "root"
SOMETHING_ELSE: Final = "something happens meanwhile"
TROUBLES: Final = (*sorted(FAULTS), SOMETHING_ELSE)
_STEP_SECONDS: Final = 0.15
_OUTAGES: Final = (502, 503)


@dataclass(frozen=True)
class Theatre:
    """Where one example is played after the other. With `swarms`, each is made of some of the rules only."""

    world: World
    calls: ExternalCalls
    output: Output
    swarms: bool = False


class Disturbed:
    """A clean stack. `to_tell` are Mux's events that may still arrive, `wrong` was found in the midst of calls."""

    def __init__(self, theatre: Theatre) -> None:
        self.world = theatre.world
        self.to_tell: list[Json] = []
        self.wrong: list[str] = []
        self._calls = theatre.calls
        self._happened = 0
        self.world.mux.reset()
        self.world.replace_items([])
        self.world.cold_start()
        theatre.output.take()

    def call(
        self,
        function: str,
        caller: str,
        trouble: Trouble = None,
        *,
        meanwhile: Callable[[], object] | None = None,
        **request: Any,
    ) -> Answer | None:
        """A caller's request, `meanwhile` being what it is overtaken by, if so (else an event); None when it died."""
        groups = ["admin"] if caller == ADMIN else None
        return self._run(lambda: self.world.call(function, owner=caller, groups=groups, **request), trouble, meanwhile)

    def deliver(self, event: Json, trouble: Trouble = None) -> bool:
        """Whether the event was acknowledged."""
        answer = self._run(lambda: self.world.handle("webhook_receiver", delivery(event)), trouble)
        return answer is not None and answer.status == 200

    def run(self, start: Callable[[], Json], trouble: Trouble = None) -> None:
        """A schedule's run, which may fail: the alarm rings, and the next one comes anyway."""

        def run() -> None:
            try:
                start()
            except LifecycleError:
                return

        self._run(run, trouble)

    def pass_time(self, seconds: float) -> None:
        """What Mux had planned until then happens."""
        self.world.advance(seconds)
        self._collect()

    def _run[Result](
        self, act: Callable[[], Result], trouble: Trouble, meanwhile: Callable[[], object] | None = None
    ) -> Result | None:
        self.world.advance(_STEP_SECONDS)
        fault, at = None, -1
        if trouble:
            name, at = trouble
            fault = FAULTS.get(name) or self._overtaken_by(meanwhile or self._next_event)
        try:
            with self._calls.meeting(fault, at=at):
                result = act()
        except Killed:
            self.world.cold_start()
            return None
        finally:
            self._collect()
        status = getattr(result, "status", 200)
        assert status < 500 or status in _OUTAGES, result
        return result

    def _overtaken_by(self, other: Callable[[], object]) -> Fault:
        """Something else happens, which nothing disturbs, before the call is made."""

        def overtaken(do: Do) -> Any:
            counted, self._calls.__dict__ = self._calls.__dict__, vars(ExternalCalls())
            try:
                other()
            except AssertionError as error:
                # Raised here, the function in whose midst this is would take it for a failure of its own.
                self.wrong.append(str(error))
            finally:
                self._calls.__dict__ = counted
            return do()

        return Fault(lambda _, do: overtaken(do), overtaken)

    def _next_event(self) -> None:
        if self.to_tell:
            self.world.deliver(self.to_tell[0])

    def _collect(self) -> None:
        new = self.world.mux.events(self._happened)
        self._happened += len(new)
        self.to_tell += new
