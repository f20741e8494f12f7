"""<video-library> in a browser: search, states, selection and deletion. The test writes the answers of the API."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.elements.pages import DIST, Pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Route

type Json = dict[str, Any]

PATIENCE_MS = 20_000
# Everything that the element loads, compressed as hosts send it; the whole page may have 70 KB.
BUDGET_BYTES = 40_000
JWT = "e30.eyJzdWIiOiJhbGljZSJ9.x"
PAGE = """<!doctype html><html lang="en"><title>Library</title>
<video-library link="#/video/{id}"></video-library>
<script type="module" src="/page.js"></script>"""
SCRIPT = f"""import "/elements/video-library.js";
const library = document.querySelector("video-library");
library.token = () => "{JWT}";
library.api = location.origin + "/videos";"""


def video(number: int, **more: Any) -> Json:
    day = f"2026-{12 - number // 28 % 12:02d}-{28 - number % 28:02d}"
    made = {"created_at": f"{day}T10:00:00Z", "updated_at": f"{day}T10:00:00Z"}
    facts: Json = {"id": f"A{number}", "title": f"Video {number}", "status": "ready", "duration": 12}
    return facts | made | {"visibility": "private", "playable_by": "token"} | more


@dataclass
class Answers:
    """An API of one owner: `refused` are the statuses that a method answers for an id."""

    videos: list[Json]
    delay: float = 0
    status: int = 200
    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lists: list[Json] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def answer(self, route: Route) -> None:
        request = route.request
        parts = urlsplit(request.url)
        path = parts.path.removeprefix("/videos")
        self.asked.append(f"{request.method} {path}")
        self.at.append(time.monotonic())
        if path != "/assets":
            return self._one(route, request.method, path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.lists.append(query)
        if self.status != 200:
            return route.fulfill(status=self.status, json={"error": {"type": "x", "messages": []}})
        words = query.get("q", "").lower()
        found = [one for one in self.videos if words in one["title"].lower()]
        found = [one for one in found if query.get("visibility", one["visibility"]) == one["visibility"]]
        start, limit = int(query.get("cursor", 0)), int(query["limit"])
        more = str(start + limit) if start + limit < len(found) else None
        return route.fulfill(json={"data": found[start : start + limit], "next_cursor": more})

    def _one(self, route: Route, method: str, path: str) -> None:
        name = path.removeprefix("/assets/")
        known = next((one for one in self.videos if one["id"] == name), None)
        if refused := self.refused.get((method, name)):
            return route.fulfill(status=refused, json={"error": {"type": "conflict", "messages": ["secret words"]}})
        if known is None:
            return route.fulfill(status=404, json={"error": {"type": "not_found", "messages": []}})
        if method == "DELETE":
            self.videos.remove(known)
            return route.fulfill(status=204)
        if method == "PATCH":
            known.update(json.loads(route.request.post_data or "{}"))
        return route.fulfill(json={"data": known})


class Library:
    def __init__(self, page: Page, answers: Answers) -> None:
        self.page, self.answers = page, answers
        self.host = page.locator("video-library")

    @property
    def cards(self) -> Locator:
        return self.host.locator(".card:not(.skeleton)")

    @property
    def count(self) -> Locator:
        return self.host.locator(".count")

    def button(self, name: str) -> Locator:
        return self.host.get_by_role("button", name=name, exact=True)

    def card(self, title: str) -> Locator:
        return self.cards.filter(has=self.page.get_by_text(title, exact=True))

    def select(self, title: str, **options: Any) -> None:
        self.host.get_by_role("checkbox", name=re.compile(rf"{title}\W*$")).click(force=True, **options)


@pytest.fixture
def opened(elements: None, chromium: Browser) -> Iterator[Any]:
    with Pages({"/": PAGE}) as site:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)

        def arrive(answers: Answers) -> Library:
            page = context.new_page()
            page.route(f"{site.url}/page.js", lambda r: r.fulfill(content_type="text/javascript", body=SCRIPT))
            # The answers take their time in the page, so that the test's own thread is not held up.
            delayed = f"const real = fetch; window.fetch = async (...a) => {{ const r = await real(...a); \
              await new Promise((d) => setTimeout(d, {answers.delay * 1000})); return r; }};"
            page.add_init_script(delayed)
            page.route(f"{site.url}/videos/**", answers.answer)
            page.goto(f"{site.url}/")
            return Library(page, answers)

        try:
            yield arrive
        finally:
            context.close()


def test_search_asks_at_most_three_times_and_everything_is_back_when_the_field_is_cleared(opened: Any) -> None:
    library = opened(Answers([video(n) for n in range(500)], delay=0.15))
    expect(library.count).to_have_text("48 or more videos")
    field = library.host.get_by_role("searchbox")
    field.press_sequentially("video 499", delay=60)
    # How fast a busy machine types is not the page's doing: what counts comes after the last key.
    before = len(library.answers.lists)
    expect(library.count).to_have_text("1 video")
    expect(library.cards).to_have_count(1)
    assert len(library.answers.lists) - before <= 3
    assert library.answers.lists[-1]["q"] == "video 499"
    assert library.answers.lists[-1]["q"] == "video 499"
    field.fill("")
    expect(library.count).to_have_text("48 or more videos")
    expect(library.cards).to_have_count(48)


def test_a_list_that_is_empty_says_so_only_after_it_was_read(opened: Any) -> None:
    library = opened(Answers([], delay=1))
    expect(library.host.locator(".skeleton").first).to_be_attached()
    assert library.host.get_by_text("No videos yet").count() == 0
    expect(library.host.get_by_text("No videos yet")).to_be_visible()


def test_nothing_found_names_the_words_and_leads_back(opened: Any) -> None:
    library = opened(Answers([video(1)]))
    library.host.get_by_role("searchbox").fill("nowhere")
    expect(library.host.get_by_text("Nothing found")).to_be_visible()
    library.button("Show all videos").click()
    expect(library.card("Video 1")).to_be_visible()


def test_who_is_not_signed_in_is_asked_to(opened: Any) -> None:
    library = opened(Answers([video(1)], status=401))
    expect(library.host.get_by_text("Sign in to see your videos")).to_be_visible()


def test_a_refusal_offers_no_second_try(opened: Any) -> None:
    library = opened(Answers([video(1)], status=403))
    expect(library.host.get_by_role("alert")).to_contain_text("Your videos cannot be shown")
    assert library.button("Try again").count() == 0


def test_the_end_of_the_page_brings_more_and_selection_takes_ranges(opened: Any) -> None:
    library = opened(Answers([video(n) for n in range(60)]))
    expect(library.cards).to_have_count(48)
    library.page.mouse.move(600, 500)
    library.page.mouse.wheel(0, 20_000)
    expect(library.cards).to_have_count(60)
    expect(library.count).to_have_text("60 videos")
    library.page.mouse.wheel(0, -20_000)
    expect(library.card("Video 0")).to_be_in_viewport()
    expect(library.host.get_by_role("searchbox")).to_be_in_viewport()
    library.select("Video 1")
    expect(library.host.get_by_text("1 selected")).to_be_visible()
    library.select("Video 4", modifiers=["Shift"])
    expect(library.host.get_by_text("4 selected")).to_be_visible()
    library.page.keyboard.press("Escape")
    expect(library.host.get_by_text("4 selected")).to_have_count(0)


def test_deletion_asks_once_and_each_failure_stays_at_its_card(opened: Any) -> None:
    answers = Answers([video(n) for n in range(6)], refused={("DELETE", "A2"): 409})
    library = opened(answers)
    for number in range(1, 5):
        library.select(f"Video {number}")
    library.button("Delete").click()
    dialog = library.host.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete 4 videos?")
    dialog.get_by_role("button", name="Cancel").click()
    assert not [one for one in answers.asked if one.startswith("DELETE")]
    library.button("Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(library.cards).to_have_count(3)
    expect(library.card("Video 2")).to_contain_text("Not deleted.")
    expect(library.host.get_by_text("1 video was not deleted.")).to_be_visible()
    assert "secret words" not in library.page.content()
    assert sorted(one for one in answers.asked if one.startswith("DELETE")) == [
        f"DELETE /assets/A{n}" for n in range(1, 5)
    ]


def test_many_are_published_at_once(opened: Any) -> None:
    answers = Answers([video(n) for n in range(4)])
    library = opened(answers)
    library.select("Video 0")
    library.button("Select all shown").click()
    library.button("Publish").click()
    expect(library.cards.filter(has_text="Public")).to_have_count(4)
    assert {one["visibility"] for one in answers.videos} == {"public"}


def test_an_idle_list_asks_for_nothing(opened: Any) -> None:
    library = opened(Answers([video(1)]))
    expect(library.card("Video 1")).to_be_visible()
    library.page.wait_for_timeout(1500)
    before = len(library.answers.asked)
    library.page.wait_for_timeout(5000)
    assert library.answers.asked[before:] == []


def test_a_deletion_in_one_tab_reaches_the_other(opened: Any) -> None:
    answers = Answers([video(1), video(2)])
    one, other = opened(answers), None
    context_page = one.page.context.new_page()
    context_page.close()
    expect(one.card("Video 1")).to_be_visible()
    # The same context holds both pages; the API of both is this one.
    other = one.page.context.new_page()
    site = one.page.url
    other.route("**/page.js", lambda r: r.fulfill(content_type="text/javascript", body=SCRIPT))
    other.route("**/videos/**", answers.answer)
    other.goto(site)
    expect(other.locator("video-library .card:not(.skeleton)")).to_have_count(2)
    one.select("Video 1")
    one.button("Delete").click()
    one.host.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(other.locator("video-library .card:not(.skeleton)")).to_have_count(1)


def test_the_library_stays_within_its_budget_of_script(elements: None) -> None:
    import gzip  # noqa: PLC0415 (one test's)

    wanted, seen = ["video-library.js"], set[str]()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        source = (DIST / name).read_text()
        folder = name.rpartition("/")[0]
        for found in re.findall(r'(?:from|import)\s*"(\.{1,2}/[^"]+\.js)"', source):
            path = found.removeprefix("./") if not folder else f"{folder}/{found.removeprefix('./')}"
            wanted.append(re.sub(r"[^/]+/\.\./", "", path))
    size = sum(len(gzip.compress((DIST / name).read_bytes())) for name in seen)
    assert size <= BUDGET_BYTES, f"{sorted(seen)} are {size} bytes"
