"""Assets that were at Mux before the stack: given an owner on request, and otherwise left alone."""

import pytest

from tests import mux_events
from tests.faults.sweep import Do, ExternalCalls, Fault, Killed
from tests.reconcile.library import MuxLibrary
from tests.reconcile.truth import differences, shown
from tests.world import World


def test_assets_without_a_passthrough_get_an_owner_here_and_at_mux(world: World, library: MuxLibrary) -> None:
    """At Mux as well: a table that is wiped afterwards comes back with the same owner."""
    ours = library.add(created_at=1_700_000_000, passthrough=mux_events.tag("bob"))
    theirs = library.add(created_at=1_700_000_001, passthrough="a name in their own system")
    unowned = [library.add(created_at=1_700_000_002 + n) for n in range(3)]
    assert world.reconcile()["noted"] == 4
    report = world.reconcile({"adopt_owner": "ada"})
    assert (report["adopted"], report["foreign_kept"]) == (3, 1)
    assert {asset["id"] for asset in shown(world)} == set(unowned)
    assert [asset["id"] for asset in shown(world, "bob")] == [ours]
    at_mux = {asset["id"]: asset["passthrough"] for asset in world.mux_assets()}
    assert at_mux[theirs] == "a name in their own system"
    before = shown(world)
    world.replace_items([])
    world.reconcile({"rebuild": True})
    assert shown(world) == before
    assert differences(world) == []
    assert world.call("delete_asset", id=unowned[0]).status == 204


def test_an_import_is_done_once(world: World, library: MuxLibrary) -> None:
    library.add_all([{"created_at": 1_700_000_000} for _ in range(3)])
    world.reconcile({"adopt_owner": "ada"})
    before = world.mux_assets()
    assert "adopted" not in world.reconcile({"adopt_owner": "eve"})
    assert world.mux_assets() == before
    assert len(shown(world)) == 3


def test_the_schedule_goes_on_with_an_import(
    world: World, library: MuxLibrary, external_calls: ExternalCalls, short_pages: None
) -> None:
    library.add_all([{"created_at": 1_700_000_000 + n} for n in range(11)])

    def kill(do: Do) -> object:
        answer = do()
        if external_calls.names.count("PATCH /video/v1/assets/ID") == 6:
            raise Killed
        return answer

    with external_calls.meeting(Fault(lambda _, do: do(), kill, lasting=True), at=0), pytest.raises(Killed):
        world.reconcile({"adopt_owner": "ada"})
    world.advance(900)
    world.reconcile()
    assert len(shown(world)) == 11


def test_an_import_that_mux_refuses_leaves_the_asset_as_it_was(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    kept, _ = library.add_all([{"created_at": 1_700_000_000} for _ in range(2)])

    def unless_it_is_gone(do: Do) -> object:
        if external_calls.names[-1].startswith("PATCH") and kept in {asset["id"] for asset in world.mux_assets()}:
            library.drop(kept)
        return do()

    with external_calls.meeting(Fault(lambda _, do: do(), unless_it_is_gone, lasting=True), at=0):
        report = world.reconcile({"adopt_owner": "ada"})
    assert report["adopted"] == 1
    assert report["finished"] == 1
    assert len(shown(world)) == 1
