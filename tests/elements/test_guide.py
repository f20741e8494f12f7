"""docs/static-sites.md: its tables are those of the elements, and its example pages work as they are written."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from local.embedded import LocalStack
from tests.elements import hosts, reference
from tests.npm import ELEMENTS
from tests.owners import Owner, wait_for_the_gallery
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Route

GUIDE = reference.GUIDE.read_text(encoding="utf-8")
PAGES = dict(re.findall(r"<!-- page: (\S+) -->\n```html\n(.*?)\n```\n", GUIDE, re.DOTALL))
TITLE = "Harbour at dawn"
# What a visitor finds on each page.
FOUND = {
    "gallery.html": TITLE,
    "view.html": TITLE,
    "uploader.html": "Choose",
    "library.html": TITLE,
    "editor.html": "Who can watch",
    "account.html": "Sign in",
}


@pytest.fixture(scope="module")
def place(elements: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[hosts.Host, dict[str, str]]]:
    """A host of pages, and what stands for the words in capitals: elements and API are on other origins."""
    with (
        hosts.serving(tmp_path_factory.mktemp("pages"), hosts.s3) as pages,
        hosts.serving(ELEMENTS / "dist", hosts.s3) as files,
        LocalStack(processing_seconds=0, origins=(pages.url,), parameters=NO_LIMITS | NO_BUDGET) as stack,
    ):
        files.headers = lambda _: {"Access-Control-Allow-Origin": "*"}
        asset = Owner(stack, "alice").has(TITLE, public=True)
        wait_for_the_gallery()
        public = next(one["id"] for one in asset["playback_ids"] if one["policy"] == "public")
        words = {
            "ELEMENTS_URL": files.url,
            "API_URL": stack.api_url,
            "YOUR_VISITORS_JWT": stack.token("alice"),
            "PLAYBACK_ID": public,
            "ASSET_ID": asset["id"],
            "ISSUER": f"{stack.api_url}/_local",
            "CLIENT_ID": "local-client",
            "MUX_URL": stack.mux_url,
        }
        yield pages, words


def policy(page: str, words: dict[str, str]) -> str:
    """The guide's sources, with the hashes of the page's own scripts."""
    found = re.search(r"needs these sources beside its own:\n\n```\n(.*?)\n```", GUIDE, re.DOTALL)
    assert found
    text = filled(found[1].replace("\n", " "), words)
    scripts = re.findall(r"<script[^>]*>(.+?)</script>", page, re.DOTALL)
    hashes = [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts]
    text = text.replace("connect-src", "connect-src 'self'").replace("script-src", " ".join(["script-src", *hashes]))
    return f"default-src 'none'; {text}"


def filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _to(base: str) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        route.fulfill(response=route.fetch(url=re.sub(r"^https://[^/]+", base, route.request.url)))

    return answer


def test_the_guide_has_a_page_for_each_element() -> None:
    tags = set(reference.declarations()) - {reference.COMMON} if (ELEMENTS / "custom-elements.json").exists() else set()
    assert PAGES.keys() == FOUND.keys()
    assert all(f"<{tag}" in "".join(PAGES.values()) for tag in tags)


def test_the_tables_are_those_of_the_elements(elements: None) -> None:
    """`python -m tests.elements.reference` writes them anew."""
    tables = re.findall("<!-- reference: (.*) -->", GUIDE)
    assert set(tables) == set(reference.declarations())
    assert reference.with_tables(GUIDE) == GUIDE


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("guarded", [False, True], ids=["plain", "behind the policy"])
def test_an_example_page_works_as_it_is_written(
    name: str, guarded: bool, place: tuple[hosts.Host, dict[str, str]], chromium: Browser
) -> None:
    host, words = place
    html = filled(PAGES[name], words)
    (host.root / name).write_text(html, encoding="utf-8")
    said = policy(html, words)
    host.headers = lambda _: {"Content-Security-Policy": said} if guarded else {}
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(30_000)
    for kind in ("image", "stream"):
        # What Mux's own hosts would answer, the emulator does.
        context.route(re.compile(rf"^https://{kind}\.mux\.com/"), _to(f"{words['MUX_URL']}/{kind}"))
    complaints: list[str] = []
    context.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    try:
        page = context.new_page()
        page.goto(f"{host.url}/{name}")
        page.get_by_text(FOUND[name]).first.wait_for()
        assert not complaints
    finally:
        # What is still under way belongs to no test.
        context.unroute_all(behavior="ignoreErrors")
        context.close()
