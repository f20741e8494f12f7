"""What a story of the sweep is made of: the stage it plays on, what is disturbed, and what must be true afterwards."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from local.mux import sample_mp4
from tests import mux_events
from tests.world import Answer, World, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.bridge import Webhooks
    from tests.faults.sweep import ExternalCalls

type Json = dict[str, Any]

KEY: Final = {"idempotency-key": "the-one-and-only"}
FILM: Final = {"input": "https://storage.example.com/film.mp4", "title": "Harbour"}
CAPTIONS: Final = "https://storage.example.com/captions.vtt"
VIDEO: Final = sample_mp4()
PROCESSING_SECONDS: Final = 600.0
"""Mux takes so long for everything it prepares: nothing gets further unless a story says so."""


@dataclass
class Stage:
    """The stack and Mux's way to it, for an owner of one's own: many stages may stand in one world at a time.

    `ids` are what the story is about, by the names that routes give them; `event` is one that Mux has to tell.
    """

    world: World
    webhooks: Webhooks
    calls: ExternalCalls
    owner: str
    ids: dict[str, str] = field(default_factory=dict)
    event: Json = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    def call(self, function: str, **request: Any) -> Answer:
        """The owner's call of a function, about what the story is about unless `request` says otherwise."""
        return self.world.call(function, **{"owner": self.owner} | self.ids | request)

    def listed(self) -> list[Json]:
        """All assets that the owner sees."""
        return [asset for page in pages(self.world, limit=100, owner=self.owner) for asset in page]

    def at_mux(self) -> Json:
        """The asset that the story is about, as Mux has it."""
        found: Json = self.world.mux_get(f"/video/v1/assets/{self.ids['id']}").json()["data"]
        return found


@dataclass(frozen=True)
class Story:
    """`begin` sets the scene on all stages at once; `act`, a call of `route`, is what gets disturbed.

    `route` is a name in `World.FUNCTIONS`, or the function of a schedule. `again`: the caller repeats the act until it
    is answered. `promised` holds as soon as the act has answered 2xx, `end` once everything has recovered.

    `deaf`: no event of Mux arrives from the act on, ever. `looks_only`: the act changes nothing at Mux. `busy`: Mux
    has no time for anybody during the act. `answered`: the act is, when nothing disturbs it. `silent`: Mux tells nobody
    what the act did there, so that what a killed function made only the reconcile finds. `environment`: settings of the
    stack that are not the template's.
    """

    route: str
    act: Callable[[Stage], Answer]
    again: bool = True
    deaf: bool = False
    looks_only: bool = False
    busy: bool = False
    answered: bool = True
    silent: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    begin: Callable[[list[Stage]], None] = lambda _: None
    promised: Callable[[Stage, Answer], None] = lambda *_: None
    end: Callable[[Stage], None] = lambda _: None

    @property
    def function(self) -> str:
        """The file in `functions/`."""
        return self.route.partition(":")[0]


def asked(route: str, **request: Any) -> Callable[[Stage], Answer]:
    """The owner's call of a route."""
    return lambda stage: stage.call(route, **request)


# Scenes


def ready_assets(stages: list[Stage], **settings: Any) -> None:
    """Each stage's owner has a ready asset, as Mux has told in the stage's event."""
    world = stages[0].world
    world.mux.set_faults({"webhooks": {"drop": 1}})
    for stage in stages:
        stage.ids = {"id": asset_at_mux(stage, **settings)}
    mux_finishes(world)
    at_mux = {asset["id"]: asset for asset in world.mux_assets()}
    for stage in stages:
        stage.event = mux_events.event("video.asset.ready", at_mux[stage.ids["id"]], at=time.time())
        assert world.deliver(stage.event).status == 200
    world.mux.set_faults({})
    later(stages)


def later(stages: list[Stage]) -> None:
    """Mux stamps whole seconds: what comes now is not of the same one as what was before."""
    stages[0].world.advance(2)


def asset_at_mux(stage: Stage, **settings: Any) -> str:
    """An asset that the owner has asked for, made at Mux as this stack makes them; its id."""
    body = {"inputs": [{"url": FILM["input"]}], "playback_policies": ["signed"], "meta": {"title": "Harbour"}}
    made = stage.world.mux_post("/video/v1/assets", body | {"passthrough": mux_events.tag(stage.owner)} | settings)
    return str(made.json()["data"]["id"])


def mux_finishes(world: World) -> None:
    """Mux ends what it was given to do."""
    world.advance(PROCESSING_SECONDS + 1)
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))


def events(stages: list[Stage], kind: str) -> dict[str, Json]:
    """The events of a type that Mux tries to tell, by what they are about, once there is one for each stage."""
    world = stages[0].world
    found: dict[str, Json] = {}

    def all_told() -> bool:
        bodies = [json.loads(delivery["body"]) for delivery in world.mux.deliveries() if delivery["type"] == kind]
        found.update({event["object"]["id"]: event for event in bodies})
        return len(found) == len(stages)

    world.wait_for(all_told)
    return found
