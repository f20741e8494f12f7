"""Visitors as the tests see them: in a browser, by what stands on the page; and owners, who use the API directly."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.owners import PATIENCE, Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Locator

    from local.embedded import LocalStack

PROJECT = Path(__file__).parent.parent.parent
SITE = PROJECT / "site"
# A name of the web that leads to this machine.
REBOUND = "rebound.test"
_JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+")
_POLICY = "Content Security Policy"

expect.set_options(timeout=PATIENCE * 1000)


class Visitor:
    """Somebody with a browser of their own (`profile` are Playwright's options of a context)."""

    def __init__(self, stack: LocalStack, browser: Browser, profile: Json) -> None:
        self.stack = stack
        self.foreign_requests: list[str] = []
        self.complaints: list[str] = []
        self._addresses: set[str] = set()
        usual: Json = {"viewport": {"width": 1280, "height": 860}, "locale": "en-GB"}
        self._context = browser.new_context(**usual | profile)
        self._context.set_default_timeout(PATIENCE * 1000)
        self._context.on("request", lambda request: self._note_request(request.url))
        self._context.on("console", lambda message: self._note_message(message.text))
        self._context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self._context.new_page()
        self.page.on("framenavigated", lambda frame: self._addresses.add(frame.url))

    def open(self, path: str = "/") -> None:
        self.page.goto(self.stack.site_url + path)

    def sign_in(self, name: str = "Alice Archer", path: str = "/") -> None:
        self.open(path)
        self.page.locator("video-account").get_by_role("button", name="Sign in").click()
        self.page.get_by_role("link", name=name).click()
        expect(self.page.get_by_role("button", name=re.compile(f"^Account of .*{re.escape(name)}"))).to_be_visible()

    def choose(self, *files: Path | Json) -> None:
        """Choose files to upload: paths, or Playwright's file payloads."""
        self.page.locator("video-uploader #files").set_input_files(cast("Any", list(files)))

    def card(self, title: str) -> Locator:
        return self.page.locator("video-library").get_by_role("listitem").filter(has_text=title)

    def slow_upload(self, bytes_per_second: int) -> None:
        """How fast this visitor's line takes bytes; 0 is as fast as it can."""
        session = self._context.new_cdp_session(self.page)
        session.send("Network.enable")
        throughput = bytes_per_second or -1
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": throughput}
        session.send("Network.emulateNetworkConditions", conditions)

    def offline(self, state: bool) -> None:
        self._context.set_offline(state)

    def stored(self) -> Json:
        """All that pages have put into this browser's storage."""
        script = "() => ({local: {...localStorage}, session: {...sessionStorage}})"
        kept: Json = self.page.evaluate(script)
        return kept

    def assert_no_token_is_exposed(self) -> None:
        for address in self._addresses:
            assert not _JWT.search(address), f"a token stands in an address: {urlsplit(address).path}"
        if self.page.url.startswith(self.stack.site_url):
            assert not _JWT.search(json.dumps(self.stored()["local"])), "a token is in localStorage"
        for cookie in self._context.cookies():
            assert not _JWT.search(str(cookie.get("value"))), "a token is in a cookie"

    def barriers(self) -> list[str]:
        """What axe finds serious or critical on the page, in light colours and in dark ones."""
        self.page.emulate_media(color_scheme="light")
        found = self._axe("{resultTypes: ['violations']}")
        # Only colours depend on the scheme.
        self.page.emulate_media(color_scheme="dark")
        dark = self._axe("{resultTypes: ['violations'], runOnly: ['color-contrast']}")
        return found + [f"dark: {barrier}" for barrier in dark]

    def _axe(self, options: str) -> list[str]:
        if not self.page.evaluate("() => 'axe' in window"):
            # As a debugger does it: the page's own policy lets no such script in.
            source = (Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
            self._context.new_cdp_session(self.page).send("Runtime.evaluate", {"expression": source})
        found = self.page.evaluate(f"() => axe.run({options})")
        return [
            f"{violation['id']}: {node['target']}"
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that is not on the page."""
        limit = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < limit, "it did not happen in time"
            self.page.wait_for_timeout(100)

    def leave(self) -> None:
        self._context.close()

    def _note_request(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            self.foreign_requests.append(address)

    def _note_message(self, text: str) -> None:
        if _POLICY in text:
            self.complaints.append(text)
