"""<video-gallery> as visitors meet it, alone on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.elements.films import playback_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Route

    from tests.elements.films import Films
    from tests.elements.visit import Visit

    NewVisit = Callable[..., Visit]
    type Json = dict[str, Any]


def card(visit: Visit, title: str) -> Locator:
    return visit.page.locator("video-gallery .open").filter(has_text=title)


def answered(visit: Visit, pages: dict[str, Json]) -> None:
    """The gallery's answers by cursor, "" for the first."""

    def fulfil(route: Route) -> None:
        cursor = route.request.url.partition("cursor=")[2].partition("&")[0]
        headers = {"access-control-allow-origin": visit.stack.site_url}
        route.fulfill(json=pages[cursor], headers=headers)

    visit.page.route("**/gallery?*", fulfil)


def made_up(number: int, **more: object) -> Json:
    playback = {"id": f"playback{number:04}", "policy": "public"}
    return {
        "id": f"asset{number:04}",
        "created_at": "2026-11-01T10:00:00Z",
        "title": f"Film {number}",
        "duration": 61.0,
        "aspect_ratio": "16:9",
        "playback_ids": [playback],
    } | more


def test_everybody_sees_what_is_published_in_any_shape(visit: NewVisit, films: Films) -> None:
    recipes = ("wide", "classic", "portrait", "square")
    for recipe in recipes:
        films.shared(f"{recipe}.mp4", public=True)
    films.shared("voice.m4a", public=True)
    page = visit()
    page.show('<video-gallery link="#/gallery/{playback_id}"></video-gallery>')
    for recipe in recipes:
        expect(card(page, f"A {recipe} film")).to_be_visible()
        picture = card(page, f"A {recipe} film").locator("img")
        picture.scroll_into_view_if_needed()
        page.until(lambda one=picture: one.evaluate("(image) => image.naturalWidth > 0"))  # type: ignore[misc]
    assert card(page, "A voice film").locator("img").count() == 0
    assert card(page, "A wide film").get_attribute("href") == (
        f"{page.stack.site_url}/made-up.html#/gallery/{playback_id(films.shared('wide.mp4', public=True))}"
    )
    assert page.barriers() == []
    assert page.count("POST", ".*") == 0


def test_a_video_plays_in_a_dialog_that_escape_closes(visit: NewVisit, films: Films) -> None:
    films.shared("portrait.mp4", public=True)
    page = visit()
    page.show("<video-gallery></video-gallery>")
    opener = card(page, "A portrait film")
    opener.focus()
    page.page.keyboard.press("Enter")
    dialog = page.page.get_by_role("dialog", name="A portrait film")
    expect(dialog).to_be_visible()
    page.until_plays()
    stage = dialog.locator(".stage").bounding_box()
    assert stage is not None
    assert stage["y"] >= 0
    assert stage["y"] + stage["height"] <= 800
    page.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.until(lambda: page.playing() == {})
    assert opener.evaluate("(element) => element.getRootNode().activeElement === element")


def test_a_video_that_is_withdrawn_is_said_inside_the_dialog(visit: NewVisit, films: Films) -> None:
    asset = films.uploaded("square.mp4", "Withdrawn soon", public=True)
    page = visit()
    page.show("<video-gallery></video-gallery>")
    card(page, "Withdrawn soon").wait_for()
    films.ask("alice", "DELETE", f"/assets/{asset['id']}/playback-ids/{playback_id(asset)}")
    card(page, "Withdrawn soon").click()
    expect(page.page.get_by_role("dialog").get_by_text("not published any more")).to_be_visible()


def test_a_page_opens_videos_its_own_way(visit: NewVisit, films: Films) -> None:
    asset = films.shared("wide.mp4", public=True)
    page = visit()
    script = (
        "document.addEventListener('video-open', (event) => { event.preventDefault(); window.opened = event.detail; });"
    )
    page.show("<video-gallery></video-gallery>", script=script)
    card(page, "A wide film").first.click()
    assert page.page.evaluate("() => window.opened.playbackId") == playback_id(asset)
    assert page.page.get_by_role("dialog").count() == 0


def test_a_short_page_is_not_the_end(visit: NewVisit) -> None:
    page = visit()
    answered(
        page,
        {
            "": {"data": [made_up(1)], "next_cursor": "two"},
            "two": {"data": [], "next_cursor": "three"},
            "three": {"data": [made_up(number) for number in range(2, 40)], "next_cursor": "four"},
            "four": {"data": [made_up(40)], "next_cursor": None},
        },
    )
    page.show('<video-gallery link="#/{playback_id}"></video-gallery>')
    expect(page.page.locator("video-gallery li")).to_have_count(39)
    page.page.get_by_role("button", name="Show more").focus()
    page.page.keyboard.press("Enter")
    expect(page.page.locator("video-gallery li")).to_have_count(40)
    expect(page.page.get_by_role("button", name="Show more")).to_have_count(0)
    assert card(page, "Film 40").evaluate("(element) => element.getRootNode().activeElement === element")


def test_a_strip_shows_as_many_as_it_is_told(visit: NewVisit) -> None:
    page = visit()
    answered(page, {"": {"data": [made_up(number) for number in range(24)], "next_cursor": "two"}})
    page.show('<video-gallery limit="6"></video-gallery>')
    expect(page.page.locator("video-gallery li")).to_have_count(6)
    assert page.page.get_by_role("button", name="Show more").count() == 0


def test_an_empty_gallery_says_so(visit: NewVisit) -> None:
    page = visit()
    answered(page, {"": {"data": [], "next_cursor": None}})
    page.show("<video-gallery></video-gallery>")
    expect(page.page.get_by_text("Nothing here yet")).to_be_visible()


def test_a_gallery_that_cannot_be_read_is_tried_again(visit: NewVisit) -> None:
    page = visit()
    page.page.clock.install()
    page.page.route("**/gallery?*", lambda route: route.abort())
    page.show("<video-gallery></video-gallery>")
    page.page.clock.run_for(90_000)
    expect(page.page.get_by_role("alert")).to_contain_text("The videos could not be loaded")
    page.page.unroute("**/gallery?*")
    answered(page, {"": {"data": [made_up(1)], "next_cursor": None}})
    page.page.get_by_role("button", name="Try again").click()
    expect(card(page, "Film 1")).to_be_visible()


def test_titles_of_strangers_stay_text(visit: NewVisit) -> None:
    page = visit()
    title = "<img src=x onerror=alert(1)> \u202e שלום"
    videos = [made_up(1, title=title, created_at="no time"), made_up(2, title="x" * 500), made_up(3, title="")]
    answered(page, {"": {"data": videos, "next_cursor": None}})
    page.show("<video-gallery></video-gallery>")
    expect(card(page, "Untitled")).to_be_visible()
    expect(card(page, "<img src=x")).to_be_visible()
    assert page.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_gallery_that_nobody_sees_asks_for_nothing(visit: NewVisit) -> None:
    page = visit()
    answered(page, {"": {"data": [made_up(1)], "next_cursor": None}})
    page.show("<div hidden><video-gallery></video-gallery></div>")
    page.page.wait_for_timeout(800)
    assert page.count("GET", "/gallery") == 0
    page.page.evaluate("() => { document.querySelector('div').hidden = false }")
    expect(card(page, "Film 1")).to_be_visible()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_preview_moves_only_for_who_wants_motion(visit: NewVisit, films: Films, motion: str) -> None:
    films.shared("wide.mp4", public=True)
    page = visit(reduced_motion=motion)
    page.show('<video-gallery link="#/{playback_id}"></video-gallery>')
    card(page, "A wide film").first.hover()
    page.page.wait_for_timeout(1500)
    assert (page.count("GET", ".*/animated.webp") > 0) == (motion == "no-preference")
