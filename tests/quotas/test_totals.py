"""What all owners together may have: a day's uploads and extras, and stored minutes."""

from typing import Any

import pytest

from local.mux import sample_mp4
from mux_lifecycle import runtime
from mux_lifecycle.store import keys
from mux_lifecycle.store.places import NEW_VIDEO
from mux_lifecycle.store.records import members, number
from mux_lifecycle.telemetry import flush
from tests.bridge import Webhooks
from tests.quotas.conftest import Limit, asset, held, upload
from tests.world import Answer, World

DAY = 86_400
START = {"start": True}


def statuses(answers: list[Answer]) -> list[int]:
    return [answer.status for answer in answers]


def record(world: World) -> dict[str, Any]:
    """The stack's own."""
    return runtime._table().get(keys.TOTALS) or {}


def ready(world: World) -> list[str]:
    world.wait_for(lambda: all(found["status"] != "preparing" for found in world.mux_assets()))
    return [str(found["id"]) for found in world.mux_assets()]


def test_all_owners_together_are_told_when_they_may_upload_again(world: World, limit: Limit) -> None:
    limit(all_per_day=2, open_uploads=5)
    assert statuses([upload(world, owner="ada"), asset(world, owner="bob")]) == [201, 201]
    refused = upload(world, owner="eve")
    assert refused.status == 429
    assert refused.messages[0].startswith(
        "at most 2 uploads and assets of all owners together within a day: try again after 20"
    )
    assert len(world.mux_assets()) == 1
    assert held(world, "open", "eve") == set(), "the owner's own place is given back"
    world.advance(DAY + 1)
    assert statuses([upload(world, owner=owner) for owner in ("ada", "bob", "eve")]) == [201, 201, 429]


def test_an_owner_at_their_own_limit_takes_nothing_from_the_others(world: World, limit: Limit) -> None:
    limit(all_per_day=2, per_day=1)
    assert statuses([upload(world) for _ in range(5)]) == [201, 429, 429, 429, 429]
    assert statuses([upload(world, owner="bob"), upload(world, owner="eve")]) == [201, 429]


@pytest.mark.parametrize("create", [upload, asset])
def test_a_refusal_of_mux_gives_the_place_back(world: World, limit: Limit, create: Any) -> None:
    limit(all_per_day=1, minutes=120, duration=7200)
    world.put_secret("MuxTokenSecret", {"token_id": "old", "token_secret": "old"})
    assert create(world).status == 502
    world.put_secret("MuxTokenSecret", {"token_id": world.mux.token_id, "token_secret": world.mux.token_secret})
    world.cold_start()
    assert statuses([create(world), create(world, owner="bob")]) == [201, 429]


def test_a_create_that_came_to_nothing_gives_its_place_back(world: World, limit: Limit) -> None:
    limit(all_per_day=1, minutes=120, duration=7200)
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert asset(world).status == 503
    world.mux.set_faults({})
    assert asset(world, owner="bob").status == 429
    world.advance(120)
    world.schedule()
    assert statuses([asset(world, owner="bob"), asset(world)]) == [201, 429]


def test_a_request_that_is_sent_again_takes_the_place_of_the_first(world: World, limit: Limit) -> None:
    limit(all_per_day=1, minutes=120, duration=7200)
    key = {"idempotency-key": "one"}
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert asset(world, headers=key).status == 503
    world.mux.set_faults({})
    world.advance(61)
    assert statuses([asset(world, headers=key), asset(world, headers=key), asset(world)]) == [201, 201, 429]
    assert [len(members(record(world), kind)) for kind in NEW_VIDEO] == [1, 1]


def test_an_upload_counts_as_long_as_it_may_be_until_the_next_walk_has_measured_it(
    world: World, limit: Limit, webhooks: Webhooks
) -> None:
    """The sample is ten seconds long."""
    limit(minutes=10, duration=300)
    made = [upload(world, owner=owner) for owner in ("ada", "bob")]
    refused = upload(world, owner="eve")
    assert statuses([*made, refused]) == [201, 201, 429]
    assert refused.messages == [
        "all videos together may have 10 minutes: when some are deleted, there is room within a day"
    ]
    for answer in made:
        world.send_file(answer.data["url"], sample_mp4())
    webhooks.settle()
    world.advance(3 * 3600)
    assert world.reconcile(START)["phase"] == "done"
    assert number(record(world), "counted") == 1
    assert statuses([upload(world), upload(world)]) == [201, 429]


def test_an_upload_asked_for_during_a_walk_keeps_its_place(world: World, limit: Limit) -> None:
    limit(minutes=10, duration=300)
    assert upload(world).status == 201
    assert world.reconcile(START)["phase"] == "done"
    assert statuses([upload(world), upload(world)]) == [201, 429]


def test_stored_minutes_are_those_of_this_stack_alone(world: World, limit: Limit) -> None:
    limit(minutes=720)
    world.mux_post("/video/v1/assets", {"input": "https://storage.example.com/film.mp4"})
    assert asset(world).status == 201
    ready(world)
    world.advance(3 * 3600)
    assert world.reconcile(START)["phase"] == "done"
    assert number(record(world), "counted") == 1


def test_without_a_limit_on_length_a_video_counts_as_long_as_mux_takes_any(world: World, limit: Limit) -> None:
    limit(minutes=720)
    assert statuses([upload(world), upload(world)]) == [201, 429]


def test_a_walk_begins_at_once_where_stored_minutes_were_never_counted(world: World, limit: Limit) -> None:
    limit()
    assert asset(world).status == 201
    assert world.reconcile()["phase"] == "done"
    assert world.reconcile() == {"stopped": "idle"}
    limit(minutes=10, duration=300)
    assert world.reconcile()["phase"] == "done"
    assert world.reconcile() == {"stopped": "idle"}
    assert number(record(world), "counted") == 1


def test_a_dry_run_counts_nothing(world: World, limit: Limit) -> None:
    limit(minutes=10, duration=300)
    assert world.reconcile({"dry_run": True})["phase"] == "done"
    assert not record(world)


def test_extras_count_whatever_they_are(world: World, limit: Limit) -> None:
    limit(extras=4)
    assert asset(world).status == 201
    [asset_id] = ready(world)
    track = next(
        found["id"]
        for found in world.mux_get(f"/video/v1/assets/{asset_id}").json()["data"]["tracks"]
        if found["type"] == "audio"
    )
    world.schedule()
    world.reconcile(START)
    subtitles = {"generated_subtitles": [{"language_code": "de"}, {"language_code": "fr"}]}
    audio = {"url": "https://storage.example.com/de.m4a", "type": "audio", "language_code": "de"}
    text = {"url": "https://storage.example.com/de.vtt", "type": "text", "language_code": "de"}

    def rendition(resolution: str) -> Answer:
        return world.call("static_renditions:POST", id=asset_id, json_body={"resolution": resolution})

    made = world.call("tracks:POST generate-subtitles", id=asset_id, tid=track, json_body=subtitles)
    assert statuses([made, world.call("tracks:POST", id=asset_id, json_body=audio)]) == [201, 201]
    assert rendition("highest").status == 201
    assert len(held(world, "extras")) == 4
    refused = rendition("audio-only")
    assert refused.status == 429
    assert refused.messages[0].startswith(
        "at most 4 static renditions, generated subtitles and audio tracks within a day: try again after 20"
    )
    assert world.call("static_renditions:PUT", id=asset_id, json_body={"mp4_support": "audio-only"}).status == 429
    assert world.call("tracks:POST", id=asset_id, json_body=text).status == 201, "captions of one's own are free"
    world.advance(DAY + 1)
    assert rendition("audio-only").status == 201


def test_a_rendition_that_mux_refused_gives_its_place_back(world: World, limit: Limit) -> None:
    limit(extras=2, all_extras=2)
    assert asset(world).status == 201
    [asset_id] = ready(world)
    world.reconcile(START)
    asked = [world.call("static_renditions:POST", id=asset_id, json_body={"resolution": "highest"}) for _ in range(3)]
    assert statuses(asked) == [201, 409, 409]
    assert len(held(world, "extras")) == 1
    assert len(members(record(world), "extras")) == 1


def test_more_extras_at_once_than_there_is_room_for_are_refused_whole(world: World, limit: Limit) -> None:
    limit(all_extras=1)
    assert asset(world).status == 201
    [asset_id] = ready(world)
    world.reconcile(START)
    both = {"mp4_support": "audio-only,capped-1080p"}
    assert world.call("static_renditions:PUT", id=asset_id, json_body=both).status == 429
    assert world.call("static_renditions:PUT", id=asset_id, json_body={"mp4_support": "none"}).status == 200
    assert world.call("static_renditions:PUT", id=asset_id, json_body={"mp4_support": "audio-only"}).status == 200


def test_the_cleanup_says_how_full_the_stack_is(world: World, limit: Limit, capsys: pytest.CaptureFixture[str]) -> None:
    limit(all_per_day=4, minutes=20, duration=300)
    for owner in ("ada", "bob", "eve"):
        assert upload(world, owner=owner).status == 201
    capsys.readouterr()
    world.schedule()
    flush()
    said = capsys.readouterr().out
    assert '"UploadsPerDayUsed":[75.0]' in said
    assert '"StoredMinutesUsed":[75.0]' in said
    assert "ExtrasPerDayUsed" not in said
    world.advance(DAY + 1)
    world.schedule()
    flush()
    assert '"UploadsPerDayUsed":[0.0]' in capsys.readouterr().out
