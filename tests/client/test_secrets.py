"""Secrets are remembered for a while, kept through an outage for longer, and read again no faster than is good."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from mux_lifecycle.errors import SecretUnavailable
from mux_lifecycle.secrets import LAST_GOOD_SECONDS, MAX_AGE_SECONDS, REREAD_SECONDS, Secrets

ARN, OTHER = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a", "arn:aws:…:secret:b"
GOOD = json.dumps({"signing_secrets": ["0123456789abcdef"]})
NEW = json.dumps({"signing_secrets": ["fedcba9876543210", "0123456789abcdef"]})


@dataclass
class SecretsManager:
    """Answers what it holds under an ARN; an exception is raised."""

    holds: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 - botocore's name
        self.asked.append(SecretId)
        held = self.holds[SecretId]
        if isinstance(held, Exception):
            raise held
        return {"SecretString": held} if isinstance(held, str) else held


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def manager() -> SecretsManager:
    return SecretsManager({ARN: GOOD, OTHER: NEW})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secrets(manager: SecretsManager, clock: Clock) -> Secrets:
    return Secrets(manager, clock)  # type: ignore[arg-type]


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")


OUTAGES = {
    "throttled": _error("ThrottlingException"),
    "failing": _error("InternalServiceError"),
    "refused": _error("AccessDeniedException"),
    "deleted": _error("ResourceNotFoundException"),
    "unreachable": EndpointConnectionError(endpoint_url="https://secretsmanager"),
    "silent": ReadTimeoutError(endpoint_url="https://secretsmanager"),
    "binary": {"SecretBinary": b"\x00"},
    "empty": "",
    "not JSON": "{",
    "no object": '["0123456789abcdef"]',
    "null": "null",
}


def test_a_secret_is_read_once_and_remembered(secrets: Secrets, manager: SecretsManager, clock: Clock) -> None:
    for _ in range(100):
        assert secrets.read(ARN) == json.loads(GOOD)
        clock.now += MAX_AGE_SECONDS / 101
    assert manager.asked == [ARN]


def test_a_remembered_secret_grows_old(secrets: Secrets, manager: SecretsManager, clock: Clock) -> None:
    secrets.read(ARN)
    manager.holds[ARN] = NEW
    clock.now += MAX_AGE_SECONDS
    assert secrets.read(ARN) == json.loads(NEW)
    assert len(manager.asked) == 2


def test_secrets_are_remembered_apart(secrets: Secrets, manager: SecretsManager) -> None:
    assert (secrets.read(ARN), secrets.read(OTHER)) == (json.loads(GOOD), json.loads(NEW))
    assert (secrets.read(OTHER), secrets.read(ARN)) == (json.loads(NEW), json.loads(GOOD))
    assert manager.asked == [ARN, OTHER]


@pytest.mark.parametrize("outage", OUTAGES)
def test_without_a_remembered_value_an_outage_is_told(secrets: Secrets, manager: SecretsManager, outage: str) -> None:
    manager.holds[ARN] = OUTAGES[outage]
    with pytest.raises(SecretUnavailable):
        secrets.read(ARN)
    manager.holds[ARN] = GOOD
    assert secrets.read(ARN) == json.loads(GOOD)


@pytest.mark.parametrize("outage", OUTAGES)
def test_the_last_good_value_serves_through_an_outage_for_an_hour(
    secrets: Secrets, manager: SecretsManager, clock: Clock, outage: str
) -> None:
    secrets.read(ARN)
    manager.holds[ARN] = OUTAGES[outage]
    while clock.now < LAST_GOOD_SECONDS:
        assert secrets.read(ARN) == json.loads(GOOD)
        clock.now += 60
    clock.now = LAST_GOOD_SECONDS + REREAD_SECONDS
    with pytest.raises(SecretUnavailable):
        secrets.read(ARN)


def test_an_outage_is_no_storm_of_reads(secrets: Secrets, manager: SecretsManager, clock: Clock) -> None:
    secrets.read(ARN)
    manager.holds[ARN] = OUTAGES["throttled"]
    clock.now += MAX_AGE_SECONDS
    manager.asked.clear()
    for _ in range(1000):
        secrets.read(ARN)
        clock.now += 0.1
    assert len(manager.asked) <= 100 / REREAD_SECONDS + 1


def test_after_an_outage_the_new_value_is_found_soon(secrets: Secrets, manager: SecretsManager, clock: Clock) -> None:
    secrets.read(ARN)
    manager.holds[ARN] = OUTAGES["throttled"]
    clock.now += MAX_AGE_SECONDS
    secrets.read(ARN)
    manager.holds[ARN] = NEW
    clock.now += REREAD_SECONDS
    assert secrets.read(ARN) == json.loads(NEW)


def test_a_re_read_finds_what_was_rotated(secrets: Secrets, manager: SecretsManager, clock: Clock) -> None:
    secrets.read(ARN)
    manager.holds[ARN] = NEW
    clock.now += 1
    assert secrets.read(ARN) == json.loads(GOOD)
    assert secrets.reread(ARN) == json.loads(NEW)
    assert secrets.read(ARN) == json.loads(NEW)
    assert len(manager.asked) == 2


@pytest.mark.parametrize("outage", [None, *OUTAGES])
def test_a_thousand_forged_requests_are_few_re_reads(
    secrets: Secrets, manager: SecretsManager, clock: Clock, outage: str | None
) -> None:
    secrets.read(ARN)
    if outage:
        manager.holds[ARN] = OUTAGES[outage]
    manager.asked.clear()
    for _ in range(1000):
        assert secrets.reread(ARN) == json.loads(GOOD)
        clock.now += 0.025
    assert 1 <= len(manager.asked) <= 25 / REREAD_SECONDS + 1


def test_re_reads_are_limited_for_each_secret_by_itself(secrets: Secrets, manager: SecretsManager) -> None:
    for arn in (ARN, ARN, OTHER, OTHER):
        secrets.reread(arn)
    assert manager.asked == [ARN, OTHER]


def test_a_first_request_that_is_forged_reads_no_more_than_twice(secrets: Secrets, manager: SecretsManager) -> None:
    for _ in range(50):
        secrets.read(ARN)
        secrets.reread(ARN)
    assert len(manager.asked) <= 2


def test_a_re_read_during_an_outage_gives_the_last_good_value(
    secrets: Secrets, manager: SecretsManager, clock: Clock
) -> None:
    secrets.read(ARN)
    manager.holds[ARN] = OUTAGES["failing"]
    assert secrets.reread(ARN) == json.loads(GOOD)
    clock.now += LAST_GOOD_SECONDS
    with pytest.raises(SecretUnavailable):
        secrets.reread(ARN)


@pytest.mark.parametrize("outage", OUTAGES)
def test_neither_log_nor_error_tells_what_is_stored(
    secrets: Secrets, manager: SecretsManager, caplog: pytest.LogCaptureFixture, outage: str
) -> None:
    stored = OUTAGES[outage]
    manager.holds[ARN] = "not-json-0123456789abcdef" if isinstance(stored, str) else stored
    with pytest.raises(SecretUnavailable) as raised:
        secrets.read(ARN)
    assert "0123456789abcdef" not in str(raised.value.messages)
    assert "0123456789abcdef" not in str([vars(record) for record in caplog.records])
