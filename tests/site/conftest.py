"""What the tests of the site share: one running stack, one Chromium, npm's packages, and a video that is one."""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import importlib.util
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from local.embedded import LocalStack
from local.mux import sample_mp4
from tests.site.visitor import REBOUND, SITE, Owner, Visitor
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    NewVisitor = Callable[..., Visitor]

HERE = Path(__file__).parent
INSTALL_SECONDS = 240
FILM_BYTES = 1_500_000
# ben reaches the limit of open uploads on purpose; nobody else comes near.
PARAMETERS = NO_LIMITS | NO_BUDGET | {"MaxOpenUploadsPerOwner": "4", "MaxDurationSeconds": "60"}


@pytest.fixture(scope="session")
def packages() -> None:
    """The npm packages of the site and of its tests are installed as their locks pin them."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("this needs npm, which is not installed")
    for folder in (SITE, HERE):
        _install(npm, folder)


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
    """Four seconds of moving picture with sound, in 1.5 MB; without an ffmpeg an MP4 that has headers only."""
    path = tmp_path_factory.mktemp("film") / "Harbour at dawn.mp4"
    program = ffmpeg()
    if program is None:
        path.write_bytes(sample_mp4(seconds=4, size_bytes=FILM_BYTES))
        return path
    inputs = ["-f", "lavfi", "-i", "testsrc2=size=480x270:rate=15", "-f", "lavfi", "-i", "sine=frequency=440"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [program, "-loglevel", "error", "-y", *inputs, "-t", "4", *codecs, "-movflags", "+faststart", str(path)]
    subprocess.run(command, check=True, timeout=60)
    padding = FILM_BYTES - path.stat().st_size
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", padding, b"free") + bytes(padding - 8))
    return path


def ffmpeg() -> str | None:
    if found := shutil.which("ffmpeg"):
        return found
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return None
    found = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    return str(found)


def _install(npm: str, folder: Path) -> None:
    """Tests run side by side, and `make run` installs too: one does it, the others wait."""
    with (folder / "package-lock.json").open("rb") as pins:
        fcntl.flock(pins, fcntl.LOCK_EX)
        wanted = hashlib.sha256(pins.read()).hexdigest()
        installed = folder / "node_modules" / ".installed"
        if installed.exists() and installed.read_text() == wanted:
            return
        ended = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            env=os.environ,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if ended.returncode != 0:
            pytest.fail(f"npm could not install the packages of {folder.name}:\n{ended.stderr}", pytrace=False)
        installed.write_text(wanted)
