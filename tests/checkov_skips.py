"""Fails when .checkov.yaml skips a check that would pass: `make policy` runs it, in checkov's own environment.

Its argument is the translated template.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent


def main(translated: str) -> None:
    skipped = set(yaml.safe_load((ROOT / ".checkov.yaml").read_text(encoding="utf-8"))["skip-check"])
    failing: set[str] = set()
    for file in (str(ROOT / "template.yaml"), translated):
        command = [
            str(Path(sys.executable).with_name("checkov")),
            "--file",
            str(Path(file).resolve()),
            "--output",
            "json",
        ]
        options = ["--framework", "cloudformation", "--skip-download", "--soft-fail", "--compact", "--quiet"]
        # Elsewhere, for checkov reads the .checkov.yaml of the folder it is started in.
        run = subprocess.run([*command, *options], cwd=ROOT / "docs", capture_output=True, text=True, check=True)
        report: dict[str, Any] = json.loads(run.stdout)
        failing |= {check["check_id"] for check in report["results"]["failed_checks"]}
    if skipped - failing:
        raise SystemExit(f".checkov.yaml skips what would pass: {', '.join(sorted(skipped - failing))}")


if __name__ == "__main__":
    main(sys.argv[1])
