"""Playback ids: made, looked at, removed; Mux sends no event for them, so the record has to be right by itself."""

import pytest

from tests.handlers.front import Front, Reply
from tests.resources.site import Site
from tests.world import Json

FAILING = [Reply(500), Reply(404, {}), Reply(429, {}), Reply(200, b"{"), Reply(403, {})]


def urls(playback_id: str) -> Json:
    """Where Mux serves a public playback id."""
    return {
        "hls": f"https://stream.mux.com/{playback_id}.m3u8",
        "player": f"https://player.mux.com/{playback_id}",
        "thumbnail": f"https://image.mux.com/{playback_id}/thumbnail.jpg",
        "animated": f"https://image.mux.com/{playback_id}/animated.gif",
        "storyboard": f"https://image.mux.com/{playback_id}/storyboard.vtt",
    }


@pytest.mark.parametrize("policy", ["public", "signed"])
def test_a_new_playback_id_is_answered_as_it_is_shown_from_then_on(site: Site, policy: str) -> None:
    asset_id = site.ready_film()
    [first] = site.show(asset_id)["playback_ids"]
    made = site.call("playback_ids:POST", id=asset_id, json_body={"policy": policy}).data
    shown = {"id": made["id"], "policy": policy} | ({"urls": urls(made["id"])} if policy == "public" else {})
    assert made == shown
    assert site.show(asset_id)["playback_ids"] == [first, shown]
    assert site.call("playback_ids:GET", id=asset_id, pid=made["id"]).data == shown
    assert site.call("list_assets").data[0]["playback_ids"] == [first, shown]
    assert site.sent("POST", f"/assets/{asset_id}/playback-ids") == [{"policy": policy}]


def test_an_old_event_does_not_take_a_new_playback_id_away(site: Site) -> None:
    asset_id = site.ready_film()
    made = site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).data
    for delivery in site.world.mux.deliveries():
        site.world.deliver(None, body=delivery["body"].encode())
    assert made in site.show(asset_id)["playback_ids"]


def test_a_playback_id_made_while_preparing_is_there_when_the_asset_is_ready(site: Site) -> None:
    asset_id = site.film()
    made = site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).data
    assert made in site.show(asset_id)["playback_ids"]
    site.finish()
    assert site.show(asset_id)["status"] == "ready"
    assert made in site.show(asset_id)["playback_ids"]


def test_a_removed_playback_id_is_gone_at_once_for_everyone(site: Site) -> None:
    asset_id = site.ready_film()
    [entry] = site.show(asset_id)["playback_ids"]
    assert site.call("playback_ids:DELETE", id=asset_id, pid=entry["id"]).status == 204
    assert "playback_ids" not in site.show(asset_id)
    assert "playback_ids" not in site.at_mux(asset_id)
    assert site.call("playback_ids:GET", id=asset_id, pid=entry["id"]).status == 404
    assert site.call("playback_tokens", id=asset_id, json_body={"playback_id": entry["id"]}).status == 404
    assert site.call("playback_ids:DELETE", id=asset_id, pid=entry["id"]).status == 404
    for delivery in site.world.mux.deliveries():
        site.world.deliver(None, body=delivery["body"].encode())
    assert "playback_ids" not in site.show(asset_id)


def test_a_playback_id_that_somebody_removed_at_mux_is_forgotten_when_it_is_removed_here(site: Site) -> None:
    asset_id = site.ready_film()
    [entry] = site.show(asset_id)["playback_ids"]
    site.mux_delete(f"/assets/{asset_id}/playback-ids/{entry['id']}")
    assert site.call("playback_ids:DELETE", id=asset_id, pid=entry["id"]).status == 404
    assert "playback_ids" not in site.show(asset_id)


@pytest.mark.parametrize("failing", FAILING, ids=lambda reply: str(reply.status))
def test_a_failing_look_afterwards_does_not_make_the_caller_ask_for_another_one(
    site: Site, front: Front, failing: Reply
) -> None:
    """Whoever is told that it failed asks again, and each time Mux makes another playback id."""
    asset_id = site.ready_film()
    front.answer("GET", f"/video/v1/assets/{asset_id}", failing)
    answer = site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"})
    assert answer.status == 201
    assert answer.data["id"] in [entry["id"] for entry in site.at_mux(asset_id)["playback_ids"]]
    front.behave()
    site.tell()
    site.world.schedule()
    assert answer.data["id"] in [entry["id"] for entry in site.show(asset_id)["playback_ids"]]
    assert site.world.schedule() == {}


@pytest.mark.parametrize("failing", FAILING, ids=lambda reply: str(reply.status))
def test_a_removed_playback_id_goes_with_the_next_cleanup_when_the_look_afterwards_failed(
    site: Site, front: Front, failing: Reply
) -> None:
    asset_id = site.ready_film()
    [first] = site.show(asset_id)["playback_ids"]
    front.answer("GET", f"/video/v1/assets/{asset_id}", failing)
    site.call("playback_ids:DELETE", id=asset_id, pid=first["id"])
    front.behave()
    site.world.schedule()
    assert "playback_ids" not in site.show(asset_id)


@pytest.mark.parametrize("more", [{}, {"policy": None}, {"policy": "secret"}, {"policy": ["public"], "url": "u"}])
def test_whatever_mux_answers_what_was_asked_for_is_what_was_made(site: Site, front: Front, more: Json) -> None:
    asset_id = site.ready_film()
    front.answer("POST", f"/video/v1/assets/{asset_id}/playback-ids", Reply(201, {"data": {"id": "made1"} | more}))
    answer = site.call("playback_ids:POST", id=asset_id, json_body={"policy": "signed"})
    assert answer.data == {"id": "made1", "policy": "signed"}


def test_a_playback_id_whose_answer_was_lost_is_shown_and_not_made_twice(site: Site, front: Front) -> None:
    asset_id = site.ready_film()
    front.lose_answer("POST", f"/video/v1/assets/{asset_id}/playback-ids")
    assert site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"}).status == 503
    at_mux = [entry["id"] for entry in site.at_mux(asset_id)["playback_ids"]]
    assert len(at_mux) == 2
    assert [entry["id"] for entry in site.show(asset_id)["playback_ids"]] == at_mux


def test_a_removal_whose_answers_were_lost_is_finished_by_asking_again(site: Site, front: Front) -> None:
    asset_id = site.ready_film()
    pid = site.show(asset_id)["playback_ids"][0]["id"]
    front.lose_answer("DELETE", f"/video/v1/assets/{asset_id}/playback-ids/{pid}", times=1)
    assert site.call("playback_ids:DELETE", id=asset_id, pid=pid).status in {204, 404}
    assert "playback_ids" not in site.show(asset_id)
