"""The site's files as a host serves them: configuration, policy, and the elements that they are made of."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import requests

from tests.npm import ELEMENTS
from tests.site.visitor import SITE

if TYPE_CHECKING:
    from pathlib import Path

    from local.embedded import LocalStack

PAGES = sorted(SITE.glob("*.html"))
SCRIPTS = sorted(SITE.glob("*.js"))


class _Page(HTMLParser):
    """What matters of a page's HTML: its scripts, and whatever would be inline code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
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
def test_a_page_has_no_inline_code(path: Path) -> None:
    page = _Page(path.read_text(encoding="utf-8"))
    assert page.inline == []
    assert page.scripts
    assert all(script["type"] == "module" for script in page.scripts)


def test_no_script_parses_text_as_html() -> None:
    sources = [*SCRIPTS, *ELEMENTS.glob("src/**/*.ts")]
    unsafe = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setHTML|DOMParser|unsafeHTML"
    )
    assert len(sources) > 20
    assert {script.name: found for script in sources if (found := unsafe.findall(script.read_text()))} == {}


def test_the_local_site_is_configured_and_guarded(stack: LocalStack) -> None:
    config = requests.get(f"{stack.site_url}/config.js", timeout=10)
    assert config.headers["Content-Type"].startswith("text/javascript")
    told = json.loads(config.text.removeprefix("export default ").removesuffix(";\n"))
    template = (SITE / "config.js").read_text(encoding="utf-8")
    assert set(told) <= set(re.findall(r"^  (\w+):", template, re.MULTILINE))
    assert (told["api"], told["issuer"]) == (stack.api_url, f"{stack.api_url}/_local")
    page = requests.get(stack.site_url, timeout=10)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' {stack.api_url} {stack.mux_url};" in policy
    assert "frame-ancestors 'none'" in policy
    embedded = requests.get(f"{stack.site_url}/embed.html", timeout=10)
    assert "frame-ancestors *" in embedded.headers["Content-Security-Policy"]


def test_the_local_site_serves_the_built_elements_and_nothing_else(stack: LocalStack) -> None:
    for file in ("index.js", "video-library.js"):
        served = requests.get(f"{stack.site_url}/elements/{file}", timeout=10)
        assert served.content == (ELEMENTS / "dist" / file).read_bytes()
    refused = [
        "/elements/package.json",
        "/elements/../package.json",
        "/elements/%2e%2e/package.json",
        "/package.json",
        "/.npmrc",
        "/%2e%2e/template.yaml",
        "/js/../../pyproject.toml",
        "/missing.html",
    ]
    answers = {path: requests.get(stack.site_url + path, timeout=10).status_code for path in refused}
    assert set(answers.values()) == {404}, answers
