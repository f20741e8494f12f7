"""<video-view> and embed.html as visitors meet them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.elements.films import playback_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import FloatRect, Route

    from tests.elements.films import Films
    from tests.elements.visit import Visit

    NewVisit = Callable[..., Visit]
    type Json = dict[str, Any]

PLAYER_CHUNK = re.compile(r"/elements/chunks/.*")
SIZES = [(1280, 800), (390, 844), (320, 640), (844, 390)]
PHONE: Json = {"viewport": {"width": 390, "height": 844}}


def poster(visit: Visit) -> Any:
    return visit.page.locator("video-view button.poster")


def box(visit: Visit, selector: str) -> FloatRect:
    found = visit.page.locator(selector).first.bounding_box()
    assert found is not None, selector
    return found


def open_own(visit: Visit, asset: Json, **attributes: str) -> None:
    more = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    visit.show(f'<video-view asset="{asset["id"]}" {more}></video-view>', sub="alice", module="video-view")


def open_public(visit: Visit, playback: str, more: str = "") -> None:
    visit.show(f'<video-view playback-id="{playback}" {more}></video-view>', module="video-view")


def test_a_private_video_plays_with_sound_at_the_first_click(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_own(page, films.shared("wide.mp4"))
    expect(page.page.get_by_role("heading", name="A wide film")).to_be_visible()
    expect(page.page.get_by_text("0:06").first).to_be_visible()
    poster(page).click()
    page.until_plays()
    assert page.playing()["muted"] is False
    assert page.playing()["volume"] == 1


def test_nothing_of_the_player_is_loaded_before_the_click(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_own(page, films.shared("wide.mp4"))
    poster(page).wait_for()
    page.page.wait_for_timeout(500)
    before = len(page.requests)
    page.page.wait_for_timeout(1500)
    assert len(page.requests) == before, "there are no requests while nobody does anything"
    assert not page.page.evaluate("() => Boolean(customElements.get('mux-player'))")
    poster(page).click()
    page.until_plays()
    assert page.page.evaluate("() => Boolean(customElements.get('mux-player'))")


def test_a_public_video_plays_without_sign_in_and_finds_its_title(visit: NewVisit, films: Films) -> None:
    asset = films.shared("classic.mp4", public=True)
    page = visit()
    open_public(page, playback_id(asset))
    expect(page.page.get_by_role("heading", name="A classic film")).to_be_visible()
    poster(page).click()
    page.until_plays()
    assert page.count("POST", ".*/playback-tokens") == 0
    assert page.count("GET", "/assets/.*") == 0


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    ("recipe", "ratio"), [("portrait.mp4", 9 / 16), ("square.mp4", 1.0), ("classic.mp4", 4 / 3), ("wide.mp4", 16 / 9)]
)
def test_the_stage_has_the_films_shape_and_fits_into_the_window(
    visit: NewVisit, films: Films, recipe: str, ratio: float, width: int, height: int
) -> None:
    page = visit(viewport={"width": width, "height": height})
    open_public(page, playback_id(films.shared(recipe, public=True)))
    poster(page).wait_for()
    page.until(lambda: abs(box(page, ".stage")["width"] / box(page, ".stage")["height"] - ratio) < 0.03)
    stage = box(page, ".stage")
    header = 64
    assert stage["x"] >= 0
    assert stage["x"] + stage["width"] <= width
    assert stage["height"] <= height - header, "it is never higher than what the header leaves of the window"
    if height >= 600:
        assert stage["y"] + stage["height"] <= height, "it is in view without scrolling"
    assert page.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_controls_of_a_portrait_film_are_in_view_and_have_focus(visit: NewVisit, films: Films) -> None:
    page = visit(**PHONE)
    open_public(page, playback_id(films.shared("portrait.mp4", public=True)))
    poster(page).focus()
    page.page.keyboard.press("Enter")
    page.until_plays()
    controls = box(page, "media-control-bar")
    assert controls["x"] >= 0
    assert controls["x"] + controls["width"] <= 390
    assert controls["y"] + controls["height"] <= 844
    assert page.page.evaluate("() => scrollY") == 0
    page.page.keyboard.press("k")
    page.until(lambda: page.playing()["paused"])


def test_a_sound_has_a_player_for_sounds_and_asks_for_no_picture(visit: NewVisit, films: Films) -> None:
    asset = films.shared("voice.m4a")
    page = visit()
    open_own(page, asset)
    poster(page).click()
    page.until_plays()
    assert page.page.locator("mux-player").get_attribute("audio") is not None
    assert not [request for request in page.requests if "/image/" in request]
    player = box(page, "mux-player")
    bar = box(page, "media-control-bar")
    assert bar["y"] >= player["y"] - 1
    assert bar["y"] + bar["height"] <= player["y"] + player["height"] + 1


def test_playback_goes_on_at_the_same_place_when_its_tokens_are_about_to_end(visit: NewVisit, films: Films) -> None:
    page = visit()
    page.tokens_last(8)
    open_own(page, films.shared("long.mp4"))
    poster(page).click()
    page.until_plays()
    script = "() => Object.assign(document.querySelector('video-view').shadowRoot.querySelector('mux-player'), {})"
    page.page.evaluate(f"() => Object.assign(({script})(), {{volume: 0.4, playbackRate: 1.5}})")
    asked = page.count("POST", ".*/playback-tokens")
    seen: list[Json] = []

    def has_new_ones() -> bool:
        seen.append(page.playing() | {"at": time.monotonic()})
        return page.count("POST", ".*/playback-tokens") > asked

    page.until(has_new_ones)
    # A player that takes new tokens stands at 0 for a moment, so the last look need not be the furthest one.
    before = max(seen, key=lambda look: look["time"])
    page.until(lambda: page.playing()["ready"] >= 3 and page.playing()["time"] > before["time"] + 3)
    after = page.playing()
    assert after["volume"] == pytest.approx(0.4)
    assert after["rate"] == 1.5
    assert after["paused"] is False
    assert after["time"] < before["time"] + 1.5 * (time.monotonic() - before["at"]) + 1, "nothing was left out"
    expect(page.page.get_by_role("alert")).to_have_count(0)


def test_playback_goes_on_when_a_segment_is_refused(visit: NewVisit, films: Films) -> None:
    page = visit()
    # The device believes that there is time, and the server does not.
    page.tokens_last(6, says="2099-01-01T00:00:00Z")
    open_own(page, films.shared("long.mp4"))
    poster(page).click()
    page.until_plays()
    page.page.wait_for_timeout(6500)
    page.page.evaluate(
        "() => { document.querySelector('video-view').shadowRoot.querySelector('mux-player').currentTime = 720 }"
    )
    page.until(lambda: page.playing()["time"] > 721 and page.playing()["ready"] >= 3, seconds=60)
    assert page.playing()["paused"] is False
    assert page.count("POST", ".*/playback-tokens") >= 2


def test_a_video_that_is_paused_asks_for_new_tokens_only_when_somebody_goes_on(visit: NewVisit, films: Films) -> None:
    page = visit()
    page.tokens_last(5)
    open_own(page, films.shared("long.mp4"))
    poster(page).click()
    page.until_plays()
    page.page.keyboard.press("k")
    page.until(lambda: page.playing()["paused"])
    asked = page.count("POST", ".*/playback-tokens")
    page.page.wait_for_timeout(6000)
    assert page.count("POST", ".*/playback-tokens") == asked
    stopped = page.playing()["time"]
    page.page.keyboard.press("k")
    page.until(lambda: page.playing().get("time", 0) > stopped + 1 and not page.playing()["paused"])
    assert page.count("POST", ".*/playback-tokens") > asked


def test_a_wrong_clock_does_not_keep_a_private_video_from_playing(visit: NewVisit, films: Films) -> None:
    page = visit()
    page.tokens_last(60, says="2001-01-01T00:00:00Z")
    open_own(page, films.shared("wide.mp4"))
    poster(page).click()
    page.until_plays()


def test_a_player_that_cannot_be_loaded_is_said_and_can_be_tried_again(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_own(page, films.shared("wide.mp4"))
    poster(page).wait_for()
    page.page.route(PLAYER_CHUNK, lambda route: route.abort())
    poster(page).click()
    alert = page.page.get_by_role("alert")
    expect(alert).to_contain_text("The player could not be loaded")
    page.page.unroute(PLAYER_CHUNK)
    alert.get_by_role("button", name="Try again").click()
    page.until_plays()


def test_a_player_that_hangs_is_said_after_some_seconds(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_own(page, films.shared("wide.mp4"))
    poster(page).wait_for()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.page.route(PLAYER_CHUNK, hold)
    poster(page).click()
    expect(page.page.locator(".poster[aria-busy=true]")).to_be_visible()
    expect(page.page.get_by_role("alert")).to_contain_text("The player could not be loaded")
    for route in held:
        route.continue_()
    page.page.get_by_role("button", name="Try again").click()
    page.until_plays()


def test_a_video_that_does_not_exist_and_anothers_look_the_same(visit: NewVisit, films: Films) -> None:
    theirs = films.shared("square.mp4", owner="ben")
    page = visit()
    said = []
    for asset_id in ("missing000000000000000000000000000000000000000", theirs["id"]):
        open_own(page, {"id": asset_id})
        expect(page.page.get_by_text("There is no such video")).to_be_visible()
        said.append(page.page.locator("video-view").inner_text())
    assert said[0] == said[1]
    assert page.page.get_by_role("button", name="Try again").count() == 0


def test_an_unknown_public_id_is_said_without_a_player(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_public(page, "unknown0000000000000000000000000000000000000")
    expect(page.page.get_by_text("not published any more")).to_be_visible()
    assert page.page.locator("mux-player").count() == 0


def test_a_video_that_is_withdrawn_while_somebody_watches_is_said(visit: NewVisit, films: Films) -> None:
    asset = films.uploaded("long.mp4", "Not for long", public=True)
    page = visit()
    open_public(page, playback_id(asset))
    poster(page).click()
    page.until_plays()
    films.ask("alice", "DELETE", f"/assets/{asset['id']}/playback-ids/{playback_id(asset)}")
    page.page.evaluate(
        "() => { document.querySelector('video-view').shadowRoot.querySelector('mux-player').currentTime = 720 }"
    )
    expect(page.page.get_by_text("This video is not published any more")).to_be_visible(timeout=60_000)
    assert page.page.locator("mux-player").count() == 0


def test_a_video_becomes_playable_by_itself(visit: NewVisit, films: Films) -> None:
    asset = films.uploaded("square.mp4", "Soon")
    page = visit()
    answers = iter(["preparing", "preparing"])

    def fulfil(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["data"]["status"] = next(answers, body["data"]["status"])
        route.fulfill(response=answer, json=body)

    page.page.route(f"**/assets/{asset['id']}", fulfil)
    open_own(page, asset)
    expect(page.page.get_by_role("status").filter(has_text="being processed")).to_be_visible()
    poster(page).click()
    page.until_plays()


def test_an_errored_video_says_why_in_plain_words(visit: NewVisit, films: Films) -> None:
    page = visit()
    upload = films.ask("alice", "POST", "/uploads", {"title": "Broken"})["data"]
    page.page.request.put(upload["url"], data=b"this is no film" * 1000)
    asset = films.until_processed("alice", upload["id"])
    assert asset["status"] == "errored"
    open_own(page, asset)
    expect(page.page.get_by_text("The file could not be read as a video")).to_be_visible()
    assert "invalid_input" not in page.page.locator("video-view").inner_text()


def test_a_video_that_is_deleted_meanwhile_ends_its_player(visit: NewVisit, films: Films) -> None:
    asset = films.uploaded("square.mp4", "Away")
    page = visit()
    open_own(page, asset)
    poster(page).click()
    page.until_plays()
    films.ask("alice", "DELETE", f"/assets/{asset['id']}")
    page.page.evaluate("(id) => { const view = document.querySelector('video-view'); view.asset = ''; }", asset["id"])
    page.page.evaluate("(id) => { document.querySelector('video-view').asset = id; }", asset["id"])
    expect(page.page.get_by_text(re.compile("being deleted|has been deleted|no such video"))).to_be_visible()
    assert page.page.locator("mux-player").count() == 0


def test_without_sign_in_ones_own_video_asks_for_it(visit: NewVisit, films: Films) -> None:
    page = visit()
    asset = films.shared("wide.mp4")
    page.show(f'<video-view asset="{asset["id"]}"></video-view>', module="video-view")
    expect(page.page.get_by_text("Sign in to watch this video")).to_be_visible()
    assert page.page.locator("mux-player").count() == 0


def test_a_failure_of_the_service_can_be_tried_again(visit: NewVisit, films: Films) -> None:
    page = visit()
    asset = films.shared("wide.mp4")
    page.page.route(f"**/assets/{asset['id']}", lambda route: route.abort())
    page.page.clock.install()
    open_own(page, asset)
    page.page.clock.run_for(90_000)
    expect(page.page.get_by_role("alert")).to_contain_text("The video could not be loaded")
    page.page.unroute(f"**/assets/{asset['id']}")
    page.page.get_by_role("button", name="Try again").click()
    expect(poster(page)).to_be_visible()


def test_a_line_that_breaks_while_somebody_watches_is_said_and_goes_on_by_itself(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_own(page, films.shared("long.mp4"))
    poster(page).click()
    page.until_plays()
    page.context.set_offline(True)
    page.page.evaluate(
        "() => { document.querySelector('video-view').shadowRoot.querySelector('mux-player').currentTime = 720 }"
    )
    expect(page.page.get_by_text(re.compile("connection is lost|You are offline"))).to_be_visible(timeout=60_000)
    page.context.set_offline(False)
    page.until(lambda: page.playing()["time"] > 721 and page.playing()["ready"] >= 3, seconds=60)
    expect(page.page.locator("video-view .cover")).to_have_count(0)


def test_the_link_and_the_embed_code_are_the_films_own(visit: NewVisit, films: Films) -> None:
    asset = films.uploaded("portrait.mp4", 'Tom & "Jerry" <b>', public=True)
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    open_public(page, playback_id(asset), 'link="#/gallery/{playback_id}" embed="embed.html?v={playback_id}"')
    expect(page.page.get_by_role("heading", name='Tom & "Jerry" <b>')).to_be_visible()
    page.page.get_by_role("button", name="Copy link").click()
    expect(page.page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == f"{page.stack.site_url}/made-up.html#/gallery/{playback_id(asset)}"
    page.page.get_by_role("button", name="Embed code").click()
    code = page.page.get_by_role("textbox").input_value()
    assert "aspect-ratio: 9 / 16" in code
    assert 'title="Tom &amp; &quot;Jerry&quot; &lt;b&gt;"' in code
    assert f'src="{page.stack.site_url}/embed.html?v={playback_id(asset)}"' in code


def test_a_private_video_offers_no_link(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_own(page, films.shared("wide.mp4"), link="#/{playback_id}", embed="embed.html?v={playback_id}")
    poster(page).wait_for()
    assert page.page.get_by_role("button", name="Copy link").count() == 0
    assert page.page.get_by_role("button", name="Embed code").count() == 0


def test_a_file_is_saved_under_the_videos_title(visit: NewVisit, films: Films) -> None:
    asset = films.uploaded("square.mp4", "Harbour: dawn / dusk?")
    films.ask("alice", "POST", f"/assets/{asset['id']}/static-renditions", {"resolution": "highest"})
    page = visit()
    open_own(page, asset)
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download").click(timeout=60_000)
    assert download.value.suggested_filename == "Harbour dawn dusk.mp4"


def test_a_view_has_no_barriers(visit: NewVisit, films: Films) -> None:
    page = visit()
    open_public(
        page,
        playback_id(films.shared("classic.mp4", public=True)),
        'link="#/{playback_id}" embed="embed.html?v={playback_id}"',
    )
    page.page.get_by_role("button", name="Embed code").click()
    assert page.barriers() == []
    poster(page).click()
    page.until_plays()
    assert page.barriers() == []


FRAMES = [(640, 360), (320, 180), (320, 568), (300, 300), (800, 200)]


@pytest.mark.parametrize("recipe", ["portrait.mp4", "classic.mp4", "wide.mp4"])
def test_an_embedded_films_controls_are_inside_every_frame(visit: NewVisit, films: Films, recipe: str) -> None:
    asset = films.shared(recipe, public=True)
    page = visit()
    for width, height in FRAMES:
        address = f"{page.stack.site_url}/embed.html?v={playback_id(asset)}"
        page.page.goto(page.stack.api_url + "/_local/health")
        size = f'width="{width}" height="{height}" style="border:0"'
        page.page.set_content(f'<iframe src="{address}" {size} allow="autoplay; fullscreen"></iframe>')
        frame = page.page.frame_locator("iframe")
        frame.locator("button.poster").click()
        bar = frame.locator("media-control-bar").first
        expect(bar).to_be_visible()
        outer = page.page.locator("iframe").bounding_box()
        assert outer is not None
        for name in ("media-control-bar", "media-play-button:visible", "media-fullscreen-button:visible"):
            inner = frame.locator(name).last.bounding_box()
            assert inner is not None, name
            assert inner["x"] >= outer["x"] - 1, (name, width, height)
            assert inner["y"] >= outer["y"] - 1, (name, width, height)
            assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1, (name, width, height)
            assert inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1, (name, width, height)


def test_an_embedded_video_begins_where_its_address_says(visit: NewVisit, films: Films) -> None:
    page = visit()
    page.page.goto(f"{page.stack.site_url}/embed.html?v={playback_id(films.shared('wide.mp4', public=True))}&t=3")
    poster(page).click()
    page.until_plays(after=3)
    assert page.page.locator("video-view h2").count() == 0


def test_an_embedded_sound_fits_into_a_low_frame(visit: NewVisit, films: Films) -> None:
    asset = films.shared("voice.m4a", public=True)
    page = visit(viewport={"width": 480, "height": 96})
    page.page.goto(f"{page.stack.site_url}/embed.html?v={playback_id(asset)}&audio")
    poster(page).click()
    page.until_plays()
    bar = box(page, "media-control-bar")
    assert bar["y"] >= 0
    assert bar["y"] + bar["height"] <= 96
    assert not [request for request in page.requests if "/image/" in request]


@pytest.mark.parametrize("query", ["?v=unknown00000000000000000000000000000000000000", "", "?v=../../x", "?v=%00"])
def test_an_embed_of_nothing_says_so(visit: NewVisit, films: Films, query: str) -> None:
    page = visit(viewport={"width": 480, "height": 270})
    page.page.goto(f"{page.stack.site_url}/embed.html{query}")
    expect(page.page.get_by_text("not published any more")).to_be_visible()


def test_an_embed_loads_little_before_the_click(visit: NewVisit, films: Films) -> None:
    page = visit()
    page.page.goto(f"{page.stack.site_url}/embed.html?v={playback_id(films.shared('wide.mp4', public=True))}")
    poster(page).wait_for()
    scripts = [request for request in page.requests if request.endswith(".js")]
    assert not [script for script in scripts if "account" in script or "library" in script], scripts
    assert page.count("GET", "/gallery") == 0
