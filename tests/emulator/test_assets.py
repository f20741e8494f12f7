"""Assets: what is asked, what is answered, how they are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.doubles import Api

ASSETS = "/video/v1/assets"
INPUT = [{"url": "https://storage.example.com/film.mp4"}]


def test_a_new_asset_is_preparing_and_shows_only_what_is_known(slow_api: Api) -> None:
    asset = slow_api.create_asset(
        playback_policies=["public"],
        passthrough="film_1",
        meta={"title": "Launch teaser", "creator_id": "user_42", "external_id": "film_1"},
    )
    policies = [entry.pop("policy") for entry in asset["playback_ids"]]
    assert policies == ["public"]
    assert isinstance(asset.pop("created_at"), str)
    del asset["id"], asset["playback_ids"]
    assert asset == {
        "status": "preparing",
        "progress": {"state": "ingesting", "progress": 0},
        "video_quality": "basic",
        "encoding_tier": "baseline",
        "max_resolution_tier": "1080p",
        "master_access": "none",
        "ingest_type": "on_demand_url",
        "passthrough": "film_1",
        "meta": {"title": "Launch teaser", "creator_id": "user_42", "external_id": "film_1"},
    }


def test_an_asset_goes_from_ingesting_over_transcoding_to_completed(slow_api: Api) -> None:
    asset_id = slow_api.create_asset()["id"]
    slow_api.mux.advance(301)
    assert slow_api.get(f"{ASSETS}/{asset_id}")["progress"] == {"state": "transcoding", "progress": 50.0}
    slow_api.mux.advance(300)
    asset = slow_api.get(f"{ASSETS}/{asset_id}")
    assert asset["status"] == "ready"
    assert asset["progress"] == {"state": "completed", "progress": 100}
    assert asset["duration"] == 10.0
    assert asset["aspect_ratio"] == "16:9"
    assert asset["resolution_tier"] == "1080p"
    assert [track["type"] for track in asset["tracks"]] == ["video", "audio"]


@pytest.mark.parametrize(
    "body",
    [
        {"input": "https://storage.example.com/a.mp4", "playback_policy": "public"},
        {"input": INPUT, "playback_policy": ["public"]},
        {"inputs": INPUT, "playback_policies": ["public"]},
        {"inputs": ["https://storage.example.com/a.mp4"], "advanced_playback_policies": [{"policy": "public"}]},
    ],
)
def test_old_and_new_names_mean_the_same(api: Api, body: dict[str, Any]) -> None:
    asset = api.post(ASSETS, body)
    assert [entry["policy"] for entry in asset["playback_ids"]] == ["public"]


def test_without_a_policy_there_is_no_playback_id(api: Api) -> None:
    assert "playback_ids" not in api.create_asset()


@pytest.mark.parametrize(("quality", "tier"), [("basic", "baseline"), ("plus", "smart"), ("premium", "premium")])
def test_encoding_tier_follows_video_quality(api: Api, quality: str, tier: str) -> None:
    assert api.create_asset(video_quality=quality)["encoding_tier"] == tier
    assert api.create_asset(encoding_tier=tier)["video_quality"] == quality


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": []},
        {"inputs": [{"name": "no url"}]},
        {"inputs": [7]},
        {"input": "ftp://storage.example.com/film.mp4"},
        {"input": "film.mp4"},
        {"input": "mux://assets/Unknown1"},
        {"inputs": INPUT, "passthrough": "x" * 256},
        {"inputs": INPUT, "passthrough": 5},
        {"inputs": INPUT, "meta": {"title": "x" * 513}},
        {"inputs": INPUT, "meta": {"creator_id": "x" * 129}},
        {"inputs": INPUT, "meta": {"external_id": "x" * 129}},
        {"inputs": INPUT, "meta": "title"},
        {"inputs": INPUT, "playback_policies": ["secret"]},
        {"inputs": INPUT, "playback_policies": ["drm"]},
        {"inputs": INPUT, "advanced_playback_policies": [{"policy": "drm"}]},
        {"inputs": INPUT, "video_quality": "great"},
        {"inputs": INPUT, "max_resolution_tier": "720p"},
        {"inputs": INPUT, "master_access": "permanent"},
        {"inputs": INPUT, "test": "yes"},
        {"inputs": INPUT, "mp4_support": "high"},
        {"inputs": INPUT, "static_renditions": [{"resolution": "999p"}]},
        {"inputs": INPUT, "static_renditions": [{"resolution": "highest"}, {"resolution": "720p"}]},
        {"inputs": INPUT, "static_renditions": [{"resolution": "720p"}, {"resolution": "720p"}]},
        {"inputs": INPUT, "static_renditions": [{"resolution": "highest"}], "mp4_support": "standard"},
    ],
)
def test_what_mux_refuses_is_400_and_makes_no_asset(api: Api, body: dict[str, Any]) -> None:
    response = api.call("POST", ASSETS, body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_parameters"
    assert api.get(ASSETS) == []


def test_limits_count_code_points(api: Api) -> None:
    title, passthrough = "🎬" * 512, "ü" * 255
    asset = api.create_asset(meta={"title": title}, passthrough=passthrough)
    assert (asset["meta"]["title"], asset["passthrough"]) == (title, passthrough)


def test_patch_changes_three_fields_and_empty_text_clears(api: Api) -> None:
    asset = api.create_asset(passthrough="old", meta={"title": "Old", "creator_id": "user_42"})
    path = f"{ASSETS}/{asset['id']}"
    changes = {"passthrough": "new", "meta": {"title": "New"}, "thumbnail_time": 1.5, "video_quality": "premium"}
    changed = api.call("PATCH", path, changes).json()["data"]
    assert changed["passthrough"] == "new"
    assert changed["meta"] == {"title": "New", "creator_id": "user_42"}
    assert changed["thumbnail_time"] == 1.5
    assert changed["video_quality"] == "basic"
    cleared = api.call("PATCH", path, {"passthrough": "", "meta": {"title": "", "creator_id": ""}}).json()["data"]
    assert "passthrough" not in cleared
    assert "meta" not in cleared
    assert cleared["thumbnail_time"] == 1.5


@pytest.mark.parametrize("body", [{"passthrough": "x" * 256}, {"meta": {"title": "x" * 513}}, {"thumbnail_time": -1}])
def test_a_refused_patch_changes_nothing(api: Api, body: dict[str, Any]) -> None:
    asset = api.ready_asset(passthrough="old", meta={"title": "Old"})
    path = f"{ASSETS}/{asset['id']}"
    assert api.call("PATCH", path, {"passthrough": "new", **body}).status_code == 400
    assert api.get(path) == asset


def test_thumbnail_time_can_be_deleted(api: Api) -> None:
    path = f"{ASSETS}/{api.create_asset()['id']}"
    api.call("PATCH", path, {"thumbnail_time": 2})
    assert api.call("DELETE", f"{path}/thumbnail-time").status_code == 204
    assert "thumbnail_time" not in api.get(path)


def test_a_preparing_asset_cannot_be_deleted(slow_api: Api) -> None:
    path = f"{ASSETS}/{slow_api.create_asset()['id']}"
    response = slow_api.call("DELETE", path)
    assert response.status_code == 400
    assert response.json() == {"error": {"type": "invalid_parameters", "messages": ["Can't delete a preparing asset."]}}


@pytest.mark.parametrize("url", ["https://storage.example.com/film.mp4", "https://nowhere.invalid/film.mp4"])
def test_ready_and_errored_assets_can_be_deleted(api: Api, url: str) -> None:
    asset = api.settled(api.create_asset(url, playback_policies=["signed"])["id"])
    path = f"{ASSETS}/{asset['id']}"
    response = api.call("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    assert api.call("GET", path).status_code == 404
    assert api.call("DELETE", path).status_code == 404
    assert api.call("GET", f"/video/v1/playback-ids/{asset['playback_ids'][0]['id']}").status_code == 404


def test_playback_ids_come_go_and_are_found(api: Api) -> None:
    asset = api.create_asset()
    path = f"{ASSETS}/{asset['id']}/playback-ids"
    entry = api.post(path, {"policy": "signed"})
    assert set(entry) == {"id", "policy"}
    assert api.get(f"{path}/{entry['id']}") == entry
    found = api.get(f"/video/v1/playback-ids/{entry['id']}")
    assert found == {**entry, "object": {"type": "asset", "id": asset["id"]}}
    assert api.get(f"{ASSETS}/{asset['id']}")["playback_ids"] == [entry]
    assert api.call("DELETE", f"{path}/{entry['id']}").status_code == 204
    assert "playback_ids" not in api.get(f"{ASSETS}/{asset['id']}")
    assert api.call("GET", f"/video/v1/playback-ids/{entry['id']}").status_code == 404
    assert api.call("POST", path, {"policy": "drm"}).status_code == 400
    assert api.post(path, {"policy": "drm", "drm_configuration_id": "D1"})["drm_configuration_id"] == "D1"


def test_a_playback_id_belongs_to_its_own_asset(api: Api) -> None:
    first, second = api.create_asset(playback_policies=["public"]), api.create_asset()
    path = f"{ASSETS}/{second['id']}/playback-ids/{first['playback_ids'][0]['id']}"
    assert api.call("GET", path).status_code == 404
    assert api.call("DELETE", path).status_code == 404


def test_pages_are_newest_first_and_end_empty(api: Api) -> None:
    ids = [api.create_asset()["id"] for _ in range(5)][::-1]
    assert [asset["id"] for asset in api.get(ASSETS)] == ids
    assert [asset["id"] for asset in api.get(ASSETS, limit=2, page=2)] == ids[2:4]
    assert api.get(ASSETS, limit=2, page=4) == []


def test_the_cursor_walks_all_assets_that_stay_whatever_comes_and_goes(api: Api) -> None:
    ids = [api.ready_asset()["id"] for _ in range(7)][::-1]
    seen: list[str] = []
    cursor = None
    while True:
        page = api.call("GET", ASSETS, limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [asset["id"] for asset in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        api.create_asset()
        if len(seen) == 2:
            api.call("DELETE", f"{ASSETS}/{seen[-1]}")
            api.call("DELETE", f"{ASSETS}/{ids[4]}")
    assert seen == ids[:4] + ids[5:]


def test_a_full_last_page_has_no_cursor(api: Api) -> None:
    for _ in range(2):
        api.create_asset()
    assert api.call("GET", ASSETS, limit=2).json()["next_cursor"] is None


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "ten"}, {"limit": "²"}, {"page": 0}, {"cursor": "made up"}]
)
def test_impossible_paging_is_400(api: Api, query: dict[str, Any]) -> None:
    assert api.call("GET", ASSETS, **query).status_code == 400


def test_assets_are_found_by_their_upload(api: Api, video: bytes) -> None:
    asset = api.uploaded(video)
    api.create_asset()
    assert [found["id"] for found in api.get(ASSETS, upload_id=asset["upload_id"])] == [asset["id"]]
    assert api.get(ASSETS, upload_id="Unknown1") == []
    assert api.get(ASSETS, live_stream_id="Unknown1") == []


def test_a_clip_is_made_from_another_asset(api: Api) -> None:
    source = api.ready_asset()
    item = {"url": f"mux://assets/{source['id']}", "start_time": 2, "end_time": 5}
    clip = api.settled(api.post(ASSETS, {"inputs": [item]})["id"])
    assert clip["source_asset_id"] == source["id"]
    assert clip["ingest_type"] == "on_demand_clip"
    assert clip["duration"] == 3.0


def test_a_test_asset_is_cut_to_ten_seconds_and_gone_after_a_day(api: Api) -> None:
    asset = api.ready_asset(test=True)
    assert asset["test"] is True
    assert asset["duration"] <= 10
    api.mux.advance(24 * 3600 - 60)
    assert api.call("GET", f"{ASSETS}/{asset['id']}").status_code == 200
    api.mux.advance(120)
    assert api.call("GET", f"{ASSETS}/{asset['id']}").status_code == 404
