"""What the tests in three engines share: one running stack, the engines that are installed, and visitors."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.embedded import LocalStack
from tests import npm
from tests.engines.browser import MissingEngineError
from tests.engines.chromium import ChromiumEngine
from tests.engines.firefox import FirefoxEngine
from tests.engines.network import Network
from tests.engines.visit import AXE, Visit
from tests.engines.webkit import WebKitEngine
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type Engine = ChromiumEngine | FirefoxEngine | WebKitEngine
    NewVisit = Callable[..., Visit]

pytest.register_assert_rewrite("tests.engines.journeys")
ENGINES: dict[str, type[Engine]] = {"chromium": ChromiumEngine, "firefox": FirefoxEngine, "webkit": WebKitEngine}
# Pages that failed are kept here to be looked at.
PICTURES = Path(__file__).parent.parent.parent / "reports" / "engines"


@pytest.fixture(scope="session")
def packages() -> None:
    """The elements are built, and axe is installed."""
    npm.build_elements()
    npm.install(AXE.parent.parent.parent)


@pytest.fixture(scope="session")
def stack(packages: None) -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.3, parameters=NO_LIMITS | NO_BUDGET, encode=True) as running:
        yield running


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The engine that the module names in ENGINE. `ENGINES=required` fails where it would be skipped."""
    name: str = request.module.ENGINE
    try:
        started = ENGINES[name]()
    except MissingEngineError as missing:
        if os.environ.get("ENGINES") == "required":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    try:
        yield started
    finally:
        started.close()


@pytest.fixture
def visit(stack: LocalStack, engine: Engine, request: pytest.FixtureRequest) -> Iterator[NewVisit]:
    """Makes visitors, each with a browser and a line of their own, and watches what their pages do on it."""
    visits: list[Visit] = []
    with ExitStack() as opened:

        def arrive(*, dark: bool = False, seed: int = 1) -> Visit:
            network = opened.enter_context(Network(seed))
            browser = engine.browser(network.port, dark=dark)
            opened.callback(browser.close)
            visits.append(Visit(stack, browser, network))
            return visits[-1]

        failed = request.session.testsfailed
        try:
            yield arrive
            for one in visits:
                assert one.browser.complaints() == [], "no script may fail, and nothing may offend the policy"
                assert one.network.foreign == [], "requests must not leave this machine"
        finally:
            if request.session.testsfailed > failed:
                PICTURES.mkdir(parents=True, exist_ok=True)
                for number, one in enumerate(visits):
                    one.keep(PICTURES / f"{request.module.ENGINE}-{request.node.name}-{number}.png")
