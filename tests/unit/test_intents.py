"""What was asked for is noted once; whoever has to answer for it finds out what came of it, and nobody else's news."""

from copy import replace

import pytest

from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.intents import Intent, Intents, Kind
from mux_lifecycle.store.projection import UploadChange
from mux_lifecycle.store.table import Refused, Table
from tests import mux_events
from tests.mux_events import BASE
from tests.world import STACK, Json, World

DAY = 86_400
KINDS: list[Kind] = ["upload", "asset"]


def intent(kind: Kind = "asset", *, request: str = "first", sent_at: int = BASE) -> Intent:
    return Intent(
        pk=keys.idempotency("ada", "key"),
        owner="ada",
        kind=kind,
        fingerprint="what was asked for",
        request=request,
        sent_at=sent_at,
    )


@pytest.fixture
def intents(world: World) -> Intents:
    return Intents(Table(world.dynamodb, world.table_name))


def stored(world: World) -> Json:
    """The only record."""
    [record] = world.records().values()
    return record


def written(kind: Kind, **changed: object) -> Json:
    """The record of an intent that has just been claimed, apart from what `changed`."""
    due = {"due": "due", "due_at": str(BASE + 60)} if kind == "asset" else {}
    fields = {"pk": intent().pk, "owner": "ada", "kind": kind, "fingerprint": "what was asked for"}
    times = {"sent_at": str(BASE), "ttl": str(BASE + DAY)}
    return fields | {"request": "first", "state": "pending"} | times | due | changed


def done(kind: Kind, object_id: str, expires_at: int = 0, **changed: object) -> Json:
    """The record of an intent of which something came: nothing is due."""
    record = written(kind, state="done", object_id=object_id, expires_at=str(expires_at)) | changed
    return {name: value for name, value in record.items() if name not in ("due", "due_at")}


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_to_claim_a_key_has_it(world: World, intents: Intents, kind: Kind) -> None:
    """An asset that nobody hears of is looked for after a minute; an upload just times out."""
    first = intent(kind)
    assert intents.claim(first) == first
    assert stored(world) == written(kind)
    assert intents.find(first.pk) == first
    assert intents.claim(intent(kind, request="second", sent_at=BASE + 5)) == first
    assert stored(world) == written(kind)


def test_a_claim_lasts_a_day(world: World, intents: Intents) -> None:
    """Whether or not DynamoDB has removed it by then."""
    first = intent()
    intents.claim(first)
    assert intents.claim(intent(request="second", sent_at=BASE + DAY - 1)) == first
    third = intent(request="third", sent_at=BASE + DAY)
    assert intents.claim(third) == third
    assert stored(world)["request"] == "third"


def test_what_is_no_intent_is_not_found(world: World, intents: Intents) -> None:
    assert intents.find(intent().pk) is None
    world.dynamodb.put_item(TableName=world.table_name, Item={"pk": {"S": intent().pk}, "ttl": {"N": "1"}})
    assert intents.find(intent().pk) is None


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_nothing_came_of_is_sent_again_as_another_request(
    world: World, intents: Intents, kind: Kind, lost: bool
) -> None:
    first = intent(kind)
    intents.claim(first)
    if lost:
        intents.give_up(first)
    standing = intents.find(first.pk)
    assert standing
    again = intents.send_again(standing, request="second", now=BASE + 70)
    assert again == intent(kind, request="second", sent_at=BASE + 70)
    assert intents.find(first.pk) == again
    due = {"due": "due", "due_at": str(BASE + 130)} if kind == "asset" else {}
    assert stored(world) == written(kind, request="second", sent_at=str(BASE + 70), ttl=str(BASE + 70 + DAY), **due)


def test_only_one_of_two_sends_it_again(world: World, intents: Intents) -> None:
    first = intent()
    intents.claim(first)
    faster = intents.send_again(first, request="faster", now=BASE + 70)
    assert intents.send_again(first, request="slower", now=BASE + 70) is None
    assert intents.find(first.pk) == faster


def test_who_lost_the_answer_to_its_own_write_sends_it_again(intents: Intents) -> None:
    """Its second try is refused by what its first one wrote."""
    first = intent()
    intents.claim(first)
    again = intents.send_again(first, request="second", now=BASE + 70)
    assert intents.send_again(first, request="second", now=BASE + 70) == again


def test_what_is_done_or_gone_is_not_sent_again(world: World, intents: Intents) -> None:
    first = intent()
    assert intents.send_again(first, request="second", now=BASE + 70) is None
    assert world.records() == {}
    intents.claim(first)
    intents.finish(first, "A")
    assert intents.send_again(first, request="second", now=BASE + 70) is None
    assert stored(world) == done("asset", "A")


@pytest.mark.parametrize("kind", KINDS)
def test_what_came_of_it_is_noted_and_nothing_is_due_any_more(world: World, intents: Intents, kind: Kind) -> None:
    first = intent(kind)
    intents.claim(first)
    intents.finish(first, "A", expires_at=BASE + 3600)
    assert stored(world) == done(kind, "A", BASE + 3600)
    assert intents.find(first.pk) == replace(first, state="done", object_id="A", expires_at=BASE + 3600)
    intents.finish(first, "B")
    intents.give_up(first)
    intents.release(first)
    assert stored(world) == done(kind, "A", BASE + 3600)


def test_an_asset_has_no_time_to_expire_at(world: World, intents: Intents) -> None:
    intents.claim(intent())
    intents.finish(intent(), "A")
    assert stored(world) == done("asset", "A", 0)


def test_that_nothing_came_of_it_is_noted_and_nothing_is_due_any_more(world: World, intents: Intents) -> None:
    intents.claim(intent())
    intents.give_up(intent())
    assert intents.find(intent().pk) == replace(intent(), state="lost")
    assert not {"due", "due_at"} & stored(world).keys()


def test_an_intent_that_is_released_is_forgotten(world: World, intents: Intents) -> None:
    intents.claim(intent())
    intents.release(intent())
    assert world.records() == {}


def test_news_of_what_was_sent_before_does_not_end_what_was_sent_again(world: World, intents: Intents) -> None:
    first = intent()
    intents.claim(first)
    again = intents.send_again(first, request="second", now=BASE + 70)
    before = stored(world)
    intents.finish(first, "A")
    intents.give_up(first)
    intents.release(first)
    assert (stored(world), intents.find(first.pk)) == (before, again)


def test_news_of_what_has_expired_leave_no_trace(world: World, intents: Intents) -> None:
    intents.finish(intent(), "A")
    intents.give_up(intent())
    intents.release(intent())
    assert world.records() == {}


def upload(upload_id: str) -> UploadChange:
    event = mux_events.upload_event("created", upload_id=upload_id)
    change = projection.observed_upload(event["data"], sent_at=BASE, stack=STACK)
    assert change
    return change


def test_an_upload_and_the_end_of_its_intent_are_written_together(world: World, intents: Intents) -> None:
    first = intent("upload")
    intents.claim(first)
    intents.finish_upload(first, upload("U"), now=BASE)
    records = world.records()
    assert records[first.pk] == done("upload", "U", BASE + 3600)
    made = records[keys.upload("U")]
    assert (made["owner"], made["status"]) == ("ada", "waiting")


def test_or_neither_of_them(world: World, intents: Intents) -> None:
    first = intent("upload")
    with pytest.raises(Refused):
        intents.finish_upload(first, upload("U"), now=BASE)
    assert world.records() == {}
    intents.claim(first)
    world.dynamodb.put_item(TableName=world.table_name, Item={"pk": {"S": keys.upload("T")}, "seen": {"S": "9"}})
    with pytest.raises(Refused):
        intents.finish_upload(first, upload("T"), now=BASE)
    assert intents.find(first.pk) == first
    intents.finish_upload(first, upload("U"), now=BASE)
    before = world.records()
    for late in (first, replace(first, request="another")):
        with pytest.raises(Refused):
            intents.finish_upload(late, upload("V"), now=BASE)
    assert world.records() == before
    intents.release(first)
    assert world.records() == before
