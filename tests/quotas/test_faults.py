"""Every call that changes something meets every fault: never more than the limit, and in the end all of it again."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import pytest

from local.mux import MuxEmulator, sample_mp4
from mux_lifecycle.errors import LifecycleError
from mux_lifecycle.mux.tag import Tag
from tests import mux_events
from tests.faults.conftest import wait_no_more
from tests.faults.sweep import Case, ExternalCalls, Killed, cases, only_reads
from tests.quotas.conftest import VARIABLES, asset, upload
from tests.world import STACK, Answer, Json, World

KEY: Final = {"idempotency-key": "the-one-and-only"}


@dataclass
class Customer:
    """An owner who may have one open upload and one asset; `id` is what they have to begin with."""

    world: World
    owner: str
    id: str = ""
    event: Json = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    def usable(self) -> set[str]:
        """The uploads whose URL they were given."""
        bodies = [answer.body["data"] for answer in self.answers if answer.status == 201]
        return {body["id"] for body in bodies if "url" in body}


@dataclass(frozen=True)
class Story:
    """`act` is disturbed, and repeated until it is answered if the customer asks `again`."""

    act: Callable[[Customer], Answer]
    begin: Callable[[list[Customer]], None] = lambda _: None
    again: bool = False


def _uploads(customers: list[Customer]) -> None:
    for customer in customers:
        customer.answers.append(upload(customer.world, owner=customer.owner))
        customer.id = customer.answers[-1].data["id"]


def _assets(customers: list[Customer]) -> None:
    for customer in customers:
        customer.id = asset(customer.world, owner=customer.owner).data["id"]
    _wait_until_ready(customers[0].world)


def _files_sent(customers: list[Customer]) -> None:
    _uploads(customers)
    for customer in customers:
        customer.world.send_file(customer.answers[-1].data["url"], sample_mp4())
    _wait_until_ready(customers[0].world)
    for customer in customers:
        found = customer.world.mux_get(f"/video/v1/uploads/{customer.id}").json()["data"]
        customer.event = mux_events.event("video.upload.asset_created", found, at=time.time())


def _timed_out(customers: list[Customer]) -> None:
    _uploads(customers)
    customers[0].world.advance(3700)


def _nothing_made(customers: list[Customer]) -> None:
    world = customers[0].world
    world.mux.set_faults({"api": {"error_rate": 1}})
    for customer in customers:
        assert asset(world, owner=customer.owner).status == 503
    world.mux.set_faults({})
    world.advance(90)


def _wait_until_ready(world: World) -> None:
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))


def _told(customer: Customer) -> Answer:
    return customer.world.deliver(customer.event)


def _cleaned(customer: Customer) -> Answer:
    try:
        return Answer(200, customer.world.schedule(), {})
    except LifecycleError as error:
        return Answer(503, {"error": error.messages}, {})


REQUESTS: Final = {
    "an upload with a key": Story(lambda one: upload(one.world, owner=one.owner, headers=KEY), again=True),
    "an asset with a key": Story(lambda one: asset(one.world, owner=one.owner, headers=KEY), again=True),
    "a deleted asset": Story(
        lambda one: one.world.call("delete_asset", owner=one.owner, id=one.id), _assets, again=True
    ),
    "an upload that became an asset": Story(_told, _files_sent, again=True),
}
CLEANUPS: Final = {
    "an upload that timed out": Story(_cleaned, _timed_out),
    "a create that came to nothing": Story(_cleaned, _nothing_made),
}


@dataclass
class Shop:
    """One stack for all stories."""

    world: World
    calls: ExternalCalls

    def rehearsed(self, story: Story) -> list[str]:
        """The calls that the story makes when nothing disturbs it."""
        self.played(story, [Case()])
        return list(self.calls.names)

    def played(self, story: Story, disturbed: list[Case]) -> list[Customer]:
        """The story once for each case, each for a customer of their own, who then tries to get one asset more."""
        self.world.replace_items([])
        self.world.mux.reset()
        self.world.cold_start()
        customers = [Customer(self.world, f"ada-{number}") for number in range(len(disturbed))]
        story.begin(customers)
        for customer, case in zip(customers, disturbed, strict=True):
            self.world.cold_start()
            with case.named(customer.answers), suppress(Killed), self.calls.meeting(case.meets, at=case.at):
                customer.answers.append(story.act(customer))
        self.world.cold_start()
        for customer in customers:
            asset(self.world, owner=customer.owner)
        return customers

    def recover(self, story: Story, customers: list[Customer]) -> None:
        """Callers ask again, time passes, the cleanup runs."""
        self.world.advance(90)
        for customer in customers if story.again else ():
            customer.answers.append(story.act(customer))
        for _ in range(2):
            self.world.advance(2 * 3600)
            self.world.schedule({"max_share": 1})

    def never_too_much(self, customers: list[Customer], disturbed: list[Case]) -> None:
        """What Mux has of each customer, and what may still be sent to it, is within the limit."""
        tags = [Tag.decode(found["passthrough"], stack=STACK) for found in self.world.mux_assets()]
        owners = [tag.owner for tag in tags if tag]
        waiting = self._waiting_at_mux()
        for customer, case in zip(customers, disturbed, strict=True):
            with case.named(customer.answers):
                assert len(customer.usable() & waiting) <= 1
                assert len(customer.usable() & waiting) + owners.count(customer.owner) <= 1

    def _waiting_at_mux(self) -> set[str]:
        found: set[str] = set()
        page = 1
        while uploads := self.world.mux_get(f"/video/v1/uploads?limit=100&page={page}").json()["data"]:
            found |= {upload["id"] for upload in uploads if upload["status"] == "waiting"}
            page += 1
        return found

    def all_of_it_again(self, customers: list[Customer], disturbed: list[Case]) -> None:
        """Once a customer has deleted everything, they may have as much as before."""
        for customer, case in zip(customers, disturbed, strict=True):
            with case.named(customer.answers):
                for shown in self.world.call("list_assets", owner=customer.owner).data:
                    assert self.world.call("delete_asset", owner=customer.owner, id=shown["id"]).status == 204
                again = [create(self.world, owner=customer.owner).status for create in (upload, asset)]
                assert again == [201, 429]


def decisive(disturbed: list[Case]) -> list[Case]:
    """What fails without effect, or only reads, leaves no other traces than a function that is killed before."""
    chosen = [case for case in disturbed if not only_reads(case.call) and case.fault != "throttled"]
    assert {case.fault for case in chosen} >= {"answer lost", "applied and repeated", "killed"}
    return chosen


@pytest.fixture(scope="module")
def shop(emulator: MuxEmulator) -> Iterator[Shop]:
    emulator.reset()
    with pytest.MonkeyPatch.context() as monkeypatch:
        wait_no_more(monkeypatch, [])
        calls = ExternalCalls()
        calls.patch(monkeypatch)
        with World(emulator, monkeypatch) as world:
            monkeypatch.setenv(VARIABLES["open_uploads"], "1")
            monkeypatch.setenv(VARIABLES["assets"], "1")
            world.cold_start()
            yield Shop(world, calls)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_limit_holds_whatever_fails_and_is_never_used_up(shop: Shop, name: str) -> None:
    story = REQUESTS[name]
    calls = shop.rehearsed(story)
    disturbed = decisive(cases(calls))
    customers = shop.played(story, disturbed)
    shop.never_too_much(customers, disturbed)
    shop.recover(story, customers)
    shop.never_too_much(customers, disturbed)
    shop.all_of_it_again(customers, disturbed)


@pytest.mark.parametrize("name", CLEANUPS)
def test_so_it_does_when_the_cleanup_fails(shop: Shop, name: str) -> None:
    story = CLEANUPS[name]
    for case in decisive(cases(shop.rehearsed(story), outages=False)):
        customers = shop.played(story, [case])
        shop.never_too_much(customers, [case])
        shop.recover(story, customers)
        shop.never_too_much(customers, [case])
        shop.all_of_it_again(customers, [case])
