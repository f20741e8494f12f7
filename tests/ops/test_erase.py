"""`make erase`: all of one owner goes, at Mux and in the table, and nothing of another, wherever it is interrupted."""

import contextlib
import hashlib
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from local.mux import MuxEmulator
from mux_lifecycle import runtime
from mux_lifecycle.errors import MuxUnavailable
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import keys
from mux_lifecycle.workflows.cancellation import Cancellation
from mux_lifecycle.workflows.deletion import Deletion
from mux_lifecycle.workflows.walk import Walk
from ops import erase, target
from ops.stack import OperatorError
from ops.target import Target
from tests import mux_events
from tests.bridge import Webhooks, webhooks
from tests.faults.story import FILM, VIDEO
from tests.faults.sweep import FAULTS, KILLED_AT_MUX, ExternalCalls, Killed, only_reads
from tests.reconcile.library import MuxLibrary
from tests.world import ROOT, STACK, Json, World

__all__ = ["webhooks"]

REGION: Final = "eu-central-1"
LONG_AGO: Final = mux_events.BASE
KILLED: Final = FAULTS["killed"]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """An erasure has all of Mux's rate limit; tests/client/test_pace.py tests how a share is kept to."""
    monkeypatch.setattr(target, "SHARE", 1.0)


@pytest.fixture
def limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Owners have limits, so that what they hold is counted."""
    for name in ("MAX_OPEN_UPLOADS_PER_OWNER", "MAX_ASSETS_PER_OWNER", "MAX_UPLOADS_PER_DAY_PER_OWNER"):
        monkeypatch.setenv(name, "50")
    world.cold_start()


@pytest.fixture
def library(mux: MuxEmulator) -> MuxLibrary:
    return MuxLibrary(mux)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> ExternalCalls:
    external = ExternalCalls()
    external.patch(monkeypatch)
    return external


@dataclass
class Run:
    """What one run of the tool has said, and whether nothing remains."""

    complete: bool
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def code(self) -> str:
        """What confirms it."""
        [found] = re.findall(r"CONFIRM=([0-9a-f]{12})$", self.text, re.MULTILINE)
        return str(found)


def place(world: World, name: str = "videos", **variables: str) -> Target:
    settings = dict(os.environ) | variables
    return Target(name, REGION, settings, world.dynamodb, world.secrets, named={"STACK": name, "REGION": REGION})


def run(world: World, owner: str, confirmation: str = "", where: Target | None = None) -> Run:
    lines: list[str] = []
    complete = erase.erase(where or place(world), owner, confirmation, lines.append)
    return Run(complete, lines)


def confirmed(world: World, owner: str = "ada") -> Run:
    """A dry run, and the run that it confirms."""
    return run(world, owner, run(world, owner).code)


def code(world: World, owner: str = "ada") -> str:
    return run(world, owner).code


def live(world: World, owner: str, number: int = 0) -> dict[str, str]:
    """One of each that an owner can have, made as a page makes it; ids by what it is."""
    key = {"idempotency-key": f"{owner}-key-{number}"}
    opened = world.call("create_upload", owner=owner, json_body={}, headers=key).data
    sent = world.call("create_upload", owner=owner, json_body={}).data
    world.send_file(sent["url"], VIDEO)
    cancelled = world.call("create_upload", owner=owner, json_body={}).data
    assert world.call("cancel_upload", owner=owner, id=cancelled["id"]).status == 204
    key = {"idempotency-key": f"{owner}-other-{number}"}
    asset = world.call("create_asset", owner=owner, json_body=FILM, headers=key).data
    return {"open": opened["id"], "sent": sent["id"], "cancelled": cancelled["id"], "asset": asset["id"]}


def traces(world: World, owner: str) -> list[str]:
    """The keys of all records that hold the owner, or a digest of them."""
    digest = hashlib.sha256(owner.encode()).hexdigest()
    return [item["pk"]["S"] for item in world.items() if f'"{owner}' in json.dumps(item) or digest in json.dumps(item)]


def of(world: World, owner: str) -> list[str]:
    """What Mux has of an owner, by its tag."""
    tags = {asset["id"]: Tag.decode(asset.get("passthrough"), stack=STACK) for asset in world.mux_assets()}
    return sorted(asset_id for asset_id, tag in tags.items() if tag and tag.owner == owner)


def without(world: World, owner: str) -> dict[str, Json]:
    """All records but those of an owner and tombstones."""
    return {
        pk: record
        for pk, record in world.records().items()
        if record.get("owner") not in (owner, None) or pk == keys.quota("bob")
    }


def writes(calls: ExternalCalls) -> list[str]:
    return [name for name in calls.names if not only_reads(name) and name != "dynamodb:Scan"]


@pytest.mark.usefixtures("limited")
def test_all_of_an_owner_goes_and_nothing_of_another(world: World, webhooks: Webhooks) -> None:
    mine, others = live(world, "ada"), live(world, "bob")
    foreign = world.mux_post("/video/v1/assets", {"inputs": [{"url": FILM["input"]}]}).json()["data"]["id"]
    webhooks.settle()
    assert len(of(world, "ada")) == len(of(world, "bob")) == 2
    assert keys.quota("ada") in traces(world, "ada")
    before = without(world, "ada")
    done = confirmed(world)
    assert done.complete
    assert of(world, "ada") == [] == traces(world, "ada")
    assert world.mux_get(f"/video/v1/uploads/{mine['open']}").json()["data"]["status"] == "cancelled"
    assert without(world, "ada") == before
    assert len(of(world, "bob")) == 2
    assert world.mux_get(f"/video/v1/uploads/{others['open']}").json()["data"]["status"] == "waiting"
    assert world.mux_get(f"/video/v1/assets/{foreign}").status_code == 200
    assert world.records()[keys.asset(foreign)]["status"] == "ready"


@pytest.mark.parametrize("seed", range(4))
def test_erasing_one_of_two_owners_leaves_the_other_untouched(world: World, library: MuxLibrary, seed: int) -> None:
    """Assets in any status, with records, without, and with what webhooks lost."""
    chance = random.Random(seed)  # noqa: S311
    for number in range(30):
        owner = chance.choice(["ada", "bob"])
        status = chance.choice(["ready", "errored"])
        passthrough = Tag(STACK, owner, f"request-{number}").encode()
        asset_id = library.add(created_at=LONG_AGO + number, passthrough=passthrough, status=status)
        if chance.random() < 0.7:
            world.deliver(mux_events.asset_event("ready", asset_id=asset_id, passthrough=passthrough))
        if chance.random() < 0.5:
            upload_id = world.call("create_upload", owner=owner, json_body={}).data["id"]
            if chance.random() < 0.3:
                world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": {"S": keys.upload(upload_id)}})
    before, kept = without(world, "ada"), of(world, "bob")
    assert confirmed(world).complete
    assert of(world, "ada") == [] == traces(world, "ada")
    assert without(world, "ada") == before
    assert of(world, "bob") == kept


def test_a_dry_run_changes_nothing(world: World, webhooks: Webhooks, calls: ExternalCalls) -> None:
    made = live(world, "ada")
    webhooks.settle()
    before, at_mux = world.items(), world.mux_assets()
    with calls.meeting():
        shown = run(world, "ada")
    assert writes(calls) == []
    assert (world.items(), world.mux_assets()) == (before, at_mux)
    assert f"would delete   asset {made['asset']}" in shown.text
    assert f"would cancel   upload {made['open']}" in shown.text
    assert "assets: 2, uploads: 3 (open: 1), other records: 2, left alone: 0" in shown.text


def test_an_owner_of_whom_there_is_nothing_needs_no_confirmation(world: World) -> None:
    live(world, "bob")
    shown = run(world, "nobody")
    assert shown.complete
    assert "nothing to erase" in shown.text
    assert "CONFIRM" not in shown.text


@pytest.mark.parametrize(("owner", "name"), [("bob", "videos"), ("ada", "staging")])
def test_a_confirmation_is_good_for_one_owner_of_one_stack(
    world: World, calls: ExternalCalls, owner: str, name: str
) -> None:
    for who in ("ada", "bob"):
        live(world, who)
    other = run(world, owner, where=place(world, name)).code
    for wrong in (other, "yes", "ada", "true", code(world)[:-1]):
        with calls.meeting(), pytest.raises(OperatorError, match="nothing was changed"):
            run(world, "ada", wrong)
        assert writes(calls) == []


@pytest.mark.parametrize("owner", ["", "*", "**", "%", ".", "a b", "a#b", "ä", "a\n", "a" * 129])
def test_an_invalid_owner_is_refused_before_anything_is_asked(world: World, calls: ExternalCalls, owner: str) -> None:
    with calls.meeting(), pytest.raises(OperatorError, match=r"OWNER=|is no owner"):
        run(world, owner)
    assert calls.names == []


def _kills(world: World, calls: ExternalCalls, library: MuxLibrary) -> Iterator[tuple[str, Callable[[], None]]]:
    """Each call of an erasure that changes something, with what lets it happen and ends the tool there."""
    items, restore = world.items(), library.snapshot()
    confirmation = code(world)
    with calls.meeting():
        run(world, "ada", confirmation)
    for at, name in enumerate(list(calls.names)):

        def die(at: int = at) -> None:
            world.replace_items(items)
            restore()
            with calls.meeting(KILLED, at=at), pytest.raises(Killed):
                run(world, "ada", confirmation)

        if not only_reads(name):
            yield f"{at} {name}", die


@pytest.mark.usefixtures("limited")
def test_killed_at_any_call_another_run_ends_the_same(
    world: World, webhooks: Webhooks, library: MuxLibrary, calls: ExternalCalls
) -> None:
    live(world, "ada")
    live(world, "bob")
    lost = library.add(created_at=LONG_AGO, passthrough=mux_events.tag("ada"))
    webhooks.settle()
    webhooks.held = True
    before, kept = without(world, "ada"), of(world, "bob")
    killed = 0
    for call, die in _kills(world, calls, library):
        die()
        # Law 7: whatever Mux has lost by now, the table knew that it must go.
        known = world.records()
        gone = {*of_table(known, "ada"), lost} - set(of(world, "ada"))
        assert all(
            "delete_requested_at" in known[keys.asset(asset)] or known[keys.asset(asset)]["status"] == "deleted"
            for asset in gone
        ), call
        done = run(world, "ada", code(world)) if traces(world, "ada") or of(world, "ada") else run(world, "ada")
        assert done.complete, (call, done.text)
        assert of(world, "ada") == [] == traces(world, "ada"), call
        assert without(world, "ada") == before, call
        assert of(world, "bob") == kept, call
        killed += 1
    assert killed > 15
    webhooks.held = False


def of_table(records: dict[str, Json], owner: str) -> list[str]:
    return [pk.removeprefix("ASSET#") for pk, item in records.items() if item.get("owner") == owner and "ASSET#" in pk]


@pytest.mark.parametrize("fault", ["throttled", "answer lost", "all fails from here on"])
def test_a_fault_at_any_call_loses_nothing_and_another_run_ends_the_same(
    world: World, library: MuxLibrary, calls: ExternalCalls, fault: str
) -> None:
    library.known(world, 2)
    world.call("create_upload", json_body={})
    items, restore = world.items(), library.snapshot()
    confirmation = code(world)
    with calls.meeting():
        run(world, "ada", confirmation)
    for at in range(len(calls.names)):
        world.replace_items(items)
        restore()
        with calls.meeting(FAULTS[fault], at=at), contextlib.suppress(OperatorError):
            run(world, "ada", confirmation)
        assert run(world, "ada", confirmation).complete
        assert of(world, "ada") == [] == traces(world, "ada")


def test_in_the_wrong_environment_nothing_is_done(world: World, library: MuxLibrary, calls: ExternalCalls) -> None:
    library.known(world, 2)
    confirmation = code(world)
    wrong = place(world, MUX_ENVIRONMENT_ID="zzzzzz")
    for given in ("", confirmation):
        with calls.meeting(), pytest.raises(OperatorError, match="another environment"):
            run(world, "ada", given, wrong)
        assert writes(calls) == []


def test_while_another_stack_claims_the_tag_nothing_is_done(
    world: World, library: MuxLibrary, calls: ExternalCalls
) -> None:
    library.known(world, 2)
    confirmation = code(world)
    address = "https://b2c3d4e5f6.execute-api.us-east-1.amazonaws.com/webhooks/mux?tag=videos"
    made = world.mux_post("/system/v1/webhooks", {"address": address}).json()["data"]
    for given in ("", confirmation):
        with calls.meeting(), pytest.raises(OperatorError, match="claims the tag videos, too"):
            run(world, "ada", given)
        assert writes(calls) == []
    assert world.mux_call("DELETE", f"/system/v1/webhooks/{made['id']}").status_code == 204
    assert run(world, "ada", confirmation).complete


def test_with_a_token_that_mux_refuses_nothing_is_done(world: World, library: MuxLibrary, calls: ExternalCalls) -> None:
    library.known(world, 2)
    confirmation = code(world)
    world.put_secret("MuxTokenSecret", {"token_id": "revoked", "token_secret": "revoked"})
    with calls.meeting(), pytest.raises(OperatorError, match="could not be confirmed"):
        run(world, "ada", confirmation)
    assert writes(calls) == []


def test_a_token_that_may_see_no_assets_proves_nothing_gone(
    world: World, library: MuxLibrary, calls: ExternalCalls
) -> None:
    library.known(world, 2)
    confirmation = code(world)
    world.mux.grant(["system:read"])
    with calls.meeting():
        done = run(world, "ada", confirmation)
    world.mux.grant(["video:read", "video:write", "system:read", "system:write"])
    assert not done.complete
    assert "It ended early" in done.text
    assert writes(calls) == []


def test_a_video_that_is_still_prepared_stays_pending_and_the_cleanup_finishes(
    world: World, library: MuxLibrary
) -> None:
    asset_id = library.add(created_at=time.time(), passthrough=mux_events.tag("ada"), status="preparing")
    done = confirmed(world)
    assert not done.complete
    assert f"pending        asset {asset_id}: Mux still prepares it; the cleanup deletes it" in done.text
    assert of(world, "ada") == [asset_id]
    library.change(asset_id, status="ready")
    world.advance(3700)
    assert world.schedule()["deleted"] == 1
    assert of(world, "ada") == [] == traces(world, "ada")
    assert run(world, "ada").complete


def test_an_asset_whose_webhook_was_lost_goes_too(world: World, library: MuxLibrary) -> None:
    lost = library.add(created_at=LONG_AGO, passthrough=mux_events.tag("ada"))
    other_stack = library.add(created_at=LONG_AGO, passthrough=Tag("staging", "ada", "r1").encode())
    foreign = library.add(created_at=LONG_AGO, passthrough="ada")
    shown = run(world, "ada")
    assert f"asset {lost} (the table does not know it)" in shown.text
    assert run(world, "ada", shown.code).complete
    assert {asset["id"] for asset in world.mux_assets()} == {other_stack, foreign}


def test_where_record_and_tag_disagree_nothing_is_deleted(world: World, library: MuxLibrary) -> None:
    renamed, taken, untagged = library.known(world, 3)
    library.change(renamed, passthrough=mux_events.tag("bob"))
    library.change(taken, passthrough="somebody else's own text")
    library.change(untagged, passthrough=None)
    claimed = library.add(created_at=LONG_AGO, passthrough=mux_events.tag("bob"))
    world.deliver(mux_events.asset_event("ready", asset_id=claimed, passthrough=mux_events.tag("bob")))
    library.change(claimed, passthrough=mux_events.tag("ada"))
    before = {pk: record for pk, record in world.records().items() if untagged not in pk}
    done = confirmed(world)
    assert not done.complete
    assert f"left           asset {renamed}: its record names this owner, its passthrough at Mux somebody else" in (
        done.text
    )
    assert f"left           asset {claimed}: its record names another owner" in done.text
    assert {asset["id"] for asset in world.mux_assets()} == {renamed, taken, claimed}
    assert {pk: record for pk, record in world.records().items() if untagged not in pk} == before


def test_an_upload_that_becomes_an_asset_at_the_last_moment_goes_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = world.call("create_upload", json_body={}).data
    confirmation = code(world)
    cancel = Cancellation.cancel

    def too_late(self: Any, upload_id: str, *, owner: str | None) -> None:
        world.send_file(upload["url"], VIDEO)
        world.wait_for(lambda: len(world.mux_assets()) == 1 and world.mux_assets()[0]["status"] != "preparing")
        cancel(self, upload_id, owner=owner)

    monkeypatch.setattr(Cancellation, "cancel", too_late)
    assert run(world, "ada", confirmation).complete
    assert world.mux_assets() == []
    assert traces(world, "ada") == []


def test_late_events_and_the_next_walk_bring_no_owner_back(world: World, webhooks: Webhooks) -> None:
    webhooks.held = True
    live(world, "ada")
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))
    assert confirmed(world).complete
    webhooks.held = False
    webhooks.settle()
    assert traces(world, "ada") == []
    for days in (1, 10, 40):
        world.advance(days * 86_400)
        assert world.reconcile({"start": True})["finished"]
        world.schedule()
        assert traces(world, "ada") == []
    assert run(world, "ada").complete


def test_a_request_that_is_under_way_is_waited_for(world: World, calls: ExternalCalls) -> None:
    with calls.meeting(KILLED_AT_MUX, at=0), pytest.raises(Killed):
        world.call("create_asset", json_body=FILM, headers={"idempotency-key": "k"})
    [pk] = [pk for pk in world.records() if pk.startswith("IDEMPOTENCY#")]
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))
    done = confirmed(world)
    assert not done.complete
    assert f"left           {pk}: a request is under way" in done.text
    world.advance(61)
    assert confirmed(world).complete
    assert traces(world, "ada") == []


def test_records_that_appear_during_an_erasure_are_reported(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.known(world, 1)
    confirmation = code(world)
    carry_out = Deletion.carry_out
    made: list[str] = []

    def meanwhile(self: Any, asset_id: str) -> bool:
        made.append(world.call("create_upload", json_body={}).data["id"])
        return carry_out(self, asset_id)

    monkeypatch.setattr(Deletion, "carry_out", meanwhile)
    done = run(world, "ada", confirmation)
    assert not done.complete
    assert f"left           upload {made[0]}: it came while this ran" in done.text
    assert run(world, "ada", confirmation).complete


def test_an_asset_that_mux_does_not_delete_is_reported_and_stays_pending(
    world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = library.known(world, 2)
    delete = MuxClient.delete_asset

    def failing(self: MuxClient, asset_id: str) -> None:
        if asset_id == first:
            raise MuxUnavailable("Mux cannot be reached: try again")
        delete(self, asset_id)

    monkeypatch.setattr(MuxClient, "delete_asset", failing)
    done = confirmed(world)
    assert not done.complete
    assert f"failed         asset {first}: MuxUnavailable" in done.text
    assert f"deleted        asset {second}" in done.text
    assert of(world, "ada") == [first]
    assert world.records()[keys.asset(first)]["delete_requested_at"]


def test_an_import_for_the_owner_is_forgotten_once_it_is_over(world: World) -> None:
    pk = keys.checkpoint("reconcile")
    for finished_at, word in ((0, "an import for this owner is under way"), (int(time.time()), "")):
        walk = Walk("w", int(time.time()), adopt_owner="ada", finished_at=finished_at, seen=7)
        item = {"pk": {"S": pk}, "state": {"S": walk.to_text()}}
        world.dynamodb.put_item(TableName=world.table_name, Item=item)
        world.call("create_upload", json_body={})
        done = confirmed(world)
        assert (word in done.text) if word else done.complete
    left = Walk.from_text(str(world.records()[pk]["state"]))
    assert left
    assert (left.adopt_owner, left.seen) == ("", 7)


def test_nothing_secret_is_shown(world: World, webhooks: Webhooks, capsys: pytest.CaptureFixture[str]) -> None:
    live(world, "ada")
    webhooks.settle()
    capsys.readouterr()
    said = run(world, "ada").text + confirmed(world).text
    said += "".join(capsys.readouterr())
    assert world.mux.token_secret not in said
    assert "token=" not in said


def test_the_erasure_uses_exactly_the_permissions_that_its_page_names(
    world: World, webhooks: Webhooks, calls: ExternalCalls
) -> None:
    live(world, "ada")
    webhooks.settle()
    with calls.meeting():
        confirmed(world)
    used = {re.sub(r" .*", "", name) for name in calls.names if name.startswith(("dynamodb:", "secretsmanager:"))}
    page = (ROOT / "docs" / "erasure.md").read_text(encoding="utf-8")
    section = " ".join(page.partition("## What your credentials need")[2].partition("##")[0].split())
    named = set(re.findall(r"`secretsmanager:(\w+)`", section))
    assert {f"secretsmanager:{name}" for name in named} == {name for name in used if "secret" in name}
    table = section.partition("`dynamodb:")[2].partition(" of the table")[0]
    assert {f"dynamodb:{name}" for name in re.findall(r"\w+", table.replace("and", ""))} == used - {
        "secretsmanager:GetSecretValue"
    }


def test_an_erasure_and_the_schedules_leave_a_part_of_the_rate_limit_to_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert target.SHARE + runtime.CLEANUP_SHARE + runtime.RECONCILE_SHARE < 1
