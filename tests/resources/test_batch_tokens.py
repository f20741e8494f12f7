"""Playback tokens for many assets at once: what a page needs for its pictures and its player, in one request."""

import time
from typing import Any

import jwt
import pytest

from mux_lifecycle.errors import ConfigurationError
from tests.resources.site import Site
from tests.resources.test_playback_tokens import opened
from tests.world import Answer, Json

ROUTE = "playback_tokens:POST many"


def ask(site: Site, *asset_ids: str, owner: str = "ada", groups: list[str] | None = None, **body: Any) -> Answer:
    return site.call(ROUTE, owner=owner, groups=groups, json_body={"asset_ids": list(asset_ids)} | body)


def signed(site: Site, *asset_ids: str, **request: Any) -> dict[str, Json]:
    """The entries by asset id."""
    return {entry["asset_id"]: entry for entry in ask(site, *asset_ids, **request).data}


def test_each_asset_has_the_tokens_that_pictures_and_players_need(site: Site, signing_key: Json) -> None:
    films = [site.ready_film(), site.ready_film()]
    found = ask(site, *films).data
    assert [entry["asset_id"] for entry in found] == films
    for asset_id, entry in zip(films, found, strict=True):
        [playback_id] = site.show(asset_id)["playback_ids"]
        assert entry["playback_id"] == playback_id["id"]
        assert set(entry["tokens"]) == {"video", "thumbnail"}
        for kind, token in entry["tokens"].items():
            assert opened(token, kind, signing_key)["sub"] == playback_id["id"]
        assert entry["urls"] == {
            "hls": f"https://stream.mux.com/{playback_id['id']}.m3u8?token={entry['tokens']['video']}",
            "thumbnail": f"https://image.mux.com/{playback_id['id']}/thumbnail.jpg?token={entry['tokens']['thumbnail']}",
        }


def test_only_the_kinds_asked_for_are_signed(site: Site) -> None:
    asset_id = site.ready_film()
    [entry] = ask(site, asset_id, kinds=["storyboard"]).data
    assert set(entry["tokens"]) == set(entry["urls"]) == {"storyboard"}


def test_parameters_of_pictures_stand_in_the_tokens_of_all_assets(site: Site, signing_key: Json) -> None:
    films = [site.ready_film(), site.ready_film()]
    wanted: Json = {"thumbnail": {"width": 640, "fit_mode": "crop"}, "animated": {"fps": 15}}
    for entry in ask(site, *films, kinds=["thumbnail", "animated"], **wanted).data:
        for kind, parameters in wanted.items():
            claims = opened(entry["tokens"][kind], kind, signing_key)
            assert {name: claims[name] for name in parameters} == parameters


def test_the_caller_may_ask_for_less_time_and_never_gets_more(site: Site, signing_key: Json) -> None:
    asset_id = site.ready_film()
    for wanted, most in ((60, 60), (604_800, 21_600)):
        [entry] = ask(site, asset_id, ttl_seconds=wanted).data
        assert opened(entry["tokens"]["video"], "video", signing_key)["exp"] <= time.time() + most


def test_only_own_assets_that_can_be_played_with_a_token_have_an_entry(site: Site) -> None:
    mine, public = site.ready_film(), site.ready_film(playback_policy="public")
    theirs, foreign = site.ready_film("bob"), site.foreign_film()
    deleting, preparing = site.film(), site.film()
    assert site.call("delete_asset", id=deleting).status == 202
    wanted = [theirs, foreign, public, deleting, preparing, "unknown1", mine]
    assert set(signed(site, *wanted)) == {mine}


def test_somebody_elses_asset_answers_exactly_like_an_unknown_one(site: Site) -> None:
    theirs = site.ready_film("bob")
    assert ask(site, theirs).body == ask(site, "unknown1").body == {"data": []}


def test_an_administrator_gets_tokens_for_everybodys_assets(site: Site) -> None:
    films = {site.ready_film("bob"), site.ready_film("ada")}
    assert set(signed(site, *films, owner="grace", groups=["admin"])) == films


def test_an_asset_named_twice_has_one_entry(site: Site) -> None:
    asset_id = site.ready_film()
    assert [entry["asset_id"] for entry in ask(site, asset_id, asset_id).data] == [asset_id]


def test_fifty_assets_cost_one_read_of_the_table_and_no_call_to_mux(site: Site) -> None:
    asset_id = site.ready_film()
    ask(site, asset_id)
    aws, mux = site.calls()
    assert set(signed(site, asset_id, *(f"unknown{number}" for number in range(49)))) == {asset_id}
    assert site.calls() == (aws + 1, mux)


def test_an_unreadable_record_takes_no_other_entry_with_it(site: Site) -> None:
    good, bad = site.ready_film(), site.ready_film()
    record = next(item for item in site.world.items() if item["pk"] == {"S": f"ASSET#{bad}"})
    site.world.replace_items([item for item in site.world.items() if item != record] + [record | {"doc": {"S": "[7"}}])
    assert set(signed(site, good, bad)) == {good}


def test_an_unusable_signing_key_is_the_operators_error(site: Site) -> None:
    asset_id = site.ready_film()
    site.world.put_secret("MuxSigningKeySecret", {"key_id": "k", "private_key": "x"})
    site.world.cold_start()
    with pytest.raises(ConfigurationError):
        ask(site, asset_id)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "asset_ids: is required"),
        ({"asset_ids": []}, "asset_ids"),
        ({"asset_ids": ["a"] * 51}, "asset_ids"),
        ({"asset_ids": "a"}, "asset_ids"),
        ({"asset_ids": ["a", 5]}, "asset_ids"),
        ({"asset_ids": [["a"]]}, "asset_ids"),
        ({"asset_ids": ["a/b"]}, "asset_ids"),
        ({"asset_ids": [""]}, "asset_ids"),
        ({"asset_ids": ["a"], "kinds": []}, "kinds"),
        ({"asset_ids": ["a"], "kinds": "video"}, "kinds"),
        ({"asset_ids": ["a"], "kinds": ["video", "video"]}, "kinds"),
        ({"asset_ids": ["a"], "kinds": ["stats"]}, "kinds"),
        ({"asset_ids": ["a"], "kinds": [{}]}, "kinds"),
        ({"asset_ids": ["a"], "ttl_seconds": 0}, "ttl_seconds"),
        ({"asset_ids": ["a"], "thumbnail": {"width": 5000}}, "thumbnail.width"),
        ({"asset_ids": ["a"], "thumbnail": {"aud": "v"}}, "thumbnail"),
        ({"asset_ids": ["a"], "animated": {"fps": "all"}}, "animated.fps"),
        ({"asset_ids": ["a"], "owner": "bob"}, "unknown field"),
    ],
)
def test_a_body_that_makes_no_sense_is_named(site: Site, body: Json, word: str) -> None:
    answer = site.call(ROUTE, json_body=body)
    assert answer.status == 400
    assert any(word in message for message in answer.messages)


def test_a_site_that_is_not_listed_gets_no_tokens(site: Site) -> None:
    asset_id = site.ready_film()
    answer = site.call(ROUTE, json_body={"asset_ids": [asset_id]}, headers={"origin": "https://elsewhere.example"})
    assert answer.status == 403


def test_without_sign_in_nobody_gets_tokens(site: Site) -> None:
    asset_id = site.ready_film()
    assert site.call(ROUTE, owner=None, json_body={"asset_ids": [asset_id]}).status == 401


def test_a_token_of_one_asset_opens_no_other(site: Site, signing_key: Json) -> None:
    films = [site.ready_film(), site.ready_film()]
    first, second = ask(site, *films).data
    assert opened(first["tokens"]["video"], "video", signing_key)["sub"] != second["playback_id"]
    with pytest.raises(jwt.InvalidAudienceError):
        opened(first["tokens"]["thumbnail"], "video", signing_key)
