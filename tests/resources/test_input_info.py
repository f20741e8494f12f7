"""GET /assets/{id}/input-info: what was in the file, and never where it came from."""

import json

import pytest

from local.mux import sample_mp4
from tests.handlers.front import Front, Reply
from tests.resources.site import BROKEN_FILM, FILM, Site
from tests.world import Json


def test_an_asset_from_a_url_shows_what_mux_found_but_not_the_url(site: Site) -> None:
    asset_id = site.ready_film()
    [entry] = site.call("input_info", id=asset_id).data
    assert [track["type"] for track in entry["file"]["tracks"]] == ["video", "audio"]
    assert entry["file"]["container_format"]
    video = entry["file"]["tracks"][0]
    assert {"width", "height", "encoding", "frame_rate", "duration"} <= video.keys()
    assert "storage.example.com" in json.dumps(site.world.mux_get(f"/video/v1/assets/{asset_id}/input-info").json())
    assert "storage.example.com" not in json.dumps([entry])


def test_an_uploaded_file_is_described_too(site: Site) -> None:
    upload = site.call("create_upload", json_body={}).data
    site.world.send_file(upload["url"], sample_mp4())
    site.finish()
    asset_id = site.call("get_upload", id=upload["id"]).data["asset_id"]
    [entry] = site.call("input_info", id=asset_id).data
    assert entry["file"]["tracks"]


@pytest.mark.parametrize("film", [FILM, BROKEN_FILM])
def test_what_is_not_known_is_left_out(site: Site, film: str) -> None:
    asset_id = site.film(input=film)
    if film == BROKEN_FILM:
        site.finish()
    assert site.call("input_info", id=asset_id).data == [{}]


ODD: list[object] = [
    [{"settings": {"url": "https://u:p@x?signature=1"}, "file": None}],
    [{"file": []}],
    [{"file": {"tracks": None}}],
    [{"file": {"tracks": "x"}}],
    [{"file": {"tracks": [None, 5, {"type": "video", "url": "https://x"}]}}],
    [{"file": {"container_format": {"url": "https://x"}, "tracks": []}}],
    [{"file": {"tracks": [{"type": {"url": "https://x"}, "encoding": ["https://x"]}]}}],
    [],
]


@pytest.mark.parametrize("data", ODD)
def test_whatever_mux_answers_only_plain_facts_get_out(site: Site, front: Front, data: Json) -> None:
    asset_id = site.ready_film()
    front.answer("GET", ".*/input-info", Reply(200, {"data": data}))
    answer = site.call("input_info", id=asset_id)
    assert answer.status == 200
    assert "://" not in json.dumps(answer.body)
