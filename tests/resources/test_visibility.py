"""Private means private: one request makes playback ids and visibility agree, and `playable_by` says what is true."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from mux_lifecycle.store.projection import MAX_PLAYBACK_IDS
from mux_lifecycle.workflows import visibility
from tests import mux_events
from tests.handlers.front import Front, Reply
from tests.resources.site import Site
from tests.world import Answer, Json

POLICIES: Final[tuple[list[str], ...]] = (
    [],
    ["signed"],
    ["public"],
    ["public", "signed"],
    ["public", "signed", "public"],
)


def film(site: Site, policies: list[str], *, tagged: str = "private") -> str:
    """A ready asset with these playback ids and nothing told of it since."""
    passthrough = mux_events.tag(visibility=tagged)
    body = {"inputs": [{"url": "https://storage.example.com/film.mp4"}], "passthrough": passthrough}
    made = site.world.mux_post("/video/v1/assets", body | {"playback_policies": policies})
    site.finish()
    site.world.advance(2)
    asset_id = str(made.json()["data"]["id"])
    assert policies_at_mux(site, asset_id) == policies
    return asset_id


def policies_at_mux(site: Site, asset_id: str) -> list[str]:
    return [entry["policy"] for entry in site.at_mux(asset_id).get("playback_ids", [])]


def tag_at_mux(site: Site, asset_id: str) -> str:
    return str(site.at_mux(asset_id)["passthrough"].rpartition("#")[2])


def ask(site: Site, asset_id: str, wanted: str, **more: Any) -> Answer:
    return site.call("update_asset", id=asset_id, json_body={"visibility": wanted} | more)


def asked_of_mux(site: Site, happens: Callable[[], Answer]) -> tuple[Answer, list[str]]:
    """What happens, and the calls of Mux that it takes."""
    before = len(site.world.mux.requests())
    answer = happens()
    requests = itertools.islice(site.world.mux.requests(), before, None)
    return answer, [f"{request['method']} {request['path'].split('/')[5:6]}" for request in requests]


def says(asset: Json) -> tuple[str, str]:
    return asset["visibility"], asset["playable_by"]


@pytest.mark.parametrize("tagged", ["private", "public"])
@pytest.mark.parametrize("policies", POLICIES, ids=str)
def test_a_video_made_private_plays_for_nobody_without_a_token(site: Site, policies: list[str], tagged: str) -> None:
    asset_id = film(site, policies, tagged=tagged)
    answer = ask(site, asset_id, "private")
    assert (answer.status, says(answer.data)) == (200, ("private", "token"))
    assert policies_at_mux(site, asset_id) == ([policy for policy in policies if policy != "public"] or ["signed"])
    assert tag_at_mux(site, asset_id) == "private"
    assert site.show(asset_id) | {"updated_at": ""} == answer.data | {"updated_at": ""}
    assert site.gallery() == []
    site.webhooks.settle()
    assert says(site.show(asset_id)) == ("private", "token")


@pytest.mark.parametrize("tagged", ["private", "public"])
@pytest.mark.parametrize("policies", POLICIES, ids=str)
def test_a_video_made_public_plays_for_everyone(site: Site, policies: list[str], tagged: str) -> None:
    asset_id = film(site, policies, tagged=tagged)
    answer = ask(site, asset_id, "public", title="Harbour")
    assert (answer.status, says(answer.data), answer.data["title"]) == (200, ("public", "everyone"), "Harbour")
    assert policies_at_mux(site, asset_id) == policies + ["public"] * ("public" not in policies)
    assert tag_at_mux(site, asset_id) == "public"
    assert site.show(asset_id) | {"updated_at": ""} == answer.data | {"updated_at": ""}
    assert site.gallery() == [asset_id]


@pytest.mark.parametrize(
    ("policies", "tagged", "wanted", "calls"),
    [
        (["signed"], "private", "public", ["POST ['playback-ids']", "PATCH []"]),
        (["public"], "private", "public", ["PATCH []"]),
        (["public"], "public", "private", ["DELETE ['playback-ids']", "POST ['playback-ids']", "PATCH []"]),
        (["public", "signed"], "public", "private", ["DELETE ['playback-ids']", "PATCH []"]),
        (["signed"], "private", "private", ["PATCH []"]),
        (["public"], "public", "public", ["PATCH []"]),
    ],
)
def test_mux_is_asked_for_what_is_missing_and_for_nothing_else(
    site: Site, policies: list[str], tagged: str, wanted: str, calls: list[str]
) -> None:
    asset_id = film(site, policies, tagged=tagged)
    answer, asked = asked_of_mux(site, lambda: ask(site, asset_id, wanted))
    assert (answer.status, asked) == (200, calls)


@pytest.mark.parametrize(("policy", "who"), [("public", "everyone"), ("signed", "token")])
def test_an_upload_tells_who_can_play_it_whatever_its_visibility(site: Site, policy: str, who: str) -> None:
    asset_id = site.ready_film(playback_policy=policy)
    assert says(site.show(asset_id)) == ("private", who)
    assert [says(asset) for asset in site.call("list_assets").data] == [("private", who)]
    assert says(ask(site, asset_id, "private").data) == ("private", "token")


def test_playback_ids_of_which_the_record_knows_nothing_are_removed_as_well(site: Site) -> None:
    """Made in Mux's dashboard, which tells nobody."""
    asset_id = film(site, ["signed"])
    for _ in range(MAX_PLAYBACK_IDS + 2):
        site.world.mux_post(f"/video/v1/assets/{asset_id}/playback-ids", {"policy": "public"})
    assert says(site.show(asset_id)) == ("private", "token")
    assert says(ask(site, asset_id, "private").data) == ("private", "token")
    assert policies_at_mux(site, asset_id) == ["signed"]


def test_a_public_playback_id_that_somebody_removed_at_mux_is_made_anew(site: Site) -> None:
    asset_id = film(site, ["public"])
    site.mux_delete(f"/assets/{asset_id}/playback-ids/{site.part('pid', asset_id)['pid']}")
    assert says(ask(site, asset_id, "public").data) == ("public", "everyone")
    assert policies_at_mux(site, asset_id) == ["public"]


def test_a_public_asset_without_its_last_public_playback_id_is_private_and_stays_so(site: Site) -> None:
    asset_id = film(site, ["public", "signed"], tagged="public")
    removed = site.part("pid", asset_id)
    answer, asked = asked_of_mux(site, lambda: site.call("playback_ids:DELETE", id=asset_id, **removed))
    assert (answer.status, asked) == (204, ["DELETE ['playback-ids']", "PATCH []"])
    assert (says(site.show(asset_id)), tag_at_mux(site, asset_id)) == (("private", "token"), "private")
    site.webhooks.settle()
    site.call("playback_ids:POST", id=asset_id, json_body={"policy": "public"})
    assert (says(site.show(asset_id)), site.gallery()) == (("private", "everyone"), [])


def test_a_public_asset_keeps_its_visibility_while_another_public_playback_id_is_left(site: Site) -> None:
    asset_id = film(site, ["public", "public"], tagged="public")
    assert site.call("playback_ids:DELETE", id=asset_id, **site.part("pid", asset_id)).status == 204
    assert (says(site.show(asset_id)), site.gallery()) == (("public", "everyone"), [asset_id])


def test_a_playback_id_that_is_lost_at_mux_makes_a_public_asset_private_as_soon_as_mux_tells(site: Site) -> None:
    asset_id = film(site, ["public"], tagged="public")
    site.mux_delete(f"/assets/{asset_id}/playback-ids/{site.part('pid', asset_id)['pid']}")
    site.mux_patch(asset_id, {"meta": {"title": "Told"}})
    site.webhooks.settle()
    assert says(site.show(asset_id)) == ("private", "nobody")


@pytest.mark.parametrize(
    ("policies", "private", "public"),
    [
        ([], ((), "signed"), ((), "public")),
        (["drm"], ((), ""), ((), "public")),
        (["drm", "public"], (("P1",), ""), ((), "")),
        (["public", "signed", "public"], (("P0", "P2"), ""), ((), "")),
        (["public"], (("P0",), "signed"), ((), "")),
    ],
)
def test_the_steps_to_a_visibility(
    policies: list[str], private: tuple[tuple[str, ...], str], public: tuple[tuple[str, ...], str]
) -> None:
    ids: list[Mapping[str, str]] = [{"id": f"P{number}", "policy": policy} for number, policy in enumerate(policies)]
    assert visibility.steps("private", ids) == private
    assert visibility.steps("public", ids) == public


FAILURES: Final = [Reply(500), Reply(429, {}), Reply(200, b"{"), Reply(403, {}), Reply(404, {})]
STEPS: Final = {
    "DELETE": ("DELETE", "/playback-ids/.*"),
    "POST": ("POST", "/playback-ids"),
    "PATCH": ("PATCH", ""),
}


@pytest.mark.parametrize("wanted", ["private", "public"])
@pytest.mark.parametrize("failing", FAILURES, ids=lambda reply: str(reply.status))
@pytest.mark.parametrize("step", STEPS)
def test_after_a_failure_half_way_the_record_tells_the_truth_and_the_same_request_completes_it(
    site: Site, front: Front, step: str, failing: Reply, wanted: str
) -> None:
    asset_id = film(site, ["public", "public"] if wanted == "private" else [], tagged="private")
    method, path = STEPS[step]
    front.answer(method, f"/video/v1/assets/{asset_id}{path}", failing)
    answer = ask(site, asset_id, wanted)
    if answer.status >= 400:
        assert answer.status in (404, 409, 502, 503)
        assert "retry-after" in answer.headers or answer.status != 503
    at_mux = mux_events.playable_by(site.at_mux(asset_id))
    assert site.show(asset_id)["playable_by"] == at_mux
    front.behave()
    assert says(ask(site, asset_id, wanted).data) == (wanted, "token" if wanted == "private" else "everyone")
    assert policies_at_mux(site, asset_id) == ["signed" if wanted == "private" else "public"]
    # An event of the very second of our own look makes the record due, once it has arrived.
    site.tell()
    site.world.schedule()
    assert not [record for record in site.records().values() if "due_at" in record]


@pytest.mark.parametrize("wanted", ["private", "public"])
@pytest.mark.parametrize("step", STEPS)
def test_a_lost_answer_is_made_good_by_the_same_request(site: Site, front: Front, step: str, wanted: str) -> None:
    asset_id = film(site, ["public", "public"] if wanted == "private" else [], tagged="private")
    method, path = STEPS[step]
    front.lose_answer(method, f"/video/v1/assets/{asset_id}{path}", times=2)
    ask(site, asset_id, wanted)
    assert site.show(asset_id)["playable_by"] == mux_events.playable_by(site.at_mux(asset_id))
    front.behave()
    assert says(ask(site, asset_id, wanted).data) == (wanted, "token" if wanted == "private" else "everyone")
    assert policies_at_mux(site, asset_id) == ["signed" if wanted == "private" else "public"]


def test_when_not_even_the_look_afterwards_works_the_cleanup_looks(site: Site, front: Front) -> None:
    asset_id = film(site, ["public", "public"], tagged="public")
    front.answer("PATCH", f"/video/v1/assets/{asset_id}", Reply(500))
    front.answer("GET", f"/video/v1/assets/{asset_id}", Reply(500))
    assert ask(site, asset_id, "private").status == 503
    assert says(site.show(asset_id)) == ("public", "everyone")
    front.behave()
    site.world.advance(61)
    site.world.schedule()
    assert says(site.show(asset_id)) == ("private", "token")
    assert site.gallery() == []


def test_nothing_is_said_to_be_private_while_a_public_playback_id_is_left(site: Site, front: Front) -> None:
    """The tag is written last: Mux is not told of the new visibility before the public playback ids are gone."""
    asset_id = film(site, ["public", "public", "signed"], tagged="public")
    second = site.at_mux(asset_id)["playback_ids"][1]["id"]
    front.answer("DELETE", f"/video/v1/assets/{asset_id}/playback-ids/{second}", Reply(500))
    assert ask(site, asset_id, "private").status == 503
    assert tag_at_mux(site, asset_id) == "public"
    assert says(site.show(asset_id)) == ("public", "everyone")
    assert policies_at_mux(site, asset_id) == ["public", "signed"]


def test_a_slow_mux_ends_the_request_in_time_and_the_next_one_goes_on(site: Site, front: Front) -> None:
    asset_id = film(site, ["public"] * 3, tagged="public")

    def slow(mux: Callable[[], Reply]) -> Reply:
        site.world.advance(visibility.BEGIN_SECONDS + 1)
        return mux()

    front.misbehave("DELETE", f"/video/v1/assets/{asset_id}/playback-ids/.*", slow)
    answer = ask(site, asset_id, "private")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert policies_at_mux(site, asset_id) == ["public", "public"]
    assert says(site.show(asset_id)) == ("public", "everyone")
    assert len(site.show(asset_id)["playback_ids"]) == 2
    front.behave()
    assert says(ask(site, asset_id, "private").data) == ("private", "token")


def test_an_asset_full_of_signed_playback_ids_cannot_become_public(site: Site) -> None:
    asset_id = film(site, ["signed"] * MAX_PLAYBACK_IDS)
    answer, asked = asked_of_mux(site, lambda: ask(site, asset_id, "public"))
    assert (answer.status, answer.messages) == (409, ["the asset has 10 playback ids: delete one first"])
    assert asked == []
    assert tag_at_mux(site, asset_id) == "private"


def test_an_asset_full_of_public_playback_ids_can_become_private(site: Site) -> None:
    asset_id = film(site, ["public"] * MAX_PLAYBACK_IDS, tagged="public")
    assert says(ask(site, asset_id, "private").data) == ("private", "token")
    assert policies_at_mux(site, asset_id) == ["signed"]


def test_a_foreign_asset_keeps_its_playback_ids(site: Site) -> None:
    asset_id = site.foreign_film()
    answer = site.call("update_asset", owner="root", groups=["admin"], id=asset_id, json_body={"visibility": "public"})
    assert answer.status == 409
    assert policies_at_mux(site, asset_id) == ["signed"]
