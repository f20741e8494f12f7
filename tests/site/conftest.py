"""What the tests of the site share: one running stack, one Chromium, npm's packages, and a video that is one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from local.embedded import LocalStack
from tests import films, npm
from tests.owners import Owner
from tests.site.visitor import REBOUND, Visitor
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    NewVisitor = Callable[..., Visitor]

HERE = Path(__file__).parent
FILM_BYTES = 1_500_000
# ben reaches the limit of open uploads on purpose; nobody else comes near.
PARAMETERS = NO_LIMITS | NO_BUDGET | {"MaxOpenUploadsPerOwner": "4", "MaxDurationSeconds": "60"}


@pytest.fixture(scope="session")
def packages() -> None:
    """The elements are built, and npm's packages are installed for these tests."""
    npm.build_elements()
    npm.install(HERE)


@pytest.fixture(scope="session")
def stack(packages: None) -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.3, parameters=PARAMETERS, encode=True) as running:
        yield running


# Of a module, for Playwright keeps an event loop running in this thread, and others may need one of their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("this needs Chromium, which is not installed (Debian's package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            # A root user's Chromium has no sandbox. Whatever calls home by itself is switched off. A page that a test
            # makes up comes from no address, and may talk to this machine all the same.
            args=[
                *("--no-sandbox", "--disable-component-update", "--disable-background-networking", "--mute-audio"),
                "--disable-features=LocalNetworkAccessChecks",
                f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
            ],
        )
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def visitor(stack: LocalStack, chromium: Browser) -> Iterator[NewVisitor]:
    """Makes visitors, each with a browser profile of their own; watches what their pages ask for and complain of."""
    visitors: list[Visitor] = []

    def arrive(**profile: object) -> Visitor:
        visitors.append(Visitor(stack, chromium, profile))
        return visitors[-1]

    try:
        yield arrive
        for one in visitors:
            assert not one.foreign_requests, "requests must not leave this machine"
            assert not one.complaints, "no script may fail, and nothing may offend the Content-Security-Policy"
            one.assert_no_token_is_exposed()
    finally:
        for one in visitors:
            try:
                one.leave()
            except Error as error:
                print(f"a visitor could not leave: {error}")


@pytest.fixture
def owner(stack: LocalStack) -> Callable[[str], Owner]:
    """Somebody who uses the API directly, to have things there before a visitor comes."""
    return lambda name: Owner(stack, name)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of moving picture with sound, in 1.5 MB."""
    folder = tmp_path_factory.mktemp("film")
    return films.film(folder / "Harbour at dawn.mp4", bytes_at_least=FILM_BYTES)
