"""The pages for people: their links lead somewhere, their commands name what exists and give no secret away."""

import re
import shlex
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

from local.intrinsics import read
from mux_lifecycle.store.keys import TOMBSTONE_SECONDS
from tests.contract.document import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
GUIDES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("deploy", "operations", "erasure", "webhook-registration", "rotation")),
]

# `[text](target)`, but no image and nothing inside code.
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _fences_removed(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _fences_removed(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        wanted = (page.parent / file).resolve() if file else page
        assert wanted.exists(), target
        assert not anchor or anchor in anchors(wanted), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_puts_a_secret_where_a_shell_remembers_it(page: Path) -> None:
    for value in re.findall(r"--secret-string[= ](\S+)", page.read_text(encoding="utf-8")):
        assert value.startswith(("file://", '"file://')), value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_is_one_that_a_shell_understands(page: Path) -> None:
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    run = subprocess.run(["bash", "-n"], input="\n".join(blocks), capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_commands_name_outputs_and_parameters_that_exist(page: Path) -> None:
    template = read((ROOT / "template.yaml").read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\bout ([A-Z]\w+)", text)) <= set(template["Outputs"])
    assert set(re.findall(r"\bput ([A-Z]\w+Arn)", text)) <= set(template["Outputs"])
    overridden = re.findall(r"--parameter-overrides\s+((?:[A-Z]\w+=\S+\s+)*[A-Z]\w+=)", text)
    for names in overridden:
        assert set(re.findall(r"([A-Z]\w+)=", names)) <= set(template["Parameters"])


def test_what_a_deploy_says_of_parameters_stays_said() -> None:
    """What is only on a command line is taken back by the next deploy, if samconfig.toml holds another value."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    assert config["default"]["deploy"]["parameters"]["parameter_overrides"] == {}, "every stack has its own"
    assert "--parameter-overrides" not in (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    template = read((ROOT / "template.yaml").read_text(encoding="utf-8"))
    for page in GUIDES:
        for lines in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            parameters = tomllib.loads(lines)["default"]["deploy"]["parameters"]["parameter_overrides"]
            assert set(parameters) <= set(template["Parameters"])
            assert all(isinstance(value, str) for value in parameters.values())


def test_the_stack_of_every_command_is_the_same() -> None:
    """The one that STACK and AWS_REGION name, be it to deploy or to look at."""
    found = subprocess.run(
        ["make", "--dry-run", "--old-file=build", "deploy", "STACK=films", "AWS_REGION=eu-west-1", "REGION="],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (deploy,) = [shlex.split(line) for line in found.splitlines() if "sam deploy" in line]
    assert deploy[2:] == [
        *("--config-file", f"{ROOT}/samconfig.toml", "--stack-name", "films", "--region", "eu-west-1"),
    ]
    assert "stack_name" not in (ROOT / "samconfig.toml").read_text(encoding="utf-8")


def test_the_guide_names_every_service_that_a_role_for_deploying_needs() -> None:
    words = {
        "ApiGatewayV2": "API Gateway",
        "Events": "EventBridge",
        "SecretsManager": "Secrets Manager",
        "IAM": "IAM roles",
        "Serverless": "SAM",
    }
    resources = read((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"].values()
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").partition("## Deploying from GitHub")[2]
    for service in {resource["Type"].split("::")[1] for resource in resources if resource["Type"].startswith("AWS::")}:
        assert words.get(service, service) in guide, service


def test_the_readme_explains_every_parameter() -> None:
    template = read((ROOT / "template.yaml").read_text(encoding="utf-8"))
    rows = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Configuration")[2].partition("\n## ")[0]
    named = {name for row in re.findall(r"^\| (`.+?) \|", rows, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == set(template["Parameters"])


def test_the_page_on_erasure_says_how_long_things_are_kept() -> None:
    template = read((ROOT / "template.yaml").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "erasure.md").read_text(encoding="utf-8")
    row = {line.split(" | ")[0].strip("| "): line for line in page.splitlines() if line.startswith("| ")}
    queues = [found for found in template["Resources"].values() if found["Type"] == "AWS::SQS::Queue"]
    assert {found["Properties"]["MessageRetentionPeriod"] for found in queues} == {14 * 86_400}
    assert "14 days" in row["failure queues"]
    assert f"{template['Parameters']['LogRetentionDays']['Default']} unless" in row["logs"]
    assert f"{TOMBSTONE_SECONDS // 86_400} days" in row["the table: tombstones"]
    assert template["Resources"]["UserPoolClient"]["Properties"]["AccessTokenValidity"] == 60
    assert "up to an hour with the stack's own pool" in " ".join(page.split())
