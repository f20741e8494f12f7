"""Every call that changes something meets every fault: never more than the limit, and in the end all of it again."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from typing import Final

import pytest

from local.mux import MuxEmulator, sample_mp4
from mux_lifecycle.errors import LifecycleError
from mux_lifecycle.mux.tag import Tag
from tests import mux_events
from tests.faults.conftest import wait_no_more
from tests.faults.sweep import FAULTS, Case, ExternalCalls, Killed, only_reads
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


def cases(calls: list[str], *, outages: bool = True) -> list[Case]:
    """Every way to disturb a story that makes these `calls`; `outages`: also by trouble that lasts.

    What fails without effect, or only reads, leaves no other traces than a function that is killed before.
    """
    decisive = [(at, call) for at, call in enumerate(calls) if not only_reads(call)]
    faults = {name: fault for name, fault in FAULTS.items() if fault.after_effect or (fault.lasting and outages)}
    assert decisive
    assert faults
    return [Case(), *(Case(name, at, call) for (at, call), name in product(decisive, faults))]


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
    disturbed = cases(shop.rehearsed(story))
    customers = shop.played(story, disturbed)
    shop.never_too_much(customers, disturbed)
    shop.recover(story, customers)
    shop.never_too_much(customers, disturbed)
    shop.all_of_it_again(customers, disturbed)


@pytest.mark.parametrize("name", CLEANUPS)
def test_so_it_does_when_the_cleanup_fails(shop: Shop, name: str) -> None:
    story = CLEANUPS[name]
    for case in cases(shop.rehearsed(story), outages=False):
        customers = shop.played(story, [case])
        shop.never_too_much(customers, [case])
        shop.recover(story, customers)
        shop.never_too_much(customers, [case])
        shop.all_of_it_again(customers, [case])


TIGHT: Final = {"all_per_day": "1", "minutes": "6", "duration": "300", "extras": "1", "all_extras": "1"}
"""One video and one extra of all owners together within a day; what is left of a video is a minute."""


@pytest.fixture
def tight_shop(shop: Shop) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, variable in VARIABLES.items():
            monkeypatch.setenv(variable, TIGHT.get(name, "0"))
        shop.world.cold_start()
        yield shop
    shop.world.cold_start()


def _begun(shop: Shop) -> tuple[Customer, Customer]:
    shop.world.replace_items([])
    shop.world.mux.reset()
    shop.world.cold_start()
    return Customer(shop.world, "ada"), Customer(shop.world, "bob")


def _disturbed(shop: Shop, case: Case, act: Callable[[], Answer]) -> list[Answer]:
    answers: list[Answer] = []
    shop.world.cold_start()
    with case.named(answers), suppress(Killed), shop.calls.meeting(case.meets, at=case.at):
        answers.append(act())
    shop.world.cold_start()
    return answers


@pytest.mark.parametrize("name", ["an upload with a key", "an asset with a key"])
def test_a_total_holds_whatever_fails_and_is_there_again_after_a_day(tight_shop: Shop, name: str) -> None:
    story, world = REQUESTS[name], tight_shop.world
    ada, _ = _begun(tight_shop)
    _disturbed(tight_shop, Case(), lambda: story.act(ada))
    for case in cases(list(tight_shop.calls.names)):
        ada, bob = _begun(tight_shop)
        ada.answers = _disturbed(tight_shop, case, lambda one=ada: story.act(one))  # type: ignore[misc]
        bob.answers.append(upload(world, owner="bob"))
        world.advance(90)
        ada.answers.append(story.act(ada))
        bob.answers.append(asset(world, owner="bob"))
        with case.named([*ada.answers, *bob.answers]):
            assert len(ada.usable()) + len(bob.usable()) + len(world.mux_assets()) <= 1
            world.advance(2 * 86_400)
            world.schedule({"max_share": 1})
            world.reconcile({"start": True, "max_share": 1})
            assert [upload(world, owner="bob").status, upload(world, owner="ada").status] == [201, 429]


def test_the_limits_of_extras_hold_whatever_fails_and_are_there_again_after_a_day(tight_shop: Shop) -> None:
    world = tight_shop.world

    def begun() -> str:
        ada, _ = _begun(tight_shop)
        _assets([ada])
        world.reconcile({"start": True})
        return ada.id

    def rendition(asset_id: str, resolution: str) -> Answer:
        return world.call("static_renditions:POST", owner="ada", id=asset_id, json_body={"resolution": resolution})

    asset_id = begun()
    _disturbed(tight_shop, Case(), lambda: rendition(asset_id, "720p"))
    for case in cases(list(tight_shop.calls.names)):
        asset_id = begun()
        answers = _disturbed(tight_shop, case, lambda one=asset_id: rendition(one, "720p"))  # type: ignore[misc]
        answers.append(rendition(asset_id, "480p"))
        with case.named(answers):
            found = world.mux_get(f"/video/v1/assets/{asset_id}").json()["data"].get("static_renditions", {})
            assert len(found.get("files", [])) <= 1
            world.advance(86_401)
            assert [rendition(asset_id, "360p").status, rendition(asset_id, "270p").status] == [201, 429]
