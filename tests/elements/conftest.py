"""What the tests of the web components share: their build, a running stack, and one Chromium."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Browser, sync_playwright

from local.embedded import LocalStack
from tests import npm
from tests.elements.films import Films
from tests.elements.pages import INSECURE
from tests.elements.visit import AXE, Visit
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    NewVisit = Callable[..., Visit]

PARAMETERS = NO_LIMITS | NO_BUDGET | {"MaxDurationSeconds": "1200"}


@pytest.fixture(scope="session")
def elements() -> None:
    """The package in elements/ is built as its sources are now, and axe is there to look at pages."""
    npm.install(npm.PROJECT / "tests" / "site")
    npm.build_elements()


@pytest.fixture(scope="session")
def stack(elements: None) -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.3, parameters=PARAMETERS, encode=True) as running:
        yield running


@pytest.fixture
def mux(stack: LocalStack) -> Iterator[str]:
    """Address of Mux, which has no faults afterwards."""
    try:
        yield stack.mux_url
    finally:
        requests.put(f"{stack.mux_url}/_emulator/faults", json={}, timeout=10).raise_for_status()


# Of a module, for Playwright keeps an event loop running in this thread, and others may need one of their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("this needs Chromium, which is not installed (Debian's package chromium)")
    with sync_playwright() as playwright:
        # A root user's Chromium has no sandbox. Whatever calls home by itself is switched off.
        arguments = ["--no-sandbox", "--disable-component-update", "--disable-background-networking", "--mute-audio"]
        # A page that a test makes up comes from no address, and may talk to this machine all the same.
        arguments += ["--disable-features=LocalNetworkAccessChecks", f"--host-resolver-rules=MAP {INSECURE} 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def visit(stack: LocalStack, chromium: Browser) -> Iterator[NewVisit]:
    """Opens browser profiles; no script may fail in one, and no request may leave this machine."""
    npm.install(AXE.parent.parent.parent)
    visits: list[Visit] = []

    def arrive(**profile: object) -> Visit:
        visits.append(Visit(stack, chromium, profile))
        return visits[-1]

    try:
        yield arrive
        for one in visits:
            assert not one.errors, "a script has failed"
            assert not one.foreign_requests, "requests must not leave this machine"
    finally:
        for one in visits:
            one.leave()


@pytest.fixture(scope="session")
def films(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(stack, tmp_path_factory.mktemp("films"))
