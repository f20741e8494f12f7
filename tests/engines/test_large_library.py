"""A library of 500 videos in Chromium: searching it over a slow line, and what a page of it costs."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from local.embedded import LocalStack
from tests.engines.table import StackTable
from tests.engines.visit import by, css
from tests.owners import Owner
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engines.visit import Visit

    NewVisit = Callable[..., Visit]

ENGINE = "chromium"
VIDEOS = 500
# Enough to search in, and read so fast that only the network decides which answer is the last.
FEW = 40
LATENCY_SECONDS = 0.15
KEY_SECONDS = 0.06
QUIET_SECONDS = 3
SEARCH = by("textbox", "Search titles")
LIBRARY = css("video-library")


@pytest.fixture(scope="module")
def stack(packages: None) -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.1, parameters=NO_LIMITS | NO_BUDGET) as running:
        for name, count in (("alice", VIDEOS), ("ben", FEW)):
            StackTable(running).multiply(Owner(running, name).has("Film 0000"), count)
        yield running


def typed(one: Visit, words: str) -> float:
    """Type in the search at an everyday speed; when the last key was pressed."""
    one.press(SEARCH)
    for letter in words:
        one.tab.type(letter)
        time.sleep(KEY_SECONDS)
    return time.monotonic() - KEY_SECONDS


def lists(one: Visit, since: float = 0) -> list[str]:
    return [request.url for request in one.network.asked("/assets?", since=since)]


def test_a_search_asks_little_counts_right_and_leaves_everything_when_it_is_cleared(visit: NewVisit) -> None:
    one = visit()
    one.network.faults.latency = LATENCY_SECONDS
    one.sign_in("Alice Archer")
    one.sees(by("link", "Film 0499", within=LIBRARY))
    shown = one.count(css("a[href*='#/video/']", within=LIBRARY))
    last = typed(one, "film 012")
    one.sees(by("text", "10 videos", within=LIBRARY))
    time.sleep(QUIET_SECONDS)
    asked = lists(one, last)
    assert 1 <= len(asked) <= 3, asked
    titles = {f"Film {number:04}" for number in range(120, 130)}
    said = one.text(LIBRARY)
    assert titles == set(re.findall(r"Film \d{4}", said))
    one.fill(SEARCH, "")
    one.sees(by("link", "Film 0499", within=LIBRARY))
    one.wait(lambda: one.count(css("a[href*='#/video/']", within=LIBRARY)) == shown, "have everything back")


def test_answers_that_overtake_each_other_leave_the_last_search(visit: NewVisit) -> None:
    one = visit()
    one.network.faults.spread = 1
    one.sign_in("Ben Brook")
    one.sees(by("link", "Film 0039", within=LIBRARY))
    for words in ("film 00", "film 003", "film 0033"):
        one.fill(SEARCH, words)
        time.sleep(0.4)
    one.sees(by("text", "1 video", within=LIBRARY))
    time.sleep(QUIET_SECONDS)
    assert set(re.findall(r"Film \d{4}", one.text(LIBRARY))) == {"Film 0033"}


def test_all_pictures_of_a_page_come_by_one_request_for_tokens(visit: NewVisit) -> None:
    one = visit()
    one.sign_in("Alice Archer")
    one.sees(css("img[src*='thumbnail']", within=LIBRARY))
    time.sleep(QUIET_SECONDS)
    assert len(one.network.asked("/playback-tokens", "POST")) == 1
    assert len(lists(one)) == 1


def test_a_page_that_nobody_touches_asks_for_nothing(visit: NewVisit) -> None:
    one = visit()
    one.sign_in("Alice Archer")
    one.sees(by("link", "Film 0499", within=LIBRARY))
    time.sleep(QUIET_SECONDS)
    before = time.monotonic()
    time.sleep(10)
    assert [request.url for request in one.network.asked("", since=before)] == []
