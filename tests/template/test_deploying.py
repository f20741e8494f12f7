"""What the workflow deploys: .ci/deploy, run with a `sam` that only tells how it was called."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.template.document import ROOT

SAM_PYTHON = ROOT / ".venv-sam" / "bin" / "python"
FAKE = """#!/usr/bin/env python3
import json, sys
print(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with a `sam`."""
    (tmp_path / "sam").write_text(FAKE, encoding="utf-8")
    (tmp_path / "sam").chmod(0o755)
    return tmp_path


def run(tools: Path, parameters: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "STACK": "films"}
    if parameters is not None:
        environment["PARAMETERS"] = parameters
    return subprocess.run(
        ["bash", ".ci/deploy"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def called(tools: Path, parameters: str | None) -> list[str]:
    done = run(tools, parameters)
    assert done.returncode == 0, done.stderr
    arguments: list[str] = json.loads(done.stdout)
    return arguments


def overrides(arguments: list[str]) -> list[str]:
    if "--parameter-overrides" not in arguments:
        return []
    return arguments[arguments.index("--parameter-overrides") + 1 :]


@pytest.mark.parametrize("parameters", [None, "", "\n", " \n\t\n"])
def test_without_parameters_those_of_samconfig_are_deployed(tools: Path, parameters: str | None) -> None:
    arguments = called(tools, parameters)
    assert overrides(arguments) == []
    assert arguments[:1] == ["deploy"]
    assert arguments[arguments.index("--config-file") + 1] == str(ROOT / "samconfig.toml")
    assert arguments[arguments.index("--stack-name") + 1] == "films"


def test_the_workflow_and_make_read_the_same_file() -> None:
    """Without being told, SAM looks beside the template that it deploys, and a built one is somewhere else."""
    ready = [f"--old-file={name}" for name in ("build", ".venv/requirements.stamp", ".venv-sam/requirements.stamp")]
    made = subprocess.run(
        ["make", "--dry-run", *ready, "deploy"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f'--config-file "{ROOT}/samconfig.toml"' in made
    assert '--config-file "$PWD/samconfig.toml"' in (ROOT / ".ci" / "deploy").read_text(encoding="utf-8")


def test_each_line_is_one_parameter_whole(tools: Path) -> None:
    """What follows a blank belongs to the value; the last line needs no end, and lines may end as on Windows."""
    origins = "https://a.example.com,https://b.example.com"
    text = f"AllowedOrigins={origins}\r\n\nGroupsClaim=a b  c\nJwtIssuer=\nStackTag=x=y"
    assert overrides(called(tools, text)) == [
        f'AllowedOrigins="{origins}"',
        'GroupsClaim="a b  c"',
        'JwtIssuer=""',
        'StackTag="x=y"',
    ]


def test_nothing_in_a_value_is_run(tools: Path, tmp_path: Path) -> None:
    text = f"AdminGroup=$(touch {tmp_path}/here) `touch {tmp_path}/here`; touch {tmp_path}/here *"
    assert overrides(called(tools, text)) == [f'AdminGroup="{text.partition("=")[2]}"']
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("AdminGroup = admin", "write Name=value"),
        (" AdminGroup=admin", "write Name=value"),
        ("# AdminGroup=admin", "write Name=value"),
        ("AdminGroup", "write Name=value"),
        ("--role-arn=x", "write Name=value"),
        ('AdminGroup="admin"', "without quotes"),
        ("AdminGroup='admin'", "without quotes"),
        ("AdminGroup=ad\\min", "without quotes"),
        ("AdminGroup= admin", "a blank before or after"),
        ("AdminGroup=admin ", "a blank before or after"),
    ],
)
def test_a_line_that_could_be_misread_is_refused_with_its_number(tools: Path, line: str, why: str) -> None:
    done = run(tools, f"StackTag=videos\n{line}\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"PARAMETERS, line 2: {why}") or why in done.stderr.partition("line 2: ")[2]
    assert line in done.stderr


@pytest.mark.skipif(not SAM_PYTHON.exists(), reason="SAM is not installed: make .venv-sam/requirements.stamp")
def test_sam_understands_what_it_is_handed(tools: Path) -> None:
    given = {"GroupsClaim": "a b  c", "JwtIssuer": "", "AllowedOrigins": "https://a.example.com,https://b.example.com"}
    handed = overrides(called(tools, "\n".join(f"{name}={value}" for name, value in given.items())))
    parse = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as T;"
        "print(json.dumps(T().convert(tuple(sys.argv[1:]), None, None)))"
    )
    said = subprocess.run([SAM_PYTHON, "-c", parse, *handed], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == given


def test_the_guide_says_where_parameters_go() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").partition("## Deploying from GitHub")[2]
    assert re.search(r"`PARAMETERS`", guide)
    assert "instead of those in `samconfig.toml`" in " ".join(guide.split())
