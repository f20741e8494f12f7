"""A walk that is killed or disturbed at any call to the world outside: the next run goes on, nothing is left out."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from mux_lifecycle.store.checkpoints import LEASE_SECONDS
from mux_lifecycle.workflows import asset_walk, options, upload_walk
from tests import mux_events
from tests.faults.conftest import wait_no_more
from tests.faults.sweep import FAULTS, ExternalCalls, Fault, Killed, only_reads
from tests.reconcile.library import MuxLibrary
from tests.world import Json, World

BY_HAND: Final[Json] = {"adopt_owner": "ada"}


def _kill(*_: Any) -> Any:
    raise Killed


KILLED: Final = Fault(_kill, _kill)


@dataclass
class Scene:
    """A world in which a walk has everything to do that a walk can do."""

    world: World
    calls: ExternalCalls
    library: MuxLibrary
    undisturbed: list[str]

    def begin(self) -> None:
        self._again()
        self.world.replace_items(self._items)
        self.world.cold_start()

    def prepare(self) -> None:
        world, library = self.world, self.library
        world.claim_tag()
        known = library.known(world, 6)
        abandoned, unheard_of, cancelled = (world.call("create_upload", json_body={}).data["id"] for _ in range(3))
        world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": {"S": f"UPLOAD#{unheard_of}"}})
        assert world.mux_call("PUT", f"/video/v1/uploads/{cancelled}/cancel").status_code == 200
        world.advance(2 * 3600)
        library.change(known[1], meta={"title": "Changed"})
        library.change(known[2], status="errored", error="No video")
        library.drop(known[3], known[5])
        library.add(created_at=1_700_000_500, passthrough=mux_events.tag("eve", visibility="public"))
        library.add(created_at=1_700_000_501)
        library.add(created_at=1_700_000_502, passthrough="somebody else's")
        assert abandoned
        world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": {"S": "CHECKPOINT#reconcile"}})
        self._items = world.items()
        self._again = library.snapshot()

    def outcome(self) -> Json:
        """What can be seen of the records and of Mux, without times and without what is random."""
        shown = ("status", "owner", "doc", "visibility", "asset_id", "delete_requested_at")
        records = {
            pk: {name: name == "delete_requested_at" or record[name] for name in shown if name in record}
            for pk, record in self.world.records().items()
            if pk.startswith(("ASSET#", "UPLOAD#"))
        }
        tags = {asset["id"]: asset.get("passthrough", "").split("#")[:3] for asset in self.world.mux_assets()}
        return {"records": records, "tags": tags}

    def buried(self) -> int:
        return len([record for record in self.world.records().values() if record.get("status") == "deleted"])

    def walked(self) -> None:
        """The schedule starts the walk until it is through.

        Where nothing is stored of a walk by hand, whoever began it has got an error, and begins it again.
        """
        for _ in range(3):
            self.world.advance(900)
            begun = "state" in self.world.records().get("CHECKPOINT#reconcile", {})
            report = self.world.reconcile(None if begun else BY_HAND)
            if "finished" in report or report["stopped"] == "idle":
                break
        else:
            raise AssertionError("the walk does not end")


@pytest.fixture(scope="module")
def scene(emulator: MuxEmulator) -> Iterator[Scene]:
    """One world for all cases, each of which begins with the same records and the same Mux."""
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
        monkeypatch.setattr(asset_walk, "PAGE", 4)
        monkeypatch.setattr(upload_walk, "PAGE", 2)
        monkeypatch.setenv("UPLOAD_TIMEOUT_SECONDS", "604800")
        calls = ExternalCalls()
        calls.patch(monkeypatch)
        with World(emulator, monkeypatch) as world:
            monkeypatch.setenv("UPLOAD_TIMEOUT_SECONDS", "604800")
            monkeypatch.setenv("CANCEL_ABANDONED_UPLOADS_HOURS", "1")
            monkeypatch.setenv("RETAIN_ERRORED_DAYS", "30")
            scene = Scene(world, calls, MuxLibrary(emulator), [])
            scene.prepare()
            scene.begin()
            with calls.meeting():
                world.reconcile(BY_HAND)
            scene.undisturbed = list(calls.names)
            yield scene


@pytest.fixture(scope="module")
def expected(scene: Scene) -> Json:
    """How it ends when nothing goes wrong."""
    scene.begin()
    report = scene.world.reconcile(BY_HAND)
    done = {"repaired": 2, "adopted": 2, "noted": 1, "foreign_kept": 1, "buried": 2, "expired": 1}
    assert (done | {"uploads_repaired": 1, "uploads_adopted": 1, "uploads_cancelled": 1}).items() <= report.items()
    return scene.outcome()


def test_killed_at_any_call_the_next_run_goes_on_and_the_end_is_the_same(scene: Scene, expected: Json) -> None:
    """Before or after a call that only reads is all the same, and so is after one call or before the next."""
    calls = scene.undisturbed
    for at, called in enumerate(calls):
        if at == 0 or not only_reads(calls[at - 1]):
            _disturbed(scene, expected, KILLED, at, f"{called}: killed")
    assert not only_reads(calls[-1]), "the last one leaves nothing to be killed in"


def test_disturbed_at_any_call_the_end_is_the_same(scene: Scene, expected: Json) -> None:
    """Each call that changes something meets one of several troubles."""
    troubles = itertools.cycle(name for name in FAULTS if name != "killed")
    for at, called in enumerate(scene.undisturbed):
        if not only_reads(called):
            trouble = next(troubles)
            _disturbed(scene, expected, FAULTS[trouble], at, f"{called}: {trouble}")


def _disturbed(scene: Scene, expected: Json, fault: Fault, at: int, what: str) -> None:
    scene.begin()
    try:
        with scene.calls.meeting(fault, at=at):
            try:
                scene.world.reconcile(BY_HAND)
            except Killed:
                scene.world.cold_start()
        assert scene.calls.met, "the call was not visited"
        scene.walked()
        assert scene.outcome() == expected
    except BaseException as error:
        error.add_note(f"call {at}, {what}")
        raise


def test_killed_again_and_again_it_still_arrives_and_buries_no_more_than_it_may(
    scene: Scene, expected: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run gets a little further than the one before, and is then killed."""
    monkeypatch.setattr(options, "BURIALS", 1)
    scene.begin()
    kills = 0
    report: Json = {}
    while not report and kills < 100:
        with scene.calls.meeting(KILLED, at=11):
            try:
                report = scene.world.reconcile(None if kills else BY_HAND)
            except Killed:
                scene.world.cold_start()
                kills += 1
        scene.world.advance(LEASE_SECONDS)
        assert scene.buried() <= 1
    assert kills > 3
    assert "finished" in report or report == {"stopped": "idle"}, "it may have been killed with its last breath"
    for _ in range(2):
        scene.world.reconcile({"start": True})
    assert scene.outcome() == expected
