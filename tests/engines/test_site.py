"""The example site beside its main journeys, in Chromium: keyboard, small windows, what is not one's own, frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engines.visit import by, css

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engines.visit import Visit
    from tests.owners import Owner

    NewVisit = Callable[..., Visit]
    NewOwner = Callable[[str], Owner]

ENGINE = "chromium"
PHONE = (360, 740)
LONG = "A film with a title that is much longer than any screen of a telephone is wide"
FOCUSED = """
    let focused = document.activeElement;
    while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    return focused ? nameOf(focused) : "";
"""


def tab_to(one: Visit, name: str, at_most: int = 40) -> None:
    """Press Tab until something of this name has the focus."""
    passed: list[str] = []
    for _ in range(at_most):
        one.tab.key("Tab")
        passed.append(str(one.run(FOCUSED)))
        if name in passed[-1]:
            return
    raise AssertionError(f"Tab does not lead to {name}: {passed}")


def test_a_visitor_signs_in_and_deletes_a_video_by_keyboard(visit: NewVisit, owner: NewOwner) -> None:
    alice = owner("alice")
    alice.clear()
    alice.has("Regatta")
    one = visit()
    one.open()
    one.sees(by("button", "Sign in"))
    tab_to(one, "Skip to content", at_most=1)
    one.tab.key("Enter")
    one.until("return document.activeElement.id === 'main'", what="be past the header")
    one.open()
    one.sees(by("button", "Sign in"))
    tab_to(one, "Sign in")
    one.tab.key("Enter")
    one.sees(by("link", "Alice Archer"))
    tab_to(one, "Alice Archer")
    one.tab.key("Enter")
    one.sees(by("link", "Regatta", within=css("video-library")))
    tab_to(one, "Regatta")
    one.tab.key("Enter")
    one.sees(by("button", "Delete video"))
    tab_to(one, "Delete video", at_most=80)
    one.tab.key("Enter")
    one.sees(by("dialog", "Delete"))
    assert one.run(FOCUSED) == "Cancel", "what nobody can take back is not what Enter does"
    one.tab.key("Escape")
    one.misses(by("dialog", "Delete"))
    assert one.run(FOCUSED) == "Delete video"
    one.tab.key("Enter")
    one.sees(by("dialog", "Delete"))
    tab_to(one, "Delete", at_most=2)
    one.tab.key("Enter")
    one.sees(by("heading", "Your videos"))
    one.wait(lambda: not alice.videos(), "have it deleted")


def test_every_page_fits_a_phone(visit: NewVisit, owner: NewOwner) -> None:
    alice = owner("alice")
    alice.clear()
    video = alice.has(LONG, public=True)
    [playback_id] = [entry["id"] for entry in video["playback_ids"] if entry["policy"] == "public"]
    one = visit()
    one.tab.resize(*PHONE)
    widths: dict[str, int] = {}

    def measure(page: str) -> None:
        widths[page] = one.run("return document.documentElement.scrollWidth")

    one.open()
    one.sees(by("text", LONG[:20]))
    measure("welcome")
    one.open("/#/gallery")
    one.sees(by("link", LONG[:20]))
    measure("gallery")
    one.open(f"/#/gallery/{playback_id}")
    one.sees(by("heading", LONG[:20]))
    measure("watch")
    one.sign_in("Alice Archer")
    one.sees(by("link", LONG[:20], within=css("video-library")))
    measure("library")
    one.open(f"/#/video/{video['id']}")
    one.sees(by("button", "Delete video"))
    measure("video")
    assert {page: width for page, width in widths.items() if width > PHONE[0]} == {}


def test_a_private_video_is_not_there_for_anybody_else(visit: NewVisit, owner: NewOwner) -> None:
    alice = owner("alice")
    alice.clear()
    video = alice.has("Regatta")
    [entry] = video["playback_ids"]
    ben = visit()
    ben.sign_in("Ben Brook")
    ben.open(f"/#/video/{video['id']}")
    ben.sees(by("text", "There is no such video"))
    assert ben.count(by("button", "Delete video")) == 0
    ben.open(f"/#/gallery/{entry['id']}")
    ben.sees(by("text", "This video is not here"))
    assert "Regatta" not in ben.page()


def test_the_page_for_frames_plays_a_published_video(visit: NewVisit, published: dict[str, object]) -> None:
    one = visit()
    one.open(f"/embed.html?v={published['playback_id']}")
    one.plays()


def test_a_reload_and_back_lead_where_one_was(visit: NewVisit, owner: NewOwner) -> None:
    alice = owner("alice")
    alice.clear()
    alice.has("Regatta")
    one = visit()
    one.sign_in("Alice Archer")
    one.press(by("link", "Regatta", within=css("video-library")))
    one.sees(by("heading", "Regatta"))
    one.tab.reload()
    one.sees(by("heading", "Regatta"))
    one.tab.back()
    one.sees(by("link", "Regatta", within=css("video-library")))
