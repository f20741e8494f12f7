"""Pages that hold elements and little else, as a visitor's browser shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Request, Route

    from local.embedded import LocalStack

type Json = dict[str, Any]

PATIENCE = 30
AXE = Path(__file__).parent.parent / "site" / "node_modules" / "axe-core" / "axe.min.js"
# The player's <video> wherever it is, and what it does.
VIDEO = """() => {
  const find = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.localName === "video") return element;
      const found = element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
    }
  };
  const video = find(document);
  return video && { time: video.currentTime, paused: video.paused, muted: video.muted, volume: video.volume,
    rate: video.playbackRate, ready: video.readyState, width: video.videoWidth };
}"""
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>A page</title>
<style>
  body {{ margin: 0; font: 1rem/1.5 system-ui; background: light-dark(#fff, #121214) }}
  header {{ position: sticky; top: 0; z-index: 5; height: 4rem; background: #777 }}
  main {{ max-width: 72rem; margin: auto; padding: 1.5rem 1rem 4rem }}
</style>
<header></header>
<main>{body}</main>
<script type="module">
  import config from "/config.js";
  import {{ configure }} from "/elements/{module}.js";
  configure(config);
  {script}
</script>
</html>"""

expect.set_options(timeout=PATIENCE * 1000)


class Visit:
    """One browser profile with one page."""

    def __init__(self, stack: LocalStack, browser: Browser, profile: Json) -> None:
        self.stack = stack
        self.errors: list[str] = []
        self.foreign_requests: list[str] = []
        self.requests: list[str] = []
        self.events: list[Json] = []
        usual: Json = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"}
        self.context = browser.new_context(**usual | profile)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("request", self._note)
        self.page = self.context.new_page()

    def show(self, body: str, *, sub: str = "", script: str = "", module: str = "video-gallery") -> None:
        """A page of the site's origin with these elements; `sub` is who is signed in."""
        if sub:
            jwt = json.dumps(self.stack.token(sub))
            script = f"for (const one of document.querySelectorAll('main > *')) one.token = () => {jwt}; {script}"
        content = _PAGE.format(body=body, module=module, script=script)
        address = self.stack.site_url + "/made-up.html"
        self.page.unroute(address)
        self.page.route(address, lambda route: route.fulfill(body=content, content_type="text/html; charset=utf-8"))
        self.page.goto(address)

    def playing(self) -> Json:
        """What the player does; {} without one."""
        return self.page.evaluate(VIDEO) or {}

    def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        for _ in range(int(seconds * 10)):
            if holds():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("it did not happen in time")

    def until_plays(self, after: float = 0.3) -> None:
        self.until(lambda: not self.playing().get("paused", True) and self.playing()["time"] > after)

    def count(self, method: str, path: str) -> int:
        """How often this path has been asked for."""
        return sum(1 for request in self.requests if re.fullmatch(f"{method} {path}", request))

    def tokens_last(self, seconds: int, *, says: str = "") -> None:
        """Playback tokens are good for so long, whatever end the answers say, as for a device whose clock is wrong."""

        def fulfil(route: Route) -> None:
            wish = json.loads(route.request.post_data or "{}") | {"ttl_seconds": seconds}
            answer = route.fetch(post_data=json.dumps(wish))
            body = answer.json()
            for one in body["data"]:
                one["expires_at"] = says or one["expires_at"]
            route.fulfill(response=answer, json=body)

        self.page.route("**/playback-tokens", fulfil)

    def barriers(self) -> list[str]:
        """What axe finds serious or critical on the page."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("() => axe.run({resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['target']}"
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    def leave(self) -> None:
        self.context.close()

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.requests.append(f"{request.method} {parts.path}")
        if parts.scheme in {"http", "https"} and parts.hostname != "127.0.0.1":
            self.foreign_requests.append(request.url)
