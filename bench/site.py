"""How the example site feels: when there is something to see on a slow line, and how long 1,000 cards hold the page up.

    PYTHONPATH=shared .venv/bin/python -m bench.site

The machine decides these times, so they are figures and no tests. Bytes are tests, in tests/engines/test_budgets.py.
"""

from __future__ import annotations

import json
import shutil
import statistics
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from local.embedded import LocalStack
from tests.engines.chromium import PROGRAMS
from tests.engines.table import StackTable
from tests.owners import Owner
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VIDEOS = 1_000
RUNS = 5
# As Lighthouse calls slow 4G: round trip in milliseconds, bytes a second.
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
WATCH = """
    window.long = [];
    new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: "longtask", buffered: true });
"""


def first_content(browser: Browser, stack: LocalStack) -> dict[str, float]:
    """Milliseconds until a stranger sees something, and until they can sign in: medians of some visits."""
    painted: list[float] = []
    usable: list[float] = []
    for _ in range(RUNS):
        context = browser.new_context()
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW_4G)
        begun = time.monotonic()
        page.goto(stack.site_url, wait_until="commit")
        page.get_by_role("button", name="Sign in").first.wait_for()
        usable.append((time.monotonic() - begun) * 1000)
        painted.append(page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        context.close()
    return {"first_content_ms": statistics.median(painted), "sign_in_button_ms": statistics.median(usable)}


def scrolling(browser: Browser, stack: LocalStack) -> dict[str, Any]:
    """What it takes to have all cards on the page and to scroll through them."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(stack.site_url)
    page.locator("video-account").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Alice Archer").click()
    cards = page.locator("video-library a.open")
    cards.first.wait_for()
    ends = time.monotonic() + 180
    while cards.count() < VIDEOS and time.monotonic() < ends:
        page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
        more = page.get_by_role("button", name="Show more")
        if more.is_visible():
            more.click()
        page.wait_for_timeout(100)
    loading = _longest(page)
    page.evaluate("() => { long.length = 0; scrollTo(0, 0) }")
    for _ in range(100):
        page.mouse.wheel(0, 1200)
        page.wait_for_timeout(30)
    found = {"cards": cards.count(), "longest_task_loading_ms": loading, "longest_task_scrolling_ms": _longest(page)}
    context.close()
    return found


def _longest(page: Page) -> float:
    longest: float = page.evaluate("() => Math.max(0, ...long)")
    return longest


def main() -> None:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("this needs Chromium (Debian's package chromium)")
    with (
        LocalStack(processing_seconds=0.1, parameters=NO_LIMITS | NO_BUDGET) as stack,
        sync_playwright() as playwright,
    ):
        StackTable(stack).multiply(Owner(stack, "alice").has("Film 0000"), VIDEOS)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        print(json.dumps({**first_content(browser, stack), **scrolling(browser, stack)}, indent=2))
        browser.close()


if __name__ == "__main__":
    main()
