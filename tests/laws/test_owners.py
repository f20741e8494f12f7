"""Whose an asset is: the record's own owner, else the tag's, else that of the upload; and nobody else ever sees it."""

from collections.abc import Mapping

import pytest

from mux_lifecycle import runtime
from tests import mux_events
from tests.laws.history import outcome, state, tell
from tests.mux_events import BASE
from tests.world import Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"
STATUSES = ("preparing", "ready", "errored", "deleting")

FOREIGN = {
    "no tag": None,
    "another program's text": "vid_7f3c2a",
    "another stack's tag": "mxl1#other-stack#ada#kR7dQ2wXn0VbLs5TzYpHfA#private",
    "a stack whose name begins like ours": "mxl1#videos2#ada#kR7dQ2wXn0VbLs5TzYpHfA#private",
    "a tag of another version": "mxl2#videos#ada#kR7dQ2wXn0VbLs5TzYpHfA#private",
    "a cut tag": "mxl1#videos#ada#kR7dQ2wXn0VbLs5TzYpHfA",
    "a tag with a sixth part": "mxl1#videos#ada#kR7dQ2wXn0VbLs5TzYpHfA#private#",
    "a tag without an owner": "mxl1#videos##kR7dQ2wXn0VbLs5TzYpHfA#private",
    "a tag without a request": "mxl1#videos#ada##private",
    "a tag of unknown visibility": "mxl1#videos#ada#kR7dQ2wXn0VbLs5TzYpHfA#everybody",
    "an owner with a space": "mxl1#videos#a da#kR7dQ2wXn0VbLs5TzYpHfA#private",
    "a text that is too long": mux_events.tag() + " " * 255,
}


def lists(world: World, owner: str) -> Mapping[str, list[str]]:
    """The ids in each of an owner's lists."""
    return {"all": [asset["id"] for asset in world.call("list_assets", owner=owner).data]} | {
        status: [asset["id"] for asset in world.call("list_assets", owner=owner, query=f"status={status}").data]
        for status in STATUSES
    }


def listed_as(status: str) -> Mapping[str, list[str]]:
    """`lists` of an owner of this one asset."""
    return {"all": [ASSET]} | {other: [ASSET] if other == status else [] for other in STATUSES}


def assert_sees_nothing(world: World, owner: str) -> None:
    assert world.call("get_asset", owner=owner, id=ASSET).status == 404
    assert not any(lists(world, owner).values())


def story(passthrough: str | None, *, upload_id: str | None = None) -> list[Json]:
    return [
        mux_events.asset_event(kind, asset_id=ASSET, passthrough=passthrough, upload_id=upload_id, at=BASE + n)
        for n, kind in enumerate(("created", "ready", "updated"))
    ]


@pytest.mark.parametrize("passthrough", FOREIGN.values(), ids=FOREIGN)
def test_an_asset_that_is_not_this_stacks_is_nobodys(world: World, passthrough: str | None) -> None:
    for event in story(passthrough):
        tell(world, [event])
        record = world.records()[f"ASSET#{ASSET}"]
        assert not {"owner", "owner_status", "gallery", "due"} & record.keys()
        assert_sees_nothing(world, "ada")
    assert world.call("get_asset", owner="root", groups=["admin"], id=ASSET).data["status"] == "ready"
    assert world.call("delete_asset", owner="ada", id=ASSET).status == 404
    tell(world, [mux_events.asset_event("deleted", asset_id=ASSET, passthrough=passthrough, at=BASE + 9)])
    assert world.call("get_asset", owner="root", groups=["admin"], id=ASSET).status == 404


def test_a_body_of_another_type_in_passthrough_is_no_tag(world: World) -> None:
    event = mux_events.asset_event("ready", asset_id=ASSET)
    for passthrough in (7, ["mxl1", "videos"], {"owner": "ada"}, True):
        event["data"]["passthrough"] = passthrough
        tell(world, [event])
    assert_sees_nothing(world, "ada")


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_a_tag_that_names_another_tenant_changes_no_owner(world: World, visibility: str) -> None:
    """Somebody with access to Mux may write any passthrough; it does not give an asset away."""
    tell(world, story(mux_events.tag("ada"))[:2])
    forged = mux_events.asset_event(
        "updated",
        asset_id=ASSET,
        passthrough=mux_events.tag("bob", visibility=visibility),
        at=BASE + 20,
        meta={"title": "Dusk"},
    )
    assert outcome(world, forged) == "applied"
    shown = world.call("get_asset", owner="ada", id=ASSET).data
    assert (shown["title"], shown["visibility"]) == ("Dusk", "private")
    assert lists(world, "ada") == listed_as("ready")
    assert_sees_nothing(world, "bob")
    record = world.records()[f"ASSET#{ASSET}"]
    assert (record["owner"], record["owner_status"]) == ("ada", "ada#ready")
    assert "gallery" not in record


@pytest.mark.parametrize("passthrough", [None, mux_events.tag("bob"), "vid_7f3c2a"], ids=["none", "bob", "foreign"])
def test_each_later_event_keeps_the_owner_whatever_its_tag(world: World, passthrough: str | None) -> None:
    tell(world, story(mux_events.tag("ada"))[:1])
    for at, (kind, status) in enumerate([("ready", "ready"), ("errored", "errored"), ("updated", "ready")], start=1):
        tell(world, [mux_events.asset_event(kind, asset_id=ASSET, passthrough=passthrough, at=BASE + at)])
        assert lists(world, "ada") == listed_as(status)
        assert_sees_nothing(world, "bob")


def test_a_stale_event_with_another_tenants_tag_changes_nothing(world: World) -> None:
    tell(world, story(mux_events.tag("ada")))
    before = state(world)
    stale = mux_events.asset_event("created", asset_id=ASSET, passthrough=mux_events.tag("bob"), at=BASE)
    assert outcome(world, stale) == "stale"
    assert state(world) == before


def test_an_upload_id_that_names_another_tenants_upload_changes_no_owner(world: World) -> None:
    tell(world, [mux_events.upload_event("created", upload_id=UPLOAD, passthrough=mux_events.tag("bob"))])
    tell(world, story(mux_events.tag("ada"), upload_id=UPLOAD))
    assert lists(world, "ada")["ready"] == [ASSET]
    assert_sees_nothing(world, "bob")
    assert world.call("get_upload", owner="bob", id=UPLOAD).data["status"] == "waiting"


def test_meta_names_no_owner(world: World) -> None:
    event = mux_events.asset_event(
        "ready", asset_id=ASSET, passthrough=None, meta={"creator_id": "ada", "external_id": mux_events.tag("ada")}
    )
    tell(world, [event])
    assert_sees_nothing(world, "ada")


def test_an_asset_without_a_tag_belongs_to_whom_its_upload_belongs(world: World) -> None:
    tell(world, [mux_events.upload_event("created", upload_id=UPLOAD, passthrough=mux_events.tag("ada"))])
    for event, status in zip(story(None, upload_id=UPLOAD), ("preparing", "ready", "ready"), strict=True):
        assert outcome(world, event) == "applied"
        assert lists(world, "ada") == listed_as(status)
    assert_sees_nothing(world, "bob")
    assert world.call("get_upload", owner="ada", id=UPLOAD).data["status"] == "waiting"


def test_also_when_its_first_events_came_before_the_upload_was_known(world: World) -> None:
    created, ready, updated = story(None, upload_id=UPLOAD)
    tell(world, [ready])
    assert_sees_nothing(world, "ada")
    tell(world, [mux_events.upload_event("created", upload_id=UPLOAD, passthrough=mux_events.tag("ada"))])
    assert outcome(world, created) == "stale"
    assert lists(world, "ada") == listed_as("ready")
    assert outcome(world, updated) == "applied"
    assert lists(world, "ada")["ready"] == [ASSET]


def test_also_when_only_the_same_event_comes_again(world: World) -> None:
    _, ready, _ = story(None, upload_id=UPLOAD)
    tell(world, [ready, mux_events.upload_event("created", upload_id=UPLOAD), ready])
    assert lists(world, "ada")["ready"] == [ASSET]


def test_the_upload_of_somebody_else_is_invisible(world: World) -> None:
    tell(world, [mux_events.upload_event("created", upload_id=UPLOAD, passthrough=mux_events.tag("ada"))])
    assert world.call("get_upload", owner="bob", id=UPLOAD).status == 404
    assert world.call("get_upload", owner="root", groups=["admin"], id=UPLOAD).data["id"] == UPLOAD


@pytest.mark.parametrize("kind", ["created", "asset_created", "cancelled", "errored"])
@pytest.mark.parametrize("passthrough", [*FOREIGN.values()][:4], ids=[*FOREIGN][:4])
def test_an_upload_that_is_not_this_stacks_gets_no_record(world: World, kind: str, passthrough: str | None) -> None:
    tell(world, [mux_events.upload_event(kind, upload_id=UPLOAD, asset_id=ASSET, passthrough=passthrough)])
    assert state(world) == {}


def test_an_upload_event_without_settings_speaks_of_a_known_upload(world: World) -> None:
    bare = mux_events.upload_event("cancelled", upload_id=UPLOAD, at=BASE + 9, new_asset_settings=None)
    assert outcome(world, bare) == "stale"
    assert state(world) == {}
    tell(world, [mux_events.upload_event("created", upload_id=UPLOAD, at=BASE), bare])
    assert world.call("get_upload", id=UPLOAD).data["status"] == "cancelled"


def test_an_upload_event_that_names_another_tenant_changes_no_owner(world: World) -> None:
    tell(world, [mux_events.upload_event("created", upload_id=UPLOAD, passthrough=mux_events.tag("ada"), at=BASE)])
    tell(
        world, [mux_events.upload_event("cancelled", upload_id=UPLOAD, passthrough=mux_events.tag("bob"), at=BASE + 9)]
    )
    assert world.call("get_upload", owner="ada", id=UPLOAD).data["status"] == "cancelled"
    assert world.call("get_upload", owner="bob", id=UPLOAD).status == 404


def test_an_upload_does_not_show_another_tenants_asset(world: World) -> None:
    tell(world, story(mux_events.tag("ada")))
    tell(
        world,
        [
            mux_events.upload_event(
                "asset_created", upload_id=UPLOAD, asset_id=ASSET, passthrough=mux_events.tag("bob"), at=BASE + 1
            )
        ],
    )
    assert "asset" not in world.call("get_upload", owner="bob", id=UPLOAD).data


def test_a_known_asset_is_written_without_reading_an_upload(world: World) -> None:
    """A delivery costs one conditional write; only an asset without our tag costs a read of its upload."""
    tell(world, story(mux_events.tag("ada"), upload_id=UPLOAD)[:1])
    calls: list[str] = []
    events = runtime._table()._client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="count")
    try:
        tell(world, story(mux_events.tag("ada"), upload_id=UPLOAD)[1:2])
        assert calls == ["UpdateItem"]
        calls.clear()
        tell(world, [mux_events.asset_event("deleted", asset_id=ASSET, at=BASE + 9)])
        assert calls == ["PutItem"]
        calls.clear()
        tell(world, story(None, upload_id=UPLOAD)[:1])
        assert calls == ["GetItem", "UpdateItem"]
        calls.clear()
        tell(world, [mux_events.upload_event("created", upload_id=UPLOAD)])
        tell(world, [mux_events.track_event("ready", asset_id="Other", track_id="English")])
        assert calls == ["UpdateItem", "UpdateItem"]
    finally:
        events.unregister("before-call.dynamodb", unique_id="count")
