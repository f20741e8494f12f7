"""What the record already knows is answered without a call to Mux."""

import json

import pytest

from mux_lifecycle.store import keys
from mux_lifecycle.store.inputs import KEPT_SECONDS
from tests.budget.conftest import FILM, sent_to_mux
from tests.handlers.conftest import front  # noqa: F401 - a fixture
from tests.handlers.front import Front, Reply
from tests.world import Json, World


def kept(world: World, asset: Json) -> Json:
    return world.records().get(keys.inputs(asset["id"]), {})


def test_input_information_of_a_ready_asset_is_asked_once(budgeted: World, asset: Json, table_calls: list[str]) -> None:
    first = budgeted.call("input_info", id=asset["id"])
    before = sent_to_mux(budgeted)
    table_calls.clear()
    for _ in range(40):
        again = budgeted.call("input_info", id=asset["id"])
        assert (again.status, again.body) == (200, first.body)
    assert sent_to_mux(budgeted) == before
    assert set(table_calls) == {"GetItem"}


def test_input_information_is_kept_for_a_week_without_its_url(budgeted: World, asset: Json) -> None:
    budgeted.call("input_info", id=asset["id"])
    assert "://" not in json.dumps(kept(budgeted, asset))
    budgeted.advance(KEPT_SECONDS + 1)
    before = sent_to_mux(budgeted)
    for _ in range(2):
        assert budgeted.call("input_info", id=asset["id"]).status == 200
    assert (sent_to_mux(budgeted) - before).total() == 1


def test_input_information_is_still_its_owner_s_alone(budgeted: World, asset: Json) -> None:
    budgeted.call("input_info", id=asset["id"])
    assert budgeted.call("input_info", id=asset["id"], owner="grace").status == 404
    assert budgeted.call("delete_asset", id=asset["id"]).status == 204
    assert budgeted.call("input_info", id=asset["id"]).status == 404


def test_input_information_names_its_owner_so_that_an_erasure_finds_it(budgeted: World, asset: Json) -> None:
    budgeted.call("input_info", id=asset["id"])
    assert kept(budgeted, asset)["owner"] == "ada"


def test_input_information_of_an_asset_that_is_not_ready_may_change(budgeted: World) -> None:
    made = budgeted.call("create_asset", json_body=FILM).data
    before = sent_to_mux(budgeted)
    for _ in range(2):
        budgeted.call("input_info", id=made["id"])
    assert (sent_to_mux(budgeted) - before).total() == 2
    assert not kept(budgeted, made)


def test_input_information_without_end_is_not_kept(budgeted: World, asset: Json, front: Front) -> None:  # noqa: F811
    track = {"type": "video", "encoding": "x" * 1000}
    front.answer("GET", ".*/input-info", Reply(200, {"data": [{"file": {"tracks": [track] * 100}}]}))
    answer = budgeted.call("input_info", id=asset["id"])
    assert len(answer.data[0]["file"]["tracks"]) == 100
    assert not kept(budgeted, asset)


def part(asset: Json, kind: str) -> str:
    return next(str(track["id"]) for track in asset["tracks"] if track["type"] == kind)


def test_a_track_that_is_deleted_is_missing_without_a_call(budgeted: World, asset: Json) -> None:
    track = {"id": asset["id"], "tid": part(asset, "text")}
    assert budgeted.call("tracks:DELETE", **track).status == 204
    before = sent_to_mux(budgeted)
    generate = {"generated_subtitles": [{"language_code": "en"}]}
    assert budgeted.call("tracks:DELETE", **track).status == 404
    assert budgeted.call("tracks:PATCH", **track, json_body={"name": "Voice"}).status == 404
    assert budgeted.call("tracks:POST generate-subtitles", **track, json_body=generate).status == 404
    assert sent_to_mux(budgeted) == before


def test_a_static_rendition_that_is_deleted_is_missing_without_a_call(budgeted: World, asset: Json) -> None:
    rendition = {"id": asset["id"], "rid": str(asset["static_renditions"][0]["id"])}
    assert budgeted.call("static_renditions:DELETE", **rendition).status == 204
    before = sent_to_mux(budgeted)
    assert budgeted.call("static_renditions:DELETE", **rendition).status == 404
    assert sent_to_mux(budgeted) == before


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_the_video_and_its_sound_cannot_be_deleted_and_mux_is_not_asked(
    budgeted: World, asset: Json, kind: str
) -> None:
    before = sent_to_mux(budgeted)
    assert budgeted.call("tracks:DELETE", id=asset["id"], tid=part(asset, kind)).status == 409
    assert sent_to_mux(budgeted) == before


def test_subtitles_of_what_has_no_sound_are_refused_without_a_call(budgeted: World, asset: Json) -> None:
    before = sent_to_mux(budgeted)
    body = {"generated_subtitles": [{"language_code": "en"}]}
    for kind in ("video", "text"):
        answer = budgeted.call("tracks:POST generate-subtitles", id=asset["id"], tid=part(asset, kind), json_body=body)
        assert answer.status == 409
    assert sent_to_mux(budgeted) == before


def test_a_track_that_the_record_does_not_know_is_asked_for_at_mux(budgeted: World, asset: Json) -> None:
    """A webhook may have got lost: what the record lacks may be there."""
    body = {
        "url": "https://storage.example.com/de.vtt",
        "type": "text",
        "text_type": "subtitles",
        "language_code": "de",
    }
    made = budgeted.mux_post(f"/video/v1/assets/{asset['id']}/tracks", body).json()["data"]
    assert budgeted.call("tracks:DELETE", id=asset["id"], tid=made["id"]).status == 204
