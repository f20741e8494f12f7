"""`python -m ops`: its arguments, its exit codes, and its words when AWS cannot be asked."""

import pytest
from moto import mock_aws

import ops.__main__ as command
from ops.stack import Stack
from tests.ops.conftest import NAME, Deployment


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
