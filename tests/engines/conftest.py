"""What the tests in three engines share: one running stack, the engines that are installed, and visitors."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from local.embedded import LocalStack
from tests import films, npm
from tests.engines.browser import MissingEngineError
from tests.engines.chromium import ChromiumEngine
from tests.engines.firefox import FirefoxEngine
from tests.engines.network import Network
from tests.engines.visit import AXE, Visit
from tests.engines.webkit import WebKitEngine
from tests.owners import PATIENCE, Owner
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type Engine = ChromiumEngine | FirefoxEngine | WebKitEngine
    NewVisit = Callable[..., Visit]

pytest.register_assert_rewrite("tests.engines.journeys")
ENGINES: dict[str, type[Engine]] = {"chromium": ChromiumEngine, "firefox": FirefoxEngine, "webkit": WebKitEngine}
FILM_BYTES = 1_500_000
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


@pytest.fixture
def owner(stack: LocalStack) -> Callable[[str], Owner]:
    """Somebody who uses the API directly."""
    return lambda name: Owner(stack, name)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of moving picture with sound, in 1.5 MB."""
    folder = tmp_path_factory.mktemp("film")
    return films.film(folder / "Harbour at dawn.mp4", bytes_at_least=FILM_BYTES)


@pytest.fixture(scope="session")
def published(stack: LocalStack, film: Path) -> dict[str, object]:
    """A video of ben's that is in the gallery and can be watched."""
    ben = Owner(stack, "ben")
    video = ben.has("Harbour at dawn", film, public=True)
    [playback_id] = [entry["id"] for entry in video["playback_ids"] if entry["policy"] == "public"]
    wait_until_it_plays(f"{stack.mux_url}/stream/{playback_id}.m3u8")
    return {**video, "playback_id": playback_id}


def wait_until_it_plays(url: str) -> None:
    """The emulator makes a film playable beside its other work."""
    ends = time.monotonic() + PATIENCE
    while "#EXT" not in (playlist := requests.get(url, timeout=30).text):
        assert time.monotonic() < ends, f"nothing to play: {playlist}"
        time.sleep(0.2)
