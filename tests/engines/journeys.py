"""What people do on the site, written once: test_journeys_*.py run it in one engine each.

The line is slow and uneven, and a part of all answers is lost wherever a browser may ask again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engines.visit import by, css
from tests.owners import wait_for_the_gallery

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engines.visit import Visit
    from tests.owners import Owner

    NewVisit = Callable[..., Visit]
    NewOwner = Callable[[str], Owner]

MARKUP = '<img src=x onerror="window.hurt = true">'
CARD = css("video-library")
SHARED = css("video-gallery")


def bad_line(one: Visit, loss: float = 0.08) -> None:
    """Slow, uneven, and lossy where asking again is safe: for what a POST without a key has done, nobody may guess."""

    def may_be_lost(method: str, url: str) -> bool:
        if url.startswith(one.stack.site_url) or "/_local/" in url or "/stream/" in url:
            return False
        return method in {"GET", "HEAD", "PUT", "PATCH", "DELETE"} or (method, url[-8:]) == ("POST", "/uploads")

    faults = one.network.faults
    faults.latency, faults.spread, faults.loss, faults.may_be_lost = 0.05, 0.15, loss, may_be_lost


def test_a_stranger_is_welcome_and_watches_what_is_published(visit: NewVisit, published: dict[str, object]) -> None:
    one = visit()
    bad_line(one)
    one.open()
    one.sees(by("button", "Sign in"))
    one.press(by("link", "Gallery"))
    one.sees(by("heading", "Gallery"))
    one.press(by("link", "Harbour at dawn", within=SHARED))
    one.plays()
    one.sees(by("text", "Harbour at dawn"))
    assert one.run("return location.hash") == f"#/gallery/{published['playback_id']}"
    one.tab.back()
    one.sees(by("link", "Harbour at dawn", within=SHARED))
    one.tab.back()
    one.sees(by("button", "Sign in"))
    assert one.run("return location.hash") in {"", "#/"}


def test_a_film_lives_from_its_upload_to_its_deletion(visit: NewVisit, owner: NewOwner, film: Path) -> None:
    alice = owner("alice")
    alice.clear()
    one = visit()
    bad_line(one)
    one.sign_in("Alice Archer")
    one.sees(by("text", "No videos yet"))

    one.network.faults.bytes_per_second = film.stat().st_size / 2
    one.upload(film)
    one.sees(by("text", "%", within=css("video-uploader")))
    one.sees(by("text", "Ready", within=css("video-uploader")))
    one.network.faults.bytes_per_second = 0

    one.press(by("link", "Harbour at dawn", within=CARD))
    one.plays()
    one.press(by("button", "Harbour at dawn", within=css("video-editor")))
    one.fill(by("textbox", "Title"), "Regatta, early")
    one.press(by("button", "Save"))
    one.sees(by("heading", "Regatta, early"))
    one.press(by("checkbox", "Everybody can watch"))
    one.sees(by("text", "It is in the gallery, and everybody can watch it."))
    [video] = alice.videos()
    assert (video["title"], video["visibility"]) == ("Regatta, early", "public")

    wait_for_the_gallery()
    stranger = visit(seed=2)
    bad_line(stranger)
    stranger.open("/#/gallery")
    stranger.press(by("link", "Regatta, early", within=SHARED))
    stranger.plays()

    one.press(by("link", "All videos"))
    one.fill(by("textbox", "Search titles"), "nothing like it")
    one.sees(by("text", "Nothing found"))
    one.fill(by("textbox", "Search titles"), "REGATTA")
    one.sees(by("link", "Regatta, early", within=CARD))
    one.press(by("link", "Regatta, early", within=CARD))
    one.press(by("button", "Delete video"))
    one.sees(by("dialog", "Delete"))
    one.press(by("button", "Cancel", within=by("dialog", "Delete")))
    assert len(alice.videos()) == 1
    one.press(by("button", "Delete video"))
    one.press(by("button", "Delete", within=by("dialog", "Delete")))
    one.sees(by("heading", "Your videos"))
    one.wait(lambda: not alice.videos(), "have it deleted")
    one.misses(by("link", "Regatta, early", within=CARD))

    sign_out(one)
    one.sees(by("button", "Sign in"))
    assert one.run("return Object.values(localStorage).join()").find("eyJ") < 0
    assert one.run("return Object.values(sessionStorage).join()").find("eyJ") < 0


def sign_out(one: Visit) -> None:
    if not one.count(by("button", "Sign out")):
        one.press(by("button", "Alice Archer"))
    one.press(by("button", "Sign out"))


def test_a_session_outlives_its_token_and_a_reload(visit: NewVisit, owner: NewOwner) -> None:
    alice = owner("alice")
    alice.clear()
    alice.has("Regatta")
    one = visit()
    bad_line(one)
    one.sign_in("Alice Archer")
    one.sees(by("link", "Regatta", within=CARD))
    one.run(AGE_THE_TOKEN, alice.stack.token("alice", ttl_seconds=-60))
    one.tab.reload()
    one.sees(by("link", "Regatta", within=CARD))
    assert one.network.asked("/oauth/token", "POST")[-1].status == 200
    one.misses(by("text", "session has ended"))


# A token whose time has run out takes the place of the one in the tab.
AGE_THE_TOKEN = """
    let aged = 0;
    for (const [name, text] of Object.entries(sessionStorage)) {
        let kept;
        try { kept = JSON.parse(text) } catch { continue }
        if (typeof kept?.token !== "string") continue;
        sessionStorage[name] = JSON.stringify({ ...kept, token: given[0], until: Date.now() - 1000 });
        aged++;
    }
    if (!aged) throw new Error("no token is kept: " + JSON.stringify(Object.keys(sessionStorage)));
"""


def test_no_page_has_serious_barriers_whatever_its_colours_and_direction(
    visit: NewVisit, owner: NewOwner, published: dict[str, object]
) -> None:
    alice = owner("alice")
    alice.clear()
    video = alice.has("Regatta")
    found: dict[str, list[str]] = {}
    for dark in (False, True):
        one = visit(dark=dark)
        colours = "dark" if dark else "light"
        assert one.run("return matchMedia('(prefers-color-scheme: dark)').matches") is dark
        one.open()
        one.sees(by("button", "Sign in"))
        found[f"welcome, {colours}"] = one.barriers()
        one.open("/#/gallery")
        one.sees(by("link", "Harbour at dawn", within=SHARED))
        found[f"gallery, {colours}"] = one.barriers()
        one.sign_in("Alice Archer")
        one.sees(by("link", "Regatta", within=CARD))
        found[f"library, {colours}"] = one.barriers()
        one.open(f"/#/video/{video['id']}")
        one.sees(by("button", "Delete video"))
        found[f"video, {colours}"] = one.barriers()
        one.run("document.documentElement.dir = 'rtl'")
        width = "return [document.documentElement.scrollWidth, innerWidth]"
        wide, window = one.run(width)
        assert wide <= window, "what is written from right to left fits the window"
        title = one.run("return getComputedStyle(findAll(given[0])[0]).direction", by("heading", "Regatta").as_json())
        back = one.run("return document.querySelector('.back').getBoundingClientRect().right")
        assert title == "rtl"
        assert back > window / 2, "the page begins at the right"
        found[f"video from right to left, {colours}"] = one.barriers()
    assert [f"{where}: {barrier}" for where, barriers in found.items() for barrier in barriers] == []


def test_titles_and_file_names_are_shown_as_text(visit: NewVisit, owner: NewOwner, tmp_path: Path) -> None:
    alice = owner("alice")
    alice.clear()
    alice.has(MARKUP)
    one = visit()
    one.sign_in("Alice Archer")
    one.sees(by("text", MARKUP, within=CARD))
    file = tmp_path / "<b>notes<b>.mp4"
    file.write_bytes(b"these are notes, not a film")
    one.upload(file)
    one.sees(by("text", file.name, within=css("video-uploader")))
    one.press(by("link", MARKUP, within=CARD))
    one.sees(by("heading", MARKUP))
    assert not one.run("return Boolean(window.hurt)")
