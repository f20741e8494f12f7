"""The unit tests of the elements: Vitest runs them all once, and each of their files is one test here."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.npm import ELEMENTS

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(str(path.relative_to(ELEMENTS)) for path in (ELEMENTS / "tests").rglob("*.test.ts"))
SECONDS = 200


@pytest.fixture(scope="module")
def results(elements: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Vitest reports of each file."""
    report: Path = tmp_path_factory.mktemp("vitest") / "report.json"
    command = ["npx", "vitest", "run", "--reporter=json", f"--outputFile.json={report}"]
    environment = os.environ | {"NO_COLOR": "1"}
    ended = subprocess.run(
        command, cwd=ELEMENTS, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert report.exists(), f"{ended.stdout}{ended.stderr}"
    files = json.loads(report.read_text(encoding="utf-8"))["testResults"]
    return {file["name"].removeprefix(f"{ELEMENTS}/"): file for file in files}


def test_there_are_unit_tests() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES)
def test_unit_tests_pass(file: str, results: dict[str, Any]) -> None:
    result = results[file]
    failed = [
        f"{test['fullName']}: {test['status']}\n" + "\n".join(test["failureMessages"])
        for test in result["assertionResults"]
        if test["status"] != "passed"
    ]
    assert result["assertionResults"], result["message"] or "no test in it"
    assert result["status"] == "passed", result["message"]
    assert not failed, "\n".join(failed)
