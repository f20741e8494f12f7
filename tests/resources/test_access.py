"""Who may do what with the parts of an asset: owners, strangers, administrators."""

import pytest

from tests.resources.site import ROUTES, Route, Site, named
from tests.world import OTHER_ORIGIN


@pytest.mark.parametrize("route", ROUTES, ids=named)
@pytest.mark.parametrize("headers", [{}, {"origin": OTHER_ORIGIN}], ids=["a script", "the other site"])
def test_an_owner_may(site: Site, route: Route, headers: dict[str, str]) -> None:
    answer = site.call(route.function, json_body=route.body, headers=headers, **site.subject(route))
    assert answer.status == route.status, answer


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_somebody_elses_foreign_and_deleted_assets_answer_like_missing_ones(site: Site, route: Route) -> None:
    """And nothing happens: nothing is asked of Mux, nothing is written."""
    bobs, foreign, deleted = site.subject(route, "bob"), {"id": site.foreign_film()}, site.subject(route)
    assert site.call("delete_asset", id=deleted["id"]).status == 204
    site.tell()
    records, asked = site.records(), site.calls()[1]
    answers = [
        site.call(route.function, json_body=route.body, **site.made_up_part(route) | ids)
        for ids in ({"id": "missing1"}, bobs, foreign, deleted)
    ]
    assert [answer.status for answer in answers] == [404] * 4
    assert all(answer == answers[0] for answer in answers)
    assert site.records() == records
    assert site.calls()[1] == asked


@pytest.mark.parametrize("route", [route for route in ROUTES if route.needs], ids=named)
def test_a_part_of_another_asset_is_missing_and_stays(site: Site, route: Route) -> None:
    theirs = site.subject(route)
    other = site.ready_film()
    before = site.show(theirs["id"])
    answer = site.call(route.function, json_body=route.body, **theirs | {"id": other})
    assert answer == site.call(route.function, json_body=route.body, **site.made_up_part(route) | {"id": other})
    assert answer.status == 404
    site.finish()
    assert {part["id"] for part in _parts(site.show(theirs["id"]))} == {part["id"] for part in _parts(before)}


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_an_administrator_may_act_on_everybodys_and_on_foreign_assets(site: Site, route: Route) -> None:
    for ids in (site.subject(route, "bob"), _foreign(site, route)):
        answer = site.call(route.function, owner="root", groups=["admin"], json_body=route.body, **ids)
        assert answer.status == route.status, answer


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_group_that_is_not_quite_the_admin_group_is_none(site: Site, route: Route) -> None:
    ids = site.subject(route, "bob")
    for groups in (["administrator"], ["Admin"], ["editor"], ["admin,editor"], ["video admin"]):
        answer = site.call(route.function, owner="root", groups=groups, json_body=route.body, **ids)
        assert (groups, answer.status) == (groups, 404)


def _foreign(site: Site, route: Route) -> dict[str, str]:
    asset_id = site.foreign_film()
    if not route.needs:
        return {"id": asset_id}
    shown = site.show(asset_id, "root", groups=["admin"])
    match route.needs:
        case "pid":
            return {"id": asset_id, "pid": shown["playback_ids"][0]["id"]}
        case "audio":
            return {"id": asset_id, "tid": next(track["id"] for track in shown["tracks"] if track["type"] == "audio")}
        case "tid":
            body = {
                "url": "https://x.example.com/a.vtt",
                "type": "text",
                "text_type": "subtitles",
                "language_code": "fr",
            }
            path, name = f"/video/v1/assets/{asset_id}/tracks", "tid"
        case _:
            body = {"resolution": "1080p"}
            path, name = f"/video/v1/assets/{asset_id}/static-renditions", "rid"
    return {"id": asset_id, name: site.world.mux_post(path, body).json()["data"]["id"]}


def _parts(asset: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return [part for name in ("playback_ids", "tracks", "static_renditions") for part in asset.get(name, [])]
