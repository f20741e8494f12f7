"""What a walk repairs, adopts and buries, and what it leaves alone."""

import time
from typing import Any

import pytest

from tests import mux_events
from tests.faults.story import FILM, VIDEO
from tests.faults.sweep import Do, ExternalCalls, Fault
from tests.reconcile.library import MuxLibrary, track
from tests.reconcile.truth import differences, shown
from tests.world import Json, World

START: Json = {"start": True}
DAY = 86_400


def _ready(world: World) -> None:
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))


def _made(world: World, **choices: Any) -> str:
    return str(world.call("create_asset", json_body=FILM | choices).data["id"])


def _patched(world: World, asset_id: str, body: Json) -> None:
    """A change that was made in Mux's dashboard."""
    assert world.mux_call("PATCH", f"/video/v1/assets/{asset_id}", body).status_code == 200


def _without_checkpoint(world: World) -> list[Json]:
    return [item for item in world.items() if not item["pk"]["S"].startswith("CHECKPOINT#")]


# What it makes good


def test_one_walk_makes_good_a_day_without_webhooks(world: World) -> None:
    """Made, uploaded, changed, failed, cancelled, timed out, deleted: nobody was told of any of it."""
    kept, renamed, doomed = _made(world), _made(world), _made(world)
    _ready(world)
    world.reconcile(START)
    assert differences(world) == []

    failed = _made(world, input="https://films.invalid/film.mp4")
    film, no_film, cancelled, timed_out = (world.call("create_upload", json_body={}).data for _ in range(4))
    world.send_file(film["url"], VIDEO)
    world.send_file(no_film["url"], b"This is not a video. " * 99)
    assert world.mux_call("PUT", f"/video/v1/uploads/{cancelled['id']}/cancel").status_code == 200
    _patched(world, renamed, {"meta": {"title": "Sunset"}, "passthrough": mux_events.tag(visibility="public")})
    assert world.mux_call("POST", f"/video/v1/assets/{kept}/playback-ids", {"policy": "public"}).status_code == 201
    text = {
        "url": "https://storage.example.com/en.vtt",
        "type": "text",
        "text_type": "subtitles",
        "language_code": "en",
    }
    assert world.mux_call("POST", f"/video/v1/assets/{kept}/tracks", text).status_code == 201
    assert (
        world.mux_call("POST", f"/video/v1/assets/{kept}/static-renditions", {"resolution": "highest"}).status_code
        == 201
    )
    world.mux.delete_asset(doomed)
    _ready(world)
    world.advance(DAY)
    assert differences(world)

    report = world.reconcile()
    assert differences(world) == []
    assert report["repaired"] == 3
    assert report["adopted"] == 2
    assert report["buried"] == 1
    assert report["uploads_repaired"] == 4
    assert report["drift"] == 10
    assert world.call("get_asset", id=doomed).status == 404
    assert world.call("get_asset", id=failed).data["errors"]
    assert world.call("get_upload", id=film["id"]).data["asset"]["status"] == "ready"
    assert world.call("get_upload", id=no_film["id"]).data["error"]
    assert world.call("get_upload", id=cancelled["id"]).data["status"] == "cancelled"
    assert world.call("get_upload", id=timed_out["id"]).data["status"] == "timed_out"


def test_where_nothing_differs_nothing_is_written(
    world: World, library: MuxLibrary, external_calls: ExternalCalls, short_pages: None
) -> None:
    """However much there is, a walk writes its own checkpoint, once a page."""
    library.add_all([{"created_at": 1_700_000_000 + n // 2, "passthrough": mux_events.tag()} for n in range(23)])
    library.add(created_at=1_700_000_100, passthrough="somebody else's")
    world.reconcile(START)
    before = _without_checkpoint(world)
    with external_calls.meeting():
        report = world.reconcile(START)
    assert _without_checkpoint(world) == before
    assert report["unchanged"] == report["seen"] == 24
    assert report["drift"] == 0
    six_pages, other_steps = 6, 7
    assert len([name for name in external_calls.names if name.endswith(("PutItem", "UpdateItem"))]) == (
        six_pages + other_steps
    )
    assert len([name for name in external_calls.names if name.startswith("GET ")]) == six_pages + 1


def test_an_asset_without_a_record_is_adopted_by_whom_its_tag_names(world: World, library: MuxLibrary) -> None:
    passthrough = mux_events.tag("eve", request="the-request", visibility="public")
    asset_id = library.add(created_at=1_700_000_000, passthrough=passthrough)
    assert world.reconcile(START)["adopted"] == 1
    assert world.call("get_asset", owner="ada", id=asset_id).status == 404
    found = world.call("get_asset", owner="eve", id=asset_id).data
    assert (found["created_at"], found["visibility"]) == ("2023-11-14T22:13:20Z", "public")
    assert [entry["id"] for entry in world.call("gallery", owner=None).data] == [asset_id]
    assert world.records()[f"ASSET#{asset_id}"]["request"] == "the-request"


def test_an_asset_without_a_tag_belongs_to_who_owns_its_upload(world: World, library: MuxLibrary) -> None:
    upload_id = world.call("create_upload", json_body={}).data["id"]
    asset_id = library.add(created_at=time.time(), upload_id=upload_id)
    assert world.reconcile(START)["adopted"] == 1
    assert world.call("get_asset", id=asset_id).data["upload_id"] == upload_id


def test_a_record_without_an_owner_gets_the_one_that_its_tag_names(world: World, library: MuxLibrary) -> None:
    asset_id = library.add(created_at=1_700_000_000)
    assert world.reconcile(START)["noted"] == 1
    library.change(asset_id, passthrough=mux_events.tag("eve"))
    assert world.reconcile(START)["adopted"] == 1
    assert world.call("get_asset", owner="eve", id=asset_id).status == 200


def test_an_owner_stays_whatever_is_written_into_the_tag(world: World, library: MuxLibrary) -> None:
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag("ada"))
    world.reconcile(START)
    library.change(asset_id, passthrough=mux_events.tag("eve"), meta={"title": "Mine now"})
    world.reconcile(START)
    assert world.call("get_asset", owner="eve", id=asset_id).status == 404
    assert world.call("get_asset", owner="ada", id=asset_id).data["title"] == "Mine now"


@pytest.mark.parametrize("passthrough", [None, "somebody else's", "mxl1#another-stack#ada#request#private"])
def test_foreign_assets_are_seen_by_administrators_only(
    world: World, library: MuxLibrary, passthrough: str | None
) -> None:
    asset_id = library.add(created_at=1_700_000_000, passthrough=passthrough)
    foreign = world.mux_assets()
    assert world.reconcile(START)["noted"] == 1
    assert world.call("list_assets").data == []
    everybody = world.call("list_assets", owner="root", groups=["admin"], query="scope=all").data
    assert [entry["id"] for entry in everybody] == [asset_id]
    assert world.call("delete_asset", owner="root", groups=["admin"], id=asset_id).status == 409
    assert world.mux_assets() == foreign
    assert {request["method"] for request in world.mux.requests()} == {"GET"}


def test_what_a_track_knew_by_its_own_clock_gives_way_to_a_later_look(world: World, library: MuxLibrary) -> None:
    """The asset's own snapshot has not changed at all; only what was heard of its tracks is out of date."""
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    world.reconcile(START)
    for state, name in (("created", "gone again"), ("created", "done since")):
        event = mux_events.track_event(state, asset_id=asset_id, track_id=name.replace(" ", ""), at=time.time() + 1)
        assert world.deliver(event | {"data": event["data"] | {"name": name}}).status == 200
    assert len(world.call("get_asset", id=asset_id).data["tracks"]) == 2
    done = track("done since")
    library.change(asset_id, tracks=[done])
    world.advance(60)
    assert world.reconcile(START)["repaired"] == 1
    assert [(entry["id"], entry["status"]) for entry in world.call("get_asset", id=asset_id).data["tracks"]] == [
        (done.id, "ready")
    ]
    library.change(asset_id, tracks=[])
    event = mux_events.track_event("created", asset_id=asset_id, track_id="lost", at=time.time() + 1)
    assert world.deliver(event).status == 200
    world.advance(60)
    assert world.reconcile(START)["repaired"] == 1
    assert "tracks" not in world.call("get_asset", id=asset_id).data
    assert world.reconcile(START)["drift"] == 0


def test_a_change_elsewhere_in_the_second_of_our_own_is_lost_only_until_the_walk(
    world: World, library: MuxLibrary
) -> None:
    """Mux's events carry whole seconds, what we see ourselves microseconds: the event seems to be older."""
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    world.reconcile(START)
    assert world.call("update_asset", id=asset_id, json_body={"title": "Ours"}).data["title"] == "Ours"
    second = int(world.records()[f"ASSET#{asset_id}"]["seen"].split("|")[1]) // 1_000_000
    library.change(asset_id, meta={"title": "Theirs"})
    [asset] = world.mux_assets()
    event = mux_events.event("video.asset.updated", asset | {"created_at": 1_700_000_000}, at=second)
    assert world.deliver(event).data["outcome"] == "stale"
    assert world.call("get_asset", id=asset_id).data["title"] == "Ours"
    assert world.reconcile(START)["repaired"] == 1
    assert world.call("get_asset", id=asset_id).data["title"] == "Theirs"


def test_a_wish_to_delete_is_left_to_the_cleanup_but_gone_is_gone(world: World, library: MuxLibrary) -> None:
    first, second = library.add_all([{"created_at": 1_700_000_000, "passthrough": mux_events.tag()} for _ in range(2)])
    world.reconcile(START)
    world.mux.set_faults({"api": {"error_rate": 1}})
    for asset_id in (first, second):
        assert world.call("delete_asset", id=asset_id).status == 202
    world.mux.set_faults({})
    library.change(first, meta={"title": "Another"})
    library.drop(second)
    report = world.reconcile(START)
    assert (report["deleting"], report["buried"]) == (1, 1)
    assert world.call("get_asset", id=first).data["status"] == "deleting"
    assert world.call("get_asset", id=second).status == 404
    assert len(world.mux_assets()) == 1


def test_deleted_stays_deleted_though_mux_may_still_list_it(world: World, library: MuxLibrary) -> None:
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    assert world.deliver(mux_events.asset_event("deleted", asset_id=asset_id, at=1_700_000_100)).status == 200
    report = world.reconcile(START)
    assert report["disputed"] == 1
    assert world.call("get_asset", id=asset_id).status == 404


def test_a_record_that_mux_does_not_list_but_knows_is_no_lost_one(world: World, library: MuxLibrary) -> None:
    """Its place in the library is wrong, because the event that told of it did not say when it was made."""
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    library.add(created_at=1_600_000_000, passthrough=mux_events.tag())
    event = mux_events.asset_event("ready", asset_id=asset_id, at=1_650_000_000, created_at=None)
    assert world.deliver(event).status == 200
    report = world.reconcile(START)
    assert "buried" not in report
    assert differences(world) == []
    assert world.call("get_asset", id=asset_id).data["created_at"] == "2023-11-14T22:13:20Z"


def test_what_mux_has_just_made_is_not_missed_yet(world: World, library: MuxLibrary) -> None:
    asset_id = _made(world)
    library.drop(asset_id)
    assert world.reconcile(START)["postponed"] == 1
    assert world.call("get_asset", id=asset_id).status == 200
    world.advance(61)
    assert world.reconcile(START)["buried"] == 1


def test_assets_of_one_second_that_mux_lists_on_two_pages_are_not_asked_about(
    world: World, library: MuxLibrary, short_pages: None
) -> None:
    library.add_all([{"created_at": 1_700_000_000, "passthrough": mux_events.tag()} for _ in range(10)])
    world.reconcile(START)
    asked = len(world.mux.requests())
    assert world.reconcile(START)["unchanged"] == 10
    three_pages, uploads = 3, 1
    assert len(world.mux.requests()) - asked == three_pages + uploads


@pytest.mark.parametrize("at", [0, 3, 4, 7, 9])
def test_a_gap_is_found_wherever_it_is(world: World, library: MuxLibrary, short_pages: None, at: int) -> None:
    made = library.add_all([{"created_at": 1_700_000_000 + n, "passthrough": mux_events.tag()} for n in range(10)])
    world.reconcile(START)
    library.drop(made[at])
    assert world.reconcile(START)["buried"] == 1
    assert differences(world) == []


# Uploads


def test_uploads_without_a_record_are_found_by_their_tag(world: World, short_pages: None) -> None:
    made = [world.call("create_upload", json_body={}).data for _ in range(9)]
    assert world.mux_post("/video/v1/uploads", {"cors_origin": "*"}).status_code == 201
    world.send_file(made[0]["url"], VIDEO)
    _ready(world)
    before = {upload["id"]: world.call("get_upload", id=upload["id"]).data for upload in made[1:]}
    world.replace_items([])
    report = world.reconcile(START)
    assert (report["uploads_adopted"], report["adopted"]) == (9, 1)
    assert {upload_id: world.call("get_upload", id=upload_id).data for upload_id in before} == before
    assert world.call("get_upload", id=made[0]["id"]).data["asset"]["status"] == "ready"
    assert len([pk for pk in world.records() if pk.startswith("UPLOAD#")]) == 9
    world.advance(2 * 3600)
    world.schedule()
    assert differences(world) == []


def test_uploads_are_read_back_only_as_far_as_they_can_matter(
    world: World, library: MuxLibrary, short_pages: None
) -> None:
    """The records of finished uploads are kept for thirty days."""
    for _ in range(9):
        upload = world.call("create_upload", json_body={}).data
        world.send_file(upload["url"], VIDEO)
    _ready(world)
    world.advance(40 * DAY)
    world.replace_items([])
    report = world.reconcile(START)
    assert report["adopted"] == 9
    assert report["uploads_seen"] == 4
    assert "uploads_adopted" not in report


# Others at work at the same time


@pytest.mark.parametrize("news", ["deleted", "errored"])
def test_an_event_that_overtakes_the_walk_is_not_undone(
    world: World, library: MuxLibrary, external_calls: ExternalCalls, news: str
) -> None:
    """What Mux said a moment ago is older than the event that has come since."""
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    world.reconcile(START)
    library.change(asset_id, meta={"title": "Changed"})
    items = world.items()
    with external_calls.meeting():
        world.reconcile(START)
    undisturbed = list(external_calls.names)
    for at in range(len(undisturbed)):
        world.replace_items(items)

        def tell(do: Do) -> Any:
            answer = do()
            event = mux_events.asset_event(news, asset_id=asset_id, at=time.time() + 30)
            assert world.deliver(event).status == 200
            return answer

        with external_calls.meeting(Fault(lambda _, do: tell(do), tell), at=at):
            world.reconcile(START)
        assert external_calls.met
        answer = world.call("get_asset", id=asset_id)
        assert answer.status == 404 if news == "deleted" else answer.data["status"] == "errored"


def test_an_asset_deleted_in_the_midst_of_the_walk_ends_deleted(
    world: World, library: MuxLibrary, external_calls: ExternalCalls
) -> None:
    asset_id = library.add(created_at=1_700_000_000, passthrough=mux_events.tag())
    world.reconcile(START)
    library.change(asset_id, meta={"title": "Changed"})
    items, [asset] = world.items(), world.mux_assets()
    with external_calls.meeting():
        world.reconcile(START)
    for at in range(len(external_calls.names)):
        world.replace_items(items)

        def delete(do: Do) -> Any:
            answer = do()
            assert world.call("delete_asset", id=asset_id).status == 204
            return answer

        with external_calls.meeting(Fault(lambda _, do: delete(do), delete), at=at):
            world.reconcile(START)
        assert external_calls.met
        assert world.call("get_asset", id=asset_id).status == 404
        assert shown(world) == []
        assert not world.mux_assets()
        library.add(created_at=1_700_000_000, passthrough=asset["passthrough"], id=asset_id, meta={"title": "Changed"})
