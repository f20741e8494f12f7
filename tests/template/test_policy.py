"""What the workflows may do and run, why checkov is not asked about some things, and what a stranger needs to know."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.template.document import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_one_commit_with_its_version_beside_it(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.+)$", text, re.MULTILINE)
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in used)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_no_job_has_more_than_it_needs(workflow: Path) -> None:
    permissions = yaml.safe_load(workflow.read_text(encoding="utf-8"))["permissions"]
    assert permissions in ({}, {"contents": "read"})
    for job in jobs(workflow).values():
        assert job["timeout-minutes"] <= 30
        token = job.get("permissions", permissions).get("id-token")
        # AWS's role is handed out to what somebody has approved only.
        assert token is None or (token == "write" and job["environment"] == "production")
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), "a value belongs into env, where it cannot become a command"


def test_what_builds_has_no_credentials() -> None:
    deploy = jobs(ROOT / ".github" / "workflows" / "deploy.yml")
    assert "id-token" not in deploy["build"]["permissions"]
    assert not [step for step in deploy["deploy"]["steps"] if "make build" in step.get("run", "")]


def test_every_skip_of_checkov_has_its_reason_above() -> None:
    lines = (ROOT / ".checkov.yaml").read_text(encoding="utf-8").splitlines()
    explained = False
    for line in lines[lines.index("skip-check:") + 1 :]:
        assert line.startswith(("  # ", "  - CKV_"))
        explained = explained or line.startswith("  # ")
        assert explained, line


def test_the_scanner_for_secrets_and_the_fork_that_checkov_brings_are_not_installed_over_each_other() -> None:
    """They have the same files: which ones are there would be chance."""
    for pins in (ROOT / "requirements").glob("*.txt"):
        pinned = set(re.findall(r"^([\w-]+)==", pins.read_text(encoding="utf-8"), re.MULTILINE))
        assert not {"detect-secrets", "bc-detect-secrets"} <= pinned, pins.name


def test_dependabot_looks_after_every_lock_file() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    watched = {
        (update["package-ecosystem"], directory)
        for update in updates
        for directory in update.get("directories", [update.get("directory")])
    }
    assert watched == {("pip", "/shared"), ("pip", "/requirements"), ("npm", "/tests/node"), ("github-actions", "/")}
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)


@pytest.mark.parametrize("name", ["LICENSE", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_a_stranger_finds_the_usual_pages(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8")) > 500
