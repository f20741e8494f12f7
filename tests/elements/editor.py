"""A <video-editor> on a page of its own, and the owner whose videos it edits."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from playwright.sync_api import expect

from local.mux import sample_mp4
from tests.owners import answered

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Locator, Route

    from local.embedded import LocalStack

type Json = dict[str, Any]

PATIENCE = 30
AXE = Path(__file__).parent.parent / "site" / "node_modules" / "axe-core" / "axe.min.js"
HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Editor</title>
<script type="module" src="/editor-page.js"></script></head>
<body><main><h1>Video</h1></main></body></html>"""
SCRIPT = """import "/elements/video-editor.js";
const editor = document.createElement("video-editor");
editor.publicLink = "/#/gallery/{playback_id}";
document.documentElement.style.colorScheme = "light dark";
document.body.style.background = "light-dark(#ffffff, #16171a)";
document.body.style.color = "light-dark(#17181a, #f1f1f3)";
window.heard = [];
editor.addEventListener("video-deleted", ({ detail }) => window.heard.push(detail.id));
document.querySelector("main").append(editor);
// After it is on the page, as scripts of pages do.
Object.assign(editor, { api: window.given.api, asset: window.given.asset });
if (window.given.token) editor.token = async () => window.given.token;
"""

expect.set_options(timeout=PATIENCE * 1000)


@dataclass
class Owner:
    """Somebody who uses the API directly."""

    stack: LocalStack
    name: str

    @property
    def token(self) -> str:
        return self.stack.token(self.name)

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        answer = answered(self.stack, self.name, method, path, body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def asset(self, asset_id: str) -> Json:
        found: Json = self.ask("GET", f"/assets/{asset_id}")["data"]
        return found

    def has(self, title: str = "Harbour", content: bytes | None = None, policy: str = "signed") -> str:
        """The id of a video that is processed; without `content` six seconds of picture and sound."""
        wish = {"title": title, "playback_policy": policy}
        upload = self.ask("POST", "/uploads", wish)["data"]
        sent = requests.put(upload["url"], data=content or sample_mp4(seconds=6), timeout=PATIENCE)
        assert sent.status_code == 200
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            asset = self.ask("GET", f"/uploads/{upload['id']}")["data"].get("asset", {})
            if asset.get("status") in {"ready", "errored"}:
                return str(asset["id"])
            time.sleep(0.1)
        raise AssertionError("the video was never processed")


class EditorPage:
    """The page; `profile` are Playwright's options of a context."""

    def __init__(self, stack: LocalStack, browser: Browser, asset: str, token: str, **profile: Any) -> None:
        self.stack, self.asset = stack, asset
        self.complaints: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"} | profile)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page.on("request", lambda request: self._note(request.method, request.url))
        given = {"api": stack.api_url, "asset": asset, "token": token}
        self.page.add_init_script(f"window.given = {json.dumps(given)}")
        policy = f"default-src 'none'; script-src 'self'; connect-src {stack.api_url}"
        headers = {"Content-Security-Policy": policy}
        self.page.route(
            "**/editor.html", lambda route: route.fulfill(body=HTML, content_type="text/html", headers=headers)
        )
        self.page.route("**/editor-page.js", lambda route: route.fulfill(body=SCRIPT, content_type="text/javascript"))

    def open(self) -> EditorPage:
        self.page.goto(f"{self.stack.site_url}/editor.html")
        return self

    @property
    def editor(self) -> Locator:
        return self.page.locator("video-editor")

    @property
    def switch(self) -> Locator:
        return self.editor.get_by_role("switch", name="Everybody can watch")

    @property
    def title_field(self) -> Locator:
        return self.editor.get_by_label("Title", exact=True)

    @property
    def captions(self) -> Locator:
        return self.editor.get_by_role("region", name="Captions")

    def button(self, name: str) -> Locator:
        return self.editor.get_by_role("button", name=name, exact=True)

    def heading(self, title: str) -> Locator:
        return self.editor.get_by_role("heading", name=title, exact=True)

    def edit_title(self, text: str) -> None:
        self.editor.locator(".title-button").click()
        self.title_field.fill(text)

    def says(self, text: str) -> None:
        expect(self.editor.get_by_text(text)).to_be_visible()

    def answers(self, handler: Callable[[Route], None], path: str | None = None) -> None:
        """Let `handler` have the requests to a path of the API, that of the video by default."""
        wanted = self.stack.api_url + (path or f"/assets/{self.asset}")
        self.page.route(lambda url: url == wanted, handler)

    def shows(self, **change: Any) -> None:
        """What the API says of the video has these members instead; None for none."""

        def changed(route: Route) -> None:
            if route.request.method != "GET":
                return route.fallback()
            answer = route.fetch()
            body = answer.json()
            body["data"] = {name: value for name, value in (body["data"] | change).items() if value is not None}
            return route.fulfill(response=answer, json=body)

        self.answers(changed)

    def refuses(self, method: str, status: int, error: str, path: str | None = None) -> None:
        """The API answers requests of this method so, until `unroute_all`."""

        def refuse(route: Route) -> None:
            if route.request.method != method:
                return route.fallback()
            headers = {"access-control-allow-origin": self.stack.site_url}
            body = {"error": {"type": error, "messages": ["words of the API"]}}
            return route.fulfill(status=status, headers=headers, json=body)

        self.answers(refuse, path)

    def count(self, method: str, path: str | None = None) -> int:
        return self.sent.count((method, path or f"/assets/{self.asset}"))

    def barriers(self) -> list[str]:
        """What axe finds serious or critical, in light colours and in dark ones."""
        found = []
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
            if not self.page.evaluate("() => 'axe' in window"):
                # As a debugger does it: the page's own policy lets no such script in.
                session = self.context.new_cdp_session(self.page)
                session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
            result = self.page.evaluate("() => axe.run({resultTypes: ['violations']})")
            found += [
                f"{scheme} {violation['id']}: {node['target']} {node['failureSummary']}"
                for violation in result["violations"]
                if violation["impact"] in {"serious", "critical"}
                for node in violation["nodes"]
            ]
        return found

    def close(self) -> None:
        self.context.close()

    def _note(self, method: str, url: str) -> None:
        if url.startswith(self.stack.api_url):
            self.sent.append((method, url.removeprefix(self.stack.api_url)))
