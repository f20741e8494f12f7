"""What the tests with Node share: its packages, installed once; and scripts that report what they saw as JSON."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from local.mux import MuxEmulator

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PROCESSING_SECONDS = 60
INSTALL_SECONDS = 240
SCRIPT_SECONDS = 30


class RunScript(Protocol):
    def __call__(self, name: str, **given: Any) -> Any: ...


@pytest.fixture
def mux() -> Iterator[MuxEmulator]:
    """Processing ends only when the clock is advanced: what is preparing stays so while a script looks."""
    with MuxEmulator(processing_seconds=PROCESSING_SECONDS, seed=1) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def node() -> str:
    """The `node` that can run what is here: the packages of package-lock.json are in node_modules."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("this needs node and npm, which are not installed")
    with (HERE / "package-lock.json").open("rb") as pins:
        # Test processes run side by side: one installs, the others wait for it.
        fcntl.flock(pins, fcntl.LOCK_EX)
        wanted = hashlib.sha256(pins.read()).hexdigest()
        installed = HERE / "node_modules" / ".installed"
        if not installed.exists() or installed.read_text() != wanted:
            _install(npm)
            installed.write_text(wanted)
    return found


@pytest.fixture
def run(mux: MuxEmulator, node: str) -> RunScript:
    """Runs a script with `given` against the emulator and returns its report."""

    def run(name: str, **given: Any) -> Any:
        session = {"url": mux.url, "token_id": mux.token_id, "token_secret": mux.token_secret}
        ended = subprocess.run(
            [node, HERE / f"{name}.mjs"],
            input=json.dumps(session | given),
            capture_output=True,
            text=True,
            timeout=SCRIPT_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


def _install(npm: str) -> None:
    ended = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        pytest.fail(f"npm could not install the packages of package-lock.json:\n{ended.stderr}", pytrace=False)
