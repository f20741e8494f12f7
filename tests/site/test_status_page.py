"""The local stack's status page in a browser: a developer loses a webhook, sees it, and sees it repaired."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator

    from tests.site.visitor import Visitor


@pytest.fixture
def developer(visitor: Callable[..., Visitor]) -> Iterator[Visitor]:
    """Somebody at the status page, who leaves the stack without faults."""
    one = visitor()
    one.page.goto(f"{one.stack.api_url}/_local/")
    expect(one.page.locator("#parts")).to_contain_text("Site 127.0.0.1")
    try:
        yield one
    finally:
        one.page.get_by_role("button", name="No faults").click()
        expect(one.page.locator("#said")).to_have_text("No faults.")


def test_a_webhook_is_lost_and_its_record_comes_right(developer: Visitor) -> None:
    page = developer.page
    said = page.locator("#said")

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    def row(table: str, *texts: str) -> Locator:
        found = page.locator(f"#{table} tr")
        for text in texts:
            found = found.filter(has_text=text)
        return found

    press("Lose all webhooks")
    expect(said).to_have_text("All webhooks are lost from now on.")
    expect(page.get_by_label("lost", exact=True)).to_have_value("100")
    press("Upload a test video")
    expect(said).to_have_text(re.compile(r"Upload \w+ has got its file\."))
    expect(row("requests", "POST /uploads")).not_to_have_count(0)
    upload = re.findall(r"\w{20,}", said.inner_text())[0]
    expect(row("deliveries", "video.upload.asset_created", upload)).to_contain_text("lost")
    ready = row("deliveries", "video.asset.ready").first
    expect(ready).to_contain_text("lost")
    asset = ready.locator("td").nth(2).inner_text()
    expect(row("records", "upload", upload)).to_contain_text("waiting")
    expect(row("records", asset)).to_have_count(0)
    press("Dry run: ReconcileFunction")
    expect(said).to_contain_text("ReconcileFunction: ")
    expect(row("records", "upload", upload)).to_contain_text("waiting")
    press("Repair")
    expect(row("records", "upload", upload)).to_contain_text("asset_created")
    expect(row("records", "asset", asset)).to_contain_text("ready")
    expect(page.get_by_label("lost", exact=True)).to_have_value("0")
    assert developer.barriers() == []


def test_faults_clock_and_schedules_have_buttons(developer: Visitor) -> None:
    page = developer.page
    said = page.locator("#said")
    twice = page.get_by_label("twice")
    twice.fill("30")
    page.get_by_role("button", name="Set faults").click()
    expect(said).to_have_text("Faults are set.")
    expect(page.locator("label.set")).to_have_text("twice")
    expect(twice).to_have_value("30")
    page.get_by_role("button", name="No faults").click()
    expect(twice).to_have_value("0")
    before = page.locator("#now").inner_text()
    page.get_by_role("button", name="+ 1 minute").click()
    expect(said).to_have_text("The clock was advanced, for Mux and for the functions.")
    expect(page.locator("#now")).not_to_have_text(before)
    page.get_by_role("button", name="Run now: CleanupFunction").click()
    expect(said).to_contain_text("CleanupFunction: ")
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
