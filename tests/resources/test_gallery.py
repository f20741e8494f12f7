"""GET /gallery: what owners published and anybody can play, for everybody, newest first."""

import itertools
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import mux_events
from tests.resources.site import BROKEN_FILM, Site
from tests.world import Json

PUBLIC_TAG = mux_events.tag(visibility="public")


def publish(site: Site, asset_id: str, owner: str = "ada") -> None:
    answer = site.call("update_asset", id=asset_id, owner=owner, json_body={"visibility": "public"})
    assert answer.status == 200, answer


def published(site: Site, owner: str = "ada", **body: Any) -> str:
    """The id of an asset in the gallery."""
    asset_id = site.ready_film(owner, **{"playback_policy": "public"} | body)
    publish(site, asset_id, owner)
    return asset_id


def public_event(asset_id: str, created: int = mux_events.BASE, **fields: Any) -> Json:
    """An asset in the gallery, as Mux tells of it."""
    playback_ids = [{"id": f"{asset_id}Play", "policy": "public"}]
    usual: Json = {"passthrough": PUBLIC_TAG, "playback_ids": playback_ids, "created_at": created, "at": created}
    return mux_events.asset_event("ready", asset_id=asset_id, **usual | fields)


def test_a_published_asset_is_shown_to_everybody_with_nothing_but_this(site: Site) -> None:
    asset_id = published(site, title="Harbour")
    site.call("playback_ids:POST", id=asset_id, json_body={"policy": "signed"})
    asset = site.show(asset_id)
    [shown] = site.call("gallery", owner=None).data
    assert shown == {
        "id": asset_id,
        "title": "Harbour",
        "created_at": asset["created_at"],
        "duration": asset["duration"],
        "aspect_ratio": asset["aspect_ratio"],
        "playback_ids": [entry for entry in asset["playback_ids"] if entry["policy"] == "public"],
    }
    assert len(shown["playback_ids"]) == 1
    assert shown["playback_ids"][0]["urls"]["hls"].endswith(".m3u8")


@pytest.mark.parametrize("caller", [{"owner": None}, {"owner": "bob"}, {"owner": "root", "groups": ["admin"]}])
@pytest.mark.parametrize("origin", ["https://www.example.com", "https://elsewhere.example.net"])
def test_who_asks_makes_no_difference(site: Site, caller: Json, origin: str) -> None:
    """Caches on the way keep one answer for all."""
    asset_id = published(site)
    answer = site.call("gallery", headers={"origin": origin}, **caller)
    assert [asset["id"] for asset in answer.data] == [asset_id]
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer == site.call("gallery", owner=None)


def test_a_refusal_is_not_cached(site: Site) -> None:
    answer = site.call("gallery", owner=None, query="limit=0")
    assert (answer.status, answer.headers["cache-control"]) == (400, "no-store")


def test_it_is_empty_before_anybody_published(site: Site) -> None:
    site.ready_film(playback_policy="public")
    site.ready_film()
    answer = site.call("gallery", owner=None)
    assert answer.body == {"data": [], "next_cursor": None}


def test_only_ready_assets_are_in_it(site: Site) -> None:
    preparing = site.film(playback_policy="public")
    publish(site, preparing)
    broken = site.film(playback_policy="public", input=BROKEN_FILM)
    publish(site, broken)
    assert site.gallery() == []
    site.finish()
    assert site.show(broken)["visibility"] == "public"
    assert site.gallery() == [preparing]


def test_what_owners_published_stands_newest_first(site: Site) -> None:
    made = []
    for owner in ("ada", "bob", "ada"):
        made.append(published(site, owner))
        site.world.advance(1)
    assert site.gallery() == made[::-1]


def _delete(site: Site, asset_id: str) -> None:
    assert site.call("delete_asset", id=asset_id).status == 204


def _wish_to_delete(site: Site, asset_id: str) -> None:
    site.world.mux.set_faults({"api": {"error_rate": 1}})
    assert site.call("delete_asset", id=asset_id).status == 202
    site.world.mux.set_faults({})


def _delete_at_mux(site: Site, asset_id: str) -> None:
    site.world.mux.delete_asset(asset_id)
    site.webhooks.settle()


def _make_private(site: Site, asset_id: str) -> None:
    assert site.call("update_asset", id=asset_id, json_body={"visibility": "private"}).status == 200


def _remove_last_public_playback_id(site: Site, asset_id: str) -> None:
    assert site.call("playback_ids:POST", id=asset_id, json_body={"policy": "signed"}).status == 201
    assert site.call("playback_ids:DELETE", id=asset_id, **site.part("pid", asset_id)).status == 204


def _make_private_at_mux(site: Site, asset_id: str) -> None:
    tag = site.at_mux(asset_id)["passthrough"].replace("#public", "#private")
    site.world.advance(2)
    site.mux_patch(asset_id, {"passthrough": tag})
    site.webhooks.settle()


def _lose_the_playback_id_at_mux(site: Site, asset_id: str) -> None:
    """Mux tells only with the next event of the asset."""
    site.mux_delete(f"/assets/{asset_id}/playback-ids/{site.part('pid', asset_id)['pid']}")
    site.world.advance(2)
    site.mux_patch(asset_id, {"meta": {"title": "Another"}})
    site.webhooks.settle()


@pytest.mark.parametrize(
    "happens",
    [
        *(_delete, _wish_to_delete, _delete_at_mux, _make_private),
        *(_remove_last_public_playback_id, _make_private_at_mux, _lose_the_playback_id_at_mux),
    ],
    ids=lambda happens: happens.__name__.strip("_"),
)
def test_an_asset_leaves_the_gallery_with_the_first_word_of_it_and_stays_away(site: Site, happens: Any) -> None:
    asset_id, other = published(site), published(site, "bob")
    site.world.advance(2)
    happens(site, asset_id)
    assert site.gallery() == [other]
    for delivery in site.world.mux.deliveries():
        site.world.deliver(None, body=delivery["body"].encode())
    assert site.gallery() == [other]
    assert all("gallery" not in record or asset_id not in pk for pk, record in site.records().items())


def test_a_second_public_playback_id_keeps_an_asset_in_the_gallery(site: Site) -> None:
    asset_id = published(site)
    first = site.part("pid", asset_id)
    second = site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).data
    assert site.call("playback_ids:DELETE", id=asset_id, **first).status == 204
    [shown] = site.call("gallery", owner=None).data
    assert shown["playback_ids"] == [second]


def test_an_asset_that_lost_its_last_public_playback_id_comes_back_only_when_it_is_published_again(site: Site) -> None:
    asset_id = published(site)
    assert site.call("playback_ids:DELETE", id=asset_id, **site.part("pid", asset_id)).status == 204
    assert (site.gallery(), site.show(asset_id)["visibility"]) == ([], "private")
    assert site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).status == 201
    assert (site.gallery(), site.show(asset_id)["visibility"]) == ([], "private")
    publish(site, asset_id)
    assert site.gallery() == [asset_id]


def test_one_event_puts_an_asset_in_and_one_takes_it_out(site: Site) -> None:
    world, at = site.world, mux_events.BASE
    world.deliver(public_event("film1", at))
    assert site.gallery() == ["film1"]
    world.deliver(public_event("film1", at, at=at + 1, passthrough=mux_events.tag()))
    assert site.gallery() == []
    world.deliver(public_event("film1", at, at=at + 2))
    assert site.gallery() == ["film1"]
    world.deliver(public_event("film1", at, at=at + 3, playback_ids=[{"id": "p", "policy": "signed"}]))
    assert site.gallery() == []
    world.deliver(public_event("film1", at, at=at + 4))
    world.deliver(mux_events.asset_event("deleted", asset_id="film1", at=at + 5))
    assert site.gallery() == []


def test_no_foreign_asset_gets_in_whatever_its_passthrough_says(site: Site) -> None:
    foreign = PUBLIC_TAG.replace("videos", "another-stack")
    for number, passthrough in enumerate([None, "public", foreign, PUBLIC_TAG.replace("mxl1", "mxl2")]):
        site.world.deliver(public_event(f"film{number}", passthrough=passthrough))
    assert site.gallery() == []


def test_nothing_internal_is_shown(site: Site) -> None:
    errors = {"type": "t", "messages": ["m"]}
    site.world.deliver(
        public_event("film1", upload_id="upload1", errors=errors, master={"status": "ready", "url": "u"})
    )
    [shown] = site.call("gallery", owner=None).data
    assert set(shown) == {"id", "title", "created_at", "duration", "aspect_ratio", "playback_ids"}
    assert not re.search("ada|upload1|master|errors", str(shown))


def gallery_pages(site: Site, limit: int) -> list[list[str]]:
    """All pages, as ids."""
    pages, cursor = [], ""
    while True:
        query = urlencode({"limit": limit} | ({"cursor": cursor} if cursor else {}))
        answer = site.call("gallery", owner=None, query=query)
        pages.append([asset["id"] for asset in answer.data])
        cursor = answer.body["next_cursor"]
        if not cursor:
            return pages


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_pages_follow_each_other_without_gap_or_repetition(site: Site, count: int) -> None:
    """Assets of the same second too; there is never an empty page at the end."""
    for number in range(count):
        site.world.deliver(public_event(f"film{number}", mux_events.BASE + number // 2))
    pages = gallery_pages(site, 2)
    assert sorted(itertools.chain(*pages)) == [f"film{number}" for number in range(count)]
    assert [len(page) for page in pages] == ([2] * (count // 2) + [1] * (count % 2) or [0])
    assert [*itertools.chain(*gallery_pages(site, 100))] == [*itertools.chain(*pages)]


def test_an_asset_that_leaves_between_two_pages_hides_no_other(site: Site) -> None:
    for number in range(6):
        site.world.deliver(public_event(f"film{number}", mux_events.BASE + number))
    first = site.call("gallery", owner=None, query="limit=2")
    assert [asset["id"] for asset in first.data] == ["film5", "film4"]
    site.world.deliver(mux_events.asset_event("deleted", asset_id="film4", at=mux_events.BASE + 60))
    site.world.deliver(public_event("film9", mux_events.BASE + 90))
    second = site.call("gallery", owner=None, query=urlencode({"limit": 2, "cursor": first.body["next_cursor"]}))
    assert [asset["id"] for asset in second.data] == ["film3", "film2"]


def test_a_cursor_belongs_to_the_gallery_and_to_nothing_else(site: Site) -> None:
    for number in range(3):
        site.world.deliver(public_event(f"film{number}"))
    cursor = site.call("gallery", owner=None, query="limit=1").body["next_cursor"]
    lists = [
        site.call("list_assets", owner=owner, query="limit=1").body["next_cursor"] for owner in ("ada", "gallery")
    ] + [site.call("list_assets", owner="root", groups=["admin"], query="limit=1&scope=all").body["next_cursor"]]
    bad = [cursor[:-1], cursor[::-1], cursor.swapcase(), cursor + "A", "A", "x" * 600, *filter(None, lists)]
    for other in bad:
        answer = site.call("gallery", owner=None, query=urlencode({"cursor": other}))
        assert (other, answer.status) == (other, 400)
    for query in (f"cursor={cursor}", f"scope=all&cursor={cursor}"):
        answer = site.call("list_assets", owner="root", groups=["admin"], query=query)
        assert answer.status == 400


@pytest.mark.parametrize(
    "query", ["status=ready", "owner=ada", "scope=all", "limit=101", "limit=0", "limit=x", "cursor=", "limit=1&limit=1"]
)
def test_a_query_that_makes_no_sense_is_refused(site: Site, query: str) -> None:
    assert site.call("gallery", owner=None, query=query).status == 400
