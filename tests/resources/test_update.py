"""PATCH /assets/{id}: title and visibility, at once for the caller, and for good at Mux."""

import pytest

from mux_lifecycle.mux.tag import Tag
from tests import mux_events
from tests.resources.site import Site
from tests.world import STACK, Json


def tag(site: Site, asset_id: str) -> Tag:
    """What our text at Mux says."""
    found = Tag.decode(site.at_mux(asset_id)["passthrough"], stack=STACK)
    assert found
    return found


def test_a_title_is_sent_to_mux_and_shown_in_one_unicode_form(site: Site) -> None:
    asset_id = site.ready_film()
    answer = site.call("update_asset", id=asset_id, json_body={"title": "e\u0301"})
    assert answer.data["title"] == site.at_mux(asset_id)["meta"]["title"] == "é"


@pytest.mark.parametrize("title", ["Harbour at dawn", "x" * 512, "港 🚢 \"'\\ </script>", " ", "é"])
def test_a_new_title_is_seen_at_once_and_stays(site: Site, title: str) -> None:
    asset_id = site.ready_film(title="Before")
    site.webhooks.held = True
    answer = site.call("update_asset", id=asset_id, json_body={"title": title})
    assert (answer.status, answer.data["title"]) == (200, title)
    assert site.show(asset_id) == answer.data
    assert [asset["title"] for asset in site.call("list_assets").data] == [title]
    site.webhooks.held = False
    site.webhooks.settle()
    assert site.show(asset_id)["title"] == title
    assert site.at_mux(asset_id)["meta"] == {"title": title}
    assert site.sent("PATCH", f"/assets/{asset_id}") == [{"meta": {"title": title}}]


def test_visibility_goes_into_the_tag_and_nothing_else_of_the_tag_changes(site: Site) -> None:
    asset_id = site.ready_film(playback_policy="public", title="Harbour")
    before = tag(site, asset_id)
    answer = site.call("update_asset", id=asset_id, json_body={"visibility": "public"})
    assert (answer.status, answer.data["visibility"], answer.data["title"]) == (200, "public", "Harbour")
    [sent] = site.sent("PATCH", f"/assets/{asset_id}")
    assert sent == {"passthrough": Tag(before.stack, before.owner, before.request, "public").encode()}
    site.webhooks.settle()
    assert site.show(asset_id)["visibility"] == "public"


def test_title_and_visibility_change_in_one_request(site: Site) -> None:
    asset_id = site.ready_film(playback_policy="public")
    answer = site.call("update_asset", id=asset_id, json_body={"title": "Both", "visibility": "public"})
    assert (answer.data["title"], answer.data["visibility"]) == ("Both", "public")
    [sent] = site.sent("PATCH", f"/assets/{asset_id}")
    assert sent == {"meta": {"title": "Both"}, "passthrough": site.at_mux(asset_id)["passthrough"]}
    site.webhooks.settle()
    shown = site.show(asset_id)
    assert shown == answer.data | {"updated_at": shown["updated_at"]}


def test_repeating_a_change_changes_nothing(site: Site) -> None:
    asset_id = site.ready_film(playback_policy="public")
    body = {"title": "Same", "visibility": "public"}
    first = site.call("update_asset", id=asset_id, json_body=body)
    site.webhooks.settle()
    second = site.call("update_asset", id=asset_id, json_body=body)
    changing = {"updated_at": ""}
    assert second.data | changing == first.data | changing
    site.webhooks.settle()
    assert site.show(asset_id) | changing == first.data | changing


@pytest.mark.parametrize("state", ["preparing", "errored", "ready"])
def test_changes_survive_the_way_to_ready_and_back(site: Site, state: str) -> None:
    """Events from before the change come late, those from after it come on time."""
    film = "https://storage.example.invalid/film.mp4" if state == "errored" else "https://storage.example.com/film.mp4"
    asset_id = site.film(input=film, playback_policy="public", title="Before")
    if state == "ready":
        site.finish()
    body = {"title": "After", "visibility": "public"}
    assert site.call("update_asset", id=asset_id, json_body=body).status == 200
    site.finish()
    for delivery in site.world.mux.deliveries():
        site.world.deliver(None, body=delivery["body"].encode())
        assert site.show(asset_id) | body == site.show(asset_id)


def test_whichever_way_changes_and_events_interleave_the_last_change_stands(site: Site) -> None:
    asset_id = site.ready_film(playback_policy="public", title="0")
    site.world.mux.set_faults({"webhooks": {"reorder": 1, "duplicate": 1}})
    for number in range(1, 6):
        site.call("update_asset", id=asset_id, json_body={"title": str(number)})
        site.call("update_asset", id=asset_id, json_body={"visibility": ("private", "public")[number % 2]})
        assert site.show(asset_id)["title"] == str(number)
        assert site.show(asset_id)["visibility"] == ("private", "public")[number % 2]
    site.world.mux.set_faults({})
    site.webhooks.settle()
    assert (site.show(asset_id)["title"], site.show(asset_id)["visibility"]) == ("5", "public")


def test_an_edit_in_muxs_dashboard_shows_through(site: Site) -> None:
    asset_id = site.ready_film(title="Ours")
    site.world.advance(2)
    body = {"meta": {"title": "Theirs"}}
    site.mux_patch(asset_id, body)
    site.webhooks.settle()
    assert site.show(asset_id)["title"] == "Theirs"


def test_an_administrator_may_retitle_a_foreign_asset_but_not_publish_it(site: Site) -> None:
    asset_id = site.foreign_film()
    admin: Json = {"owner": "root", "groups": ["admin"], "id": asset_id}
    assert site.call("update_asset", json_body={"title": "Seen"}, **admin).data["title"] == "Seen"
    answer = site.call("update_asset", json_body={"visibility": "private"}, **admin)
    assert (answer.status, answer.messages) == (
        409,
        ["the asset has no owner here, so its visibility cannot be changed"],
    )
    assert site.at_mux(asset_id)["passthrough"] == "another program's"


def test_an_administrator_publishes_for_the_owner_not_for_themselves(site: Site) -> None:
    asset_id = site.ready_film("bob", playback_policy="public")
    body = {"visibility": "public"}
    assert site.call("update_asset", owner="root", groups=["admin"], id=asset_id, json_body=body).status == 200
    site.webhooks.settle()
    assert tag(site, asset_id).owner == "bob"
    assert site.show(asset_id, "bob")["visibility"] == "public"


def test_an_asset_whose_owner_is_known_only_by_its_upload_can_be_published(site: Site) -> None:
    """Its tag is then written for the first time, and names that owner."""
    event = mux_events.upload_event("asset_created", upload_id="upload1", asset_id=(asset_id := site.foreign_film()))
    site.world.deliver(event)
    body = {"passthrough": "", "meta": {"title": "Tagless"}}
    site.mux_patch(asset_id, body)
    site.webhooks.settle()
    ready = mux_events.asset_event("ready", asset_id=asset_id, upload_id="upload1", passthrough=None, at=None)
    site.world.deliver(ready)
    assert site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).status == 201
    assert site.call("update_asset", id=asset_id, json_body={"visibility": "public"}).status == 200
    assert tag(site, asset_id).owner == "ada"
    site.webhooks.settle()
    assert site.gallery() == [asset_id]
