"""`python -m ops`: its arguments, its exit codes, and its words when AWS cannot be asked."""

import subprocess
import sys

import pytest
from moto import mock_aws

import ops.__main__ as command
from ops.stack import Stack
from tests.ops.conftest import NAME, Deployment, aws
from tests.world import ROOT


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's own AWS settings is seen."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def test_without_credentials_it_says_how_to_get_some(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert command.main(["doctor", "--stack", NAME]) == 2
    assert "aws configure" in capsys.readouterr().err


def test_a_profile_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert command.main(["doctor", "--stack", NAME]) == 2
    assert "nobody" in capsys.readouterr().err


def test_without_a_region_it_asks_for_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert command.main(["logs", "--stack", NAME]) == 2
    assert "REGION=" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--region", "us-west-2"], []])
def test_a_stack_that_does_not_exist_is_named_with_its_region(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with mock_aws():
        assert command.main(["doctor", "--stack", "nothing", *options]) == 2
    assert f"nothing in {options[-1] if options else 'eu-west-1'}" in capsys.readouterr().err


def test_the_exit_code_says_whether_something_is_to_be_mended(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stack(_session: object, _name: str) -> Stack:
        return deployment.stack()

    monkeypatch.setattr(command, "Stack", stack)
    assert command.main(["doctor", "--stack", NAME]) == 0
    assert "0 to mend" in capsys.readouterr().out
    deployment.put_secret("MuxTokenSecret", {})
    assert command.main(["doctor", "--stack", NAME]) == 1
    assert "fail  Mux token: is not stored" in capsys.readouterr().out
    assert command.main(["logs", "--stack", NAME, "--follow", "no"]) == 0
    assert command.main(["logs", "--stack", NAME, "--since", "soon"]) == 2


def test_an_owner_is_erased_from_a_deployed_stack(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stack(_session: object, _name: str) -> Stack:
        return deployment.stack()

    monkeypatch.setattr(command, "Stack", stack)
    name = deployment.resources["LifecycleTable"][1]
    item = {"pk": {"S": "IDEMPOTENCY#1"}, "owner": {"S": "ada"}, "request": {"S": "r"}, "state": {"S": "done"}}
    aws("dynamodb").put_item(TableName=name, Item=item)
    erasing = ["erase", "--stack", NAME, "--owner", "ada"]
    assert command.main(erasing) == 0
    shown = capsys.readouterr().out
    assert f"of stack {NAME} in eu-central-1, Mux environment {deployment.mux.environment_id}" in shown
    assert aws("dynamodb").scan(TableName=name)["Items"] == [item]
    assert command.main([*erasing, "--confirm", "wrong"]) == 2
    code = shown.rstrip().rpartition("CONFIRM=")[2]
    assert command.main([*erasing, "--confirm", code]) == 0
    assert "1 deleted, 0 pending, 0 failed, 0 left" in capsys.readouterr().out
    assert aws("dynamodb").scan(TableName=name)["Items"] == []


def test_an_erasure_that_is_interrupted_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "signed_in", interrupted)
    assert command.main(["erase", "--stack", NAME, "--owner", "ada"]) == 1
    assert "run it again" in capsys.readouterr().err
    assert command.main(["logs", "--stack", NAME]) == 0


@pytest.mark.parametrize(
    "options",
    [
        ["erase", "--stack", NAME],
        ["erase", "--stack", NAME, "--owner", ""],
        ["erase", "--stack", NAME, "--owner", "*"],
        ["erase", "--stack", NAME, "--owner", "ada", "--force"],
        ["erase", "--stack", NAME, "--owner", "ada", "--conf", "123"],
        ["erase", "--stack", NAME, "--owner", "ada", "--confirm"],
        ["erase", "--stack", NAME, "--owner", "ada", "bob"],
        ["erase", "--owner", "ada"],
        ["erase", "--stack", NAME, "--local", "8000", "--owner", "ada"],
        ["erase", "--local", "production", "--owner", "ada"],
        ["doctor", "--stack", NAME, "--owner", "ada"],
    ],
)
def test_options_that_are_none_are_refused_before_anything_acts(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("AWS was asked")

    monkeypatch.setattr(command, "signed_in", never)
    try:
        status = command.main(options)
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    "owner", ["auth0|5f7c", "a$b", "a$$(id)", "$(shell id)", "a\"b'c`id`", "a\nb", "-x", ";id", "a\\"]
)
def test_make_hands_an_owner_on_letter_for_letter(owner: str) -> None:
    """Neither make nor a shell changes it, nor runs what it holds."""
    echo = f"OPS={sys.executable} -c 'import sys; print(ascii(sys.argv[1:]))'"
    said = subprocess.run(
        [
            "make",
            "--silent",
            "--old-file=.venv/requirements.stamp",
            "erase",
            f"OWNER={owner}",
            "STACK=s",
            "REGION=r",
            echo,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip() == ascii(["erase", "--stack", "s", "--region", "r", f"--owner={owner}", "--confirm="])
