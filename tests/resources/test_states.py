"""What cannot be done with an asset in its present state is refused with a reason; what can be done is done."""

import pytest

from mux_lifecycle.store import assets
from tests.handlers.front import Front, Reply
from tests.resources.site import BROKEN_FILM, CAPTIONS, ROUTES, Route, Site, named
from tests.world import Answer, Json

AWAITING = [route for route in ROUTES if route.awaits_ready]
IN_ANY_STATE = [route for route in ROUTES if not route.awaits_ready]
FROM_THE_RECORD = ("playback_ids:GET", "playback_tokens")
"""Routes that ask nothing of Mux."""

SUBTITLES = "tracks:POST generate-subtitles"


def act(site: Site, route: Route, asset_id: str) -> Answer:
    """Call the route for an asset that has playback ids, but perhaps no other parts."""
    ids = site.part("pid", asset_id) if route.needs == "pid" else site.made_up_part(route)
    return site.call(route.function, json_body=route.body, **ids | {"id": asset_id})


def refused(site: Site, route: Route, asset_id: str) -> list[str]:
    """The messages of a 409 that came before Mux was asked."""
    site.tell()
    records, asked = site.records(), site.calls()[1]
    answer = act(site, route, asset_id)
    assert answer.status == 409, answer
    assert (site.records(), site.calls()[1]) == (records, asked)
    return answer.messages


@pytest.mark.parametrize("route", AWAITING, ids=named)
def test_parts_of_a_preparing_asset_have_to_wait(site: Site, route: Route) -> None:
    assert refused(site, route, site.film()) == ["the asset is still preparing: try again when it is ready"]


@pytest.mark.parametrize("route", AWAITING, ids=named)
def test_an_errored_asset_gets_no_parts(site: Site, route: Route) -> None:
    asset_id = site.film(input=BROKEN_FILM)
    site.finish()
    assert site.show(asset_id)["status"] == "errored"
    assert refused(site, route, asset_id) == ["the asset could not be processed, so this is not possible"]


@pytest.mark.parametrize("route", IN_ANY_STATE, ids=named)
@pytest.mark.parametrize("film", ["https://storage.example.com/film.mp4", BROKEN_FILM], ids=["preparing", "errored"])
def test_what_mux_allows_in_every_state_is_allowed_here(site: Site, route: Route, film: str) -> None:
    asset_id = site.film(input=film)
    if film == BROKEN_FILM:
        site.finish()
    assert act(site, route, asset_id).status == route.status


@pytest.mark.parametrize("route", [route for route in ROUTES if route.changes], ids=named)
def test_an_asset_that_is_being_deleted_is_not_changed_and_not_opened_to_new_viewers(site: Site, route: Route) -> None:
    asset_id = site.film()
    assert site.call("delete_asset", id=asset_id).status == 202
    assert refused(site, route, asset_id) == ["the asset is being deleted"]


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.changes], ids=named)
def test_an_asset_that_is_being_deleted_can_be_looked_at(site: Site, route: Route) -> None:
    asset_id = site.film()
    assert site.call("delete_asset", id=asset_id).status == 202
    assert act(site, route, asset_id).status == 200


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_an_asset_that_mux_deleted_a_moment_ago_is_missing_even_before_the_event(site: Site, route: Route) -> None:
    ids = site.subject(route)
    site.webhooks.held = True
    site.world.mux.delete_asset(ids["id"])
    answer = site.call(route.function, json_body=route.body, **ids)
    if route.function in FROM_THE_RECORD:
        assert answer.status == route.status, "answered from the record alone"
    else:
        assert answer.status == 404
    site.webhooks.held = False
    site.webhooks.settle()
    assert site.call("get_asset", id=ids["id"]).status == 404
    assert site.call(route.function, json_body=route.body, **ids).status == 404


@pytest.mark.parametrize("route", [route for route in AWAITING if "POST" in route.function], ids=named)
def test_an_asset_with_as_many_parts_as_can_be_kept_gets_no_more(
    site: Site, monkeypatch: pytest.MonkeyPatch, route: Route
) -> None:
    monkeypatch.setattr(assets, "MAX_PARTS", 2)
    asset_id = site.ready_film()
    has = [site.part(kind, asset_id) for kind in ("tid", "rid")]
    full = ["the asset has too many tracks and static renditions: delete one first"]
    assert refused(site, route, asset_id) == full
    assert site.call("tracks:DELETE", id=asset_id, **has[0]).status == 204
    ids = site.part("audio", asset_id) if route.needs else {}
    assert site.call(route.function, json_body=route.body, id=asset_id, **ids).status == 201


MUX_REFUSES: list[tuple[str, str, Json | None, str]] = [
    ("tracks:POST", "", {"url": CAPTIONS, "type": "text", "language_code": "fr"}, "tid"),
    ("tracks:DELETE", "video", None, ""),
    ("tracks:DELETE", "audio", None, ""),
    (SUBTITLES, "video", {"generated_subtitles": [{"language_code": "en"}]}, ""),
    (SUBTITLES, "text", {"generated_subtitles": [{"language_code": "en"}]}, "tid"),
    (SUBTITLES, "audio", {"generated_subtitles": [{"language_code": "en"}]}, "generated"),
    ("static_renditions:POST", "", {"resolution": "1080p"}, "rid"),
    ("static_renditions:POST", "", {"resolution": "highest"}, "rid"),
    ("static_renditions:PUT", "", {"mp4_support": "standard"}, "rid"),
    ("static_renditions:POST", "", {"resolution": "highest"}, "mp4"),
]
"""A route, the type of the track that it is called for, its body, and what the asset has already."""


@pytest.mark.parametrize(("function", "track", "body", "has"), MUX_REFUSES)
def test_what_mux_refuses_for_the_assets_sake_is_a_conflict(
    site: Site, function: str, track: str, body: Json | None, has: str
) -> None:
    asset_id = site.ready_film(captions="en") if has == "generated" else site.ready_film()
    if has == "mp4":
        site.call("static_renditions:PUT", id=asset_id, json_body={"mp4_support": "standard"})
    else:
        site.part(has, asset_id)
    site.finish()
    before, at_mux = site.show(asset_id), site.at_mux(asset_id)
    ids = {"id": asset_id} | ({"tid": site.track(asset_id, track)["id"]} if track else {})
    answer = site.call(function, json_body=body, **ids)
    assert (answer.status, answer.messages) == (
        409,
        ["Mux does not allow this in the asset's present state, or there is one like it already"],
    )
    assert (site.show(asset_id), site.at_mux(asset_id)) == (before, at_mux)


REPLIES: list[tuple[Reply, int]] = [
    (Reply(400, {"error": {"type": "invalid_parameters", "messages": ["token=eyJsecret"]}}), 409),
    (Reply(403, {"error": {"type": "forbidden", "messages": ["token=eyJsecret"]}}), 502),
    (Reply(401, {"error": {"type": "unauthorized", "messages": ["Unauthorized request"]}}), 502),
    (Reply(404, {"error": {"type": "not_found", "messages": ["token=eyJsecret"]}}), 404),
    (Reply(429, {"errors": ["Too many requests, retry later."]}, {"Retry-After": "7"}), 503),
    (Reply(500, b"<html>oops</html>"), 503),
]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.function not in FROM_THE_RECORD], ids=named)
def test_what_mux_answers_becomes_the_status_that_says_whose_turn_it_is(site: Site, front: Front, route: Route) -> None:
    """And not a word of Mux's gets through."""
    ids = site.subject(route)
    site.tell()
    before = site.show(ids["id"])
    for reply, status in REPLIES:
        for method in ("POST", "PUT", "PATCH", "DELETE") if route.changes else ("GET",):
            front.answer(method, "/video/v1/assets/.*", reply)
        answer = site.call(route.function, json_body=route.body, **ids)
        assert answer.status == status, (reply, answer)
        assert "eyJ" not in str(answer.body)
        assert answer.headers.get("retry-after", "7") == "7" or reply.status == 500
        front.behave()
    assert site.show(ids["id"]) == before
