"""What the workflows may do and run, why checkov is not asked about some things, and what a stranger needs to know."""

import json
import os
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
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), "a value belongs into env, where it cannot become a command"


def token_jobs() -> dict[str, dict[str, Any]]:
    """The jobs that may ask for a token, by workflow and name."""
    return {
        f"{workflow.stem}/{name}": job
        for workflow in WORKFLOWS
        for name, job in jobs(workflow).items()
        if "id-token" in job.get("permissions", {})
    }


def test_only_two_jobs_may_ask_for_a_token_and_one_of_them_for_the_role() -> None:
    """The other one signs; without the environment its token has a subject that the role does not trust."""
    found = token_jobs()
    assert set(found) == {"deploy/attest", "deploy/deploy"}
    assert [name for name, job in found.items() if job.get("environment") == "production"] == ["deploy/deploy"]
    assert [name for name, job in found.items() if any(_asks_for_role(step) for step in job["steps"])] == [
        "deploy/deploy"
    ]


def _asks_for_role(step: dict[str, Any]) -> bool:
    return "configure-aws-credentials" in step.get("uses", "")


def test_a_job_that_may_ask_for_a_token_installs_nothing_and_runs_only_verified_files() -> None:
    trusted = {
        *("actions/checkout", "actions/download-artifact"),
        *("actions/attest-build-provenance", "aws-actions/configure-aws-credentials"),
    }
    for name, job in token_jobs().items():
        assert {step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step} <= trusted, name
        commands = {line.split()[0] for step in job["steps"] for line in _commands(step.get("run", ""))}
        assert commands <= {"echo", "sha256sum", "gh", "mkdir", "tar", "bash"}, name
        assert all(step["run"] == "bash .ci/deploy" for step in job["steps"] if "bash" in step.get("run", ""))
    script = "\n".join(
        line for line in (ROOT / ".ci" / "deploy").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    for installer in ("pip", "npm", "npx", "uv", "make", "curl", "wget", "apt", "apt-get", "brew", "python3?", "node"):
        assert not re.search(rf"\b{installer}\b", script), installer


def _commands(script: str) -> list[str]:
    """The commands of a step, one each."""
    joined = script.replace("\\\n", " ")
    return [part for part in re.split(r"\n|\||&&", joined) if part.strip()]


def test_the_deployed_build_is_the_attested_build() -> None:
    deploy = jobs(ROOT / ".github" / "workflows" / "deploy.yml")
    assert deploy["build"]["permissions"] == {"contents": "read"}
    assert deploy["build"]["if"] == "github.ref == 'refs/heads/main'"
    assert deploy["deploy"]["needs"] == ["build", "attest"]
    steps = [str(step.get("run", step.get("uses"))) for step in deploy["deploy"]["steps"]]
    order = [
        "download-artifact",
        "sha256sum --check",
        "gh attestation verify",
        "tar --extract",
        "configure-aws",
        "bash .ci/deploy",
    ]
    places = [next(at for at, step in enumerate(steps) if word in step) for word in order]
    assert places == sorted(places)
    verify = steps[places[2]]
    for demanded in (
        '--repo "$GITHUB_REPOSITORY"',
        "--source-ref refs/heads/main",
        '--source-digest "$GITHUB_SHA"',
        '--signer-workflow "$GITHUB_REPOSITORY/.github/workflows/deploy.yml"',
        "--deny-self-hosted-runners",
    ):
        assert demanded in verify
    for name in ("attest", "deploy"):
        [check] = [step for step in deploy[name]["steps"] if "sha256sum" in step.get("run", "")]
        assert check["env"] == {"DIGEST": "${{ needs.build.outputs.digest }}"}


def test_the_role_trusts_one_workflow_on_one_branch_and_the_environment() -> None:
    """The trust policy in the guide is that of this workflow; both forms of a subject are exact."""
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    [text] = re.findall(
        r"^ *```json\n(.*?)^ *```", guide.partition("## Deploying from GitHub")[2], re.DOTALL | re.MULTILINE
    )
    [statement] = json.loads(text)["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert set(statement["Condition"]) == {"StringEquals"}, "no pattern"
    issuer = "token.actions.githubusercontent.com"
    assert statement["Condition"]["StringEquals"] == {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": [
            "repo:OWNER/REPOSITORY:environment:production",
            "repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:environment:production",
        ],
        f"{issuer}:repository_id": "REPOSITORY_ID",
        f"{issuer}:job_workflow_ref": "OWNER/REPOSITORY/.github/workflows/deploy.yml@refs/heads/main",
    }
    assert (ROOT / ".github" / "workflows" / "deploy.yml").is_file()


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


LOCK_FILES = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "yarn.lock": "npm",
    "pnpm-lock.yaml": "npm",
    "uv.lock": "uv",
    "poetry.lock": "pip",
    "Pipfile.lock": "pip",
    "Gemfile.lock": "bundler",
    "Cargo.lock": "cargo",
    "go.sum": "gomod",
}


def lock_files() -> set[tuple[str, str]]:
    """Every lock file of this repository, as what Dependabot calls its kind and its folder."""
    found = {("github-actions", "/")}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ("node_modules", "htmlcov")]
        place = "/" + Path(folder).relative_to(ROOT).as_posix().removeprefix(".")
        found |= {(LOCK_FILES[name], place) for name in files if name in LOCK_FILES}
        pins = [name for name in files if name.endswith(".txt")]
        if any("--hash=" in (Path(folder) / name).read_text(encoding="utf-8") for name in pins):
            found.add(("pip", place))
    return found


def test_dependabot_looks_after_every_lock_file() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    watched = {
        (update["package-ecosystem"], directory)
        for update in updates
        for directory in update.get("directories", [update.get("directory")])
    }
    assert watched == lock_files()
    assert {("pip", "/shared"), ("npm", "/elements"), ("github-actions", "/")} <= watched
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)


@pytest.mark.parametrize("name", ["LICENSE", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_a_stranger_finds_the_usual_pages(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8")) > 500
