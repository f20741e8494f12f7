"""Mux's webhooks on their way: lost, doubled, late, and repeated until they are acknowledged, as Mux delivers them."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from local.mux.delivery import FIRST_RETRY_SECONDS, RETRY_PERIOD_SECONDS
from tests.soak.agenda import Agenda
from tests.world import Json, World

_USUAL_SECONDS: Final = 2.0
_LATEST_SECONDS: Final = 900.0


@dataclass(frozen=True)
class PostOdds:
    """Shares of events."""

    dropped: float = 0.2
    duplicated: float = 0.2
    reordered: float = 0.2


class Post:
    """Takes what happens at Mux to `deliver`, which answers whether it was acknowledged."""

    def __init__(
        self, world: World, agenda: Agenda, chance: Random, odds: PostOdds, deliver: Callable[[Json], bool]
    ) -> None:
        self.injected: Counter[str] = Counter()
        self.calm = False
        self._world = world
        self._agenda = agenda
        self._chance = chance
        self._odds = odds
        self._deliver = deliver
        self._collected = 0

    def collect(self) -> None:
        """Send out what has happened since the last time."""
        for event in self._world.mux.events(self._collected):
            self._collected += 1
            self._send(event)

    def _send(self, event: Json) -> None:
        if self._happens("dropped", self._odds.dropped):
            return
        late = self._happens("reordered", self._odds.reordered)
        self._first_attempt(event, _LATEST_SECONDS if late else _USUAL_SECONDS)
        if self._happens("duplicated", self._odds.duplicated):
            self._first_attempt(event, _LATEST_SECONDS)

    def _happens(self, fault: str, share: float) -> bool:
        happens = not self.calm and self._chance.random() < share
        self.injected[f"webhook {fault}"] += happens
        return happens

    def _first_attempt(self, event: Json, latest: float) -> None:
        ends = time.time() + RETRY_PERIOD_SECONDS
        self._agenda.after(self._chance.uniform(0.05, latest), lambda: self._attempt(event, FIRST_RETRY_SECONDS, ends))

    def _attempt(self, event: Json, wait: float, ends: float) -> None:
        if self._deliver(event) or time.time() + wait > ends:
            return
        self.injected["webhook refused, repeated by Mux"] += 1
        # Mux writes down each attempt in the event, so that no two bodies are equal.
        again = event | {"attempts": [*event["attempts"], {"response_status_code": 503}]}
        self._agenda.after(wait, lambda: self._attempt(again, wait * 2, ends))
