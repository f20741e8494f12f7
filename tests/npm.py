"""npm's packages as their locks pin them, and the elements, built: whoever needs them first makes them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = Path(__file__).parent.parent
ELEMENTS = PROJECT / "elements"
SECONDS = 240


def install(folder: Path) -> None:
    """The packages of a folder. Tests run side by side: one installs, the others wait."""
    npm = _npm()
    with (folder / "package-lock.json").open("rb") as pins:
        fcntl.flock(pins, fcntl.LOCK_EX)
        wanted = hashlib.sha256(pins.read()).hexdigest()
        installed = folder / "node_modules" / ".installed"
        if installed.exists() and installed.read_text() == wanted:
            return
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        installed.write_text(wanted)


def build_elements() -> None:
    """elements/dist, as `make elements` builds it where sources have changed."""
    _npm()
    with (ELEMENTS / "package-lock.json").open("rb") as pins:
        fcntl.flock(pins, fcntl.LOCK_EX)
        _run(["make", "--no-print-directory", "elements"], PROJECT)


def _npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("this needs npm, which is not installed")
    return npm


def _run(command: Sequence[str], folder: Path) -> None:
    # A make that runs the tests has flags and variables that are for no other.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    ended = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=SECONDS, check=False)
    if ended.returncode != 0:
        said = f"{' '.join(command)} failed in {folder.name}:\n{ended.stdout}{ended.stderr}"
        pytest.fail(said, pytrace=False)
