"""The site's files as a host serves them: configuration, policy, packages, and how much a visitor loads."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import requests

from tests.site.visitor import BUDGET_BYTES, SITE

if TYPE_CHECKING:
    from local.embedded import LocalStack

PAGES = sorted(SITE.glob("*.html"))
COMPONENTS = re.findall(
    r'"(?P<name>@mux/[a-z-]+)@(?P<version>[0-9.]+)/(?P<path>[^"]+)",\s+"(?P<integrity>sha384-[^"]+)"',
    (SITE / "js" / "components.js").read_text(encoding="utf-8"),
)


class _Page(HTMLParser):
    """What matters of a page's HTML: its policy, its scripts, and whatever would be inline code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.policy = ""
        self.scripts: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes.get("content") or ""
        if tag == "script":
            self.scripts.append(attributes)
        self._in_script = tag == "script"
        self.inline += [name for name in attributes if name.startswith("on")]
        self.inline += [value for value in attributes.values() if value and value.startswith("javascript:")]

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)
        self._in_script = False


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_brings_a_policy_that_lets_no_inline_code_run(path: object) -> None:
    page = _Page(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    directives = {
        name: sources.split() for name, _, sources in (part.strip().partition(" ") for part in page.policy.split(";"))
    }
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == ["'self'", "https://cdn.jsdelivr.net/npm/@mux/"]
    assert directives["base-uri"] == ["'none'"]
    assert page.inline == []
    assert all(script["type"] == "module" for script in page.scripts)


def test_the_components_are_those_that_npm_has_pinned() -> None:
    wanted = json.loads((SITE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: version for name, version, _, _ in COMPONENTS} == wanted


def test_no_script_parses_text_as_html() -> None:
    scripts = [*SITE.glob("*.js"), *SITE.glob("js/*.js")]
    unsafe = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setHTML|DOMParser")
    assert {script.name: found for script in scripts if (found := unsafe.findall(script.read_text()))} == {}


def test_the_local_site_is_configured_and_guarded(stack: LocalStack) -> None:
    config = requests.get(f"{stack.site_url}/config.js", timeout=10)
    assert config.headers["Content-Type"].startswith("text/javascript")
    told = json.loads(config.text.removeprefix("export default ").removesuffix(";\n"))
    template = (SITE / "config.js").read_text(encoding="utf-8")
    assert set(told) == set(re.findall(r"^  (\w+):", template, re.MULTILINE))
    assert (told["api"], told["issuer"]) == (stack.api_url, f"{stack.api_url}/_local")
    page = requests.get(stack.site_url, timeout=10)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' {stack.api_url} {stack.mux_url};" in policy
    assert "frame-ancestors 'none'" in policy
    embedded = requests.get(f"{stack.site_url}/embed.html", timeout=10)
    assert "frame-ancestors *" in embedded.headers["Content-Security-Policy"]


def test_the_local_site_serves_packages_unchanged_and_nothing_else(stack: LocalStack) -> None:
    for name, version, path, integrity in COMPONENTS:
        served = requests.get(f"{stack.site_url}/npm/{name}@{version}/{path}", timeout=10)
        digest = base64.b64encode(hashlib.sha384(served.content).digest()).decode()
        assert f"sha384-{digest}" == integrity, f"site/js/components.js has another hash for {name}: sha384-{digest}"
    refused = [
        "/npm/@mux/mux-player@0.0.1/dist/mux-player.js",
        "/npm/@mux/mux-player@3.14.0/%2e%2e/%2e%2e/%2e%2e/package.json",
        "/package.json",
        "/.npmrc",
        "/%2e%2e/template.yaml",
        "/js/../../pyproject.toml",
        "/missing.html",
    ]
    answers = {path: requests.get(stack.site_url + path, timeout=10).status_code for path in refused}
    assert set(answers.values()) == {404}, answers


def test_all_scripts_of_the_site_together_stay_within_their_budget(stack: LocalStack) -> None:
    """As Lighthouse counts a budget: bytes on the wire, with what every static host does, compression."""
    scripts = [path.relative_to(SITE) for path in (*SITE.glob("*.js"), *SITE.glob("js/*.js"))]
    sent = 0
    for script in scripts:
        answer = requests.get(
            f"{stack.site_url}/{script}", headers={"Accept-Encoding": "gzip"}, stream=True, timeout=10
        )
        sent += len(answer.raw.read())
    assert sent < BUDGET_BYTES, f"{sent} bytes"
