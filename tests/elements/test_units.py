"""The unit tests of the elements, which Vitest runs: one test here for each of their files."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.npm import ELEMENTS

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(str(path.relative_to(ELEMENTS)) for path in (ELEMENTS / "tests").rglob("*.test.ts"))
SECONDS = 200


def test_there_are_unit_tests() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES)
def test_unit_tests_pass(file: str, elements: None, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = ["npx", "vitest", "run", file, "--reporter=default", "--reporter=json", f"--outputFile.json={report}"]
    ended = subprocess.run(
        command,
        cwd=ELEMENTS,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        pytest.fail(f"{file}:\n{ended.stdout}\n{ended.stderr}", pytrace=False)
    counts = json.loads(report.read_text(encoding="utf-8"))
    assert counts["numPassedTests"] > 0
    assert counts["numPassedTests"] == counts["numTotalTests"], "no unit test is skipped"
