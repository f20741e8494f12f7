"""Any order and any repetition of the same events end in one table and one answer."""

import pytest

from tests import mux_events
from tests.laws.history import every_order, look, one_result, outcome, state, tell
from tests.mux_events import BASE
from tests.world import Json, World

ASSET = "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4mT"
OTHER_ASSET = "Lake02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00Xw4m"
UPLOAD = "Shore2hGfTzK4nXe9LrJmVwYc01sDaQu8EoHiRt5SkN4b7P"


def upload_story(final: str = "ready") -> list[Json]:
    """One upload as Mux tells of it, second by second."""
    return [
        mux_events.upload_event("created", upload_id=UPLOAD, at=BASE),
        mux_events.upload_event("asset_created", upload_id=UPLOAD, asset_id=ASSET, at=BASE + 33),
        mux_events.asset_event("created", asset_id=ASSET, upload_id=UPLOAD, at=BASE + 34),
        mux_events.asset_event(final, asset_id=ASSET, upload_id=UPLOAD, at=BASE + 38),
    ]


def test_an_upload_that_became_a_video(world: World) -> None:
    seen = one_result(world, upload_story())
    assert seen.records.keys() == {f"UPLOAD#{UPLOAD}", f"ASSET#{ASSET}"}
    upload, asset = seen.uploads[UPLOAD].data, seen.assets[ASSET].data
    assert (upload["id"], upload["status"], upload["asset_id"]) == (UPLOAD, "asset_created", ASSET)
    assert upload["asset"] == asset
    assert (asset["id"], asset["status"], asset["upload_id"]) == (ASSET, "ready", UPLOAD)
    assert (asset["title"], asset["duration"], asset["aspect_ratio"]) == ("Harbour at dawn", 23.872, "16:9")
    assert (asset["created_at"], asset["updated_at"]) == ("2023-11-14T22:13:20Z", "2023-11-14T22:13:58Z")
    assert [track["id"] for track in asset["tracks"]] == [f"{ASSET}Video", f"{ASSET}Audio"]
    assert seen.listed == [asset]
    assert seen.listed_by_status == {"preparing": [], "ready": [ASSET], "errored": []}


def test_an_upload_whose_file_was_no_video(world: World) -> None:
    error = {"type": "invalid_input", "message": "No video."}
    failed = mux_events.upload_event("errored", upload_id=UPLOAD, asset_id=ASSET, at=BASE + 39, error=error)
    seen = one_result(world, [*upload_story("errored")[1:], failed])
    asset, upload = seen.assets[ASSET].data, seen.uploads[UPLOAD].data
    assert (asset["status"], asset["errors"]["messages"]) == ("errored", ["The input is not a video."])
    assert (upload["status"], upload["error"]) == ("errored", {"type": "invalid_input", "messages": ["No video."]})
    assert seen.listed_by_status == {"preparing": [], "ready": [], "errored": [ASSET]}


@pytest.mark.parametrize("after", [20, 36, 60], ids=["before it was made", "before it was ready", "when it was ready"])
def test_an_asset_that_was_deleted(world: World, after: int) -> None:
    deleted = mux_events.asset_event("deleted", asset_id=ASSET, upload_id=UPLOAD, at=BASE + after)
    seen = one_result(world, [*upload_story()[1:], deleted])
    assert seen.records[f"ASSET#{ASSET}"]["status"] == "deleted"
    assert seen.assets[ASSET].status == 404
    assert (seen.listed, seen.listed_by_status) == ([], {"preparing": [], "ready": [], "errored": []})
    upload = seen.uploads[UPLOAD].data
    assert (upload["status"], upload["asset_id"]) == ("asset_created", ASSET)
    assert "asset" not in upload


def test_everything_within_one_second(world: World) -> None:
    """Mux stamps whole seconds: a short video is made and ready within one, and its times order nothing."""
    seen = one_result(world, [event | {"created_at": mux_events.stamp(BASE)} for event in upload_story()[1:]])
    assert seen.assets[ASSET].data["status"] == "ready"
    assert seen.uploads[UPLOAD].data["status"] == "asset_created"


def test_a_clock_that_ran_backwards(world: World) -> None:
    """What the event says beats the time it was stamped with."""
    stamped = [event | {"created_at": mux_events.stamp(BASE - n)} for n, event in enumerate(upload_story()[1:])]
    seen = one_result(world, stamped)
    assert seen.assets[ASSET].data["status"] == "ready"
    assert seen.uploads[UPLOAD].data["status"] == "asset_created"


def test_the_later_of_several_final_states_wins(world: World) -> None:
    events = [
        mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 10),
        mux_events.asset_event("errored", asset_id=ASSET, at=BASE + 20),
        mux_events.asset_event("updated", asset_id=ASSET, at=BASE + 30, meta={"title": "Harbour at dusk"}),
        mux_events.asset_event("created", asset_id=ASSET, at=BASE + 40),
    ]
    seen = one_result(world, events)
    assert (seen.assets[ASSET].data["status"], seen.assets[ASSET].data["title"]) == ("ready", "Harbour at dusk")
    assert one_result(world, events[:2]).assets[ASSET].data["status"] == "errored"


def test_two_final_states_within_one_second(world: World) -> None:
    """Which of them wins nobody can know; that it is always the same one, everybody can."""
    events = [
        mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 10, event_id="7a-later-by-name"),
        mux_events.asset_event("errored", asset_id=ASSET, at=BASE + 10, event_id="3b-earlier-by-name"),
        mux_events.asset_event("created", asset_id=ASSET, at=BASE + 10),
    ]
    assert one_result(world, events).assets[ASSET].data["status"] in ("ready", "errored")


def test_tracks_and_renditions_in_between(world: World) -> None:
    events = [
        mux_events.track_event("created", asset_id=ASSET, track_id="English", at=BASE + 5),
        mux_events.rendition_event("ready", asset_id=ASSET, rendition_id="Highest", at=BASE + 11),
        mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 10),
        mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 12),
    ]
    asset = one_result(world, events).assets[ASSET].data
    tracks = {track["id"]: track.get("status") for track in asset["tracks"]}
    assert tracks == {f"{ASSET}Video": None, f"{ASSET}Audio": "ready", "English": "ready"}
    assert [(file["id"], file["filesize"]) for file in asset["static_renditions"]] == [("Highest", 14402816)]
    assert (asset["status"], asset["updated_at"]) == ("ready", "2023-11-14T22:13:32Z")


def test_a_track_that_came_and_went_around_its_asset(world: World) -> None:
    events = [
        mux_events.track_event("created", asset_id=ASSET, track_id="English", at=BASE + 5),
        mux_events.track_event("ready", asset_id=ASSET, track_id="English", at=BASE + 6),
        mux_events.track_event("deleted", asset_id=ASSET, track_id="English", at=BASE + 7),
        mux_events.asset_event("created", asset_id=ASSET, at=BASE),
    ]
    assert "tracks" not in one_result(world, events).assets[ASSET].data


def test_two_assets_of_one_owner(world: World) -> None:
    events = [
        mux_events.asset_event("created", asset_id=ASSET, at=BASE),
        mux_events.asset_event("created", asset_id=OTHER_ASSET, at=BASE + 1, created_at=BASE + 1),
        mux_events.asset_event("ready", asset_id=ASSET, at=BASE + 9),
        mux_events.asset_event("errored", asset_id=OTHER_ASSET, at=BASE + 4, created_at=BASE + 1),
    ]
    seen = one_result(world, events)
    assert [asset["id"] for asset in seen.listed] == [OTHER_ASSET, ASSET]
    assert seen.listed_by_status == {"preparing": [], "ready": [ASSET], "errored": [OTHER_ASSET]}


def test_a_cancelled_upload(world: World) -> None:
    events = [
        mux_events.upload_event("created", upload_id=UPLOAD, at=BASE),
        mux_events.upload_event("cancelled", upload_id=UPLOAD, at=BASE),
    ]
    seen = one_result(world, events)
    assert seen.uploads[UPLOAD].data == {"id": UPLOAD, "status": "cancelled"}
    assert "due" not in seen.records[f"UPLOAD#{UPLOAD}"]


def test_any_events_may_be_lost_but_the_last(world: World) -> None:
    """Every event is a whole snapshot, so what came before the last one is not missed."""
    last = mux_events.asset_event("updated", asset_id=ASSET, upload_id=UPLOAD, at=BASE + 50, meta={"title": "Dusk"})
    events = [*upload_story()[2:], last]
    reached = every_order(world, events)
    expected = look(world, events)
    for told, found in reached.items():
        if len(events) - 1 in told:
            assert found == state(world)
    assert expected.assets[ASSET].data["title"] == "Dusk"


def test_every_event_says_what_became_of_it(world: World) -> None:
    created, ready = upload_story()[2:]
    assert [outcome(world, event) for event in (created, created)] == ["applied", "applied"]
    assert [outcome(world, event) for event in (ready, created, ready)] == ["applied", "stale", "applied"]


def test_a_redelivery_shows_its_earlier_attempts_and_perhaps_another_id_but_changes_nothing(world: World) -> None:
    created, ready = upload_story()[2:]
    tell(world, [created, ready])
    before = state(world)
    attempt = {"id": "a-1", "webhook_id": 7, "address": "https://example.com", "response_status_code": 503}
    tell(world, [ready | {"attempts": [attempt]}])
    assert state(world) == before
    shown = look(world, [created, ready])
    for new_id in ("0-before-every-other", "zz-after-every-other"):
        tell(world, [ready | {"attempts": [attempt, attempt], "id": new_id}])
        again = look(world, [created, ready])
        assert (again.assets, again.listed, again.listed_by_status) == (
            shown.assets,
            shown.listed,
            shown.listed_by_status,
        )
