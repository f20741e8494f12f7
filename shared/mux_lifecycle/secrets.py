"""The one door to Secrets Manager: JSON secrets, remembered for a while, re-read when they turn out to be stale."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from mux_lifecycle.errors import ConfigurationError, SecretUnavailable
from mux_lifecycle.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE_SECONDS: Final = 300.0
LAST_GOOD_SECONDS: Final = 3600.0
"""How long a remembered value serves while Secrets Manager does not answer."""
REREAD_SECONDS: Final = 10.0
"""The shortest time between two reads that a mismatch asks for: forged requests must not become calls."""
_NO_VALUE: Final = "ResourceNotFoundException"


class _Remembered(NamedTuple):
    value: Mapping[str, Any]
    read_at: float
    ask_again_at: float


class Secrets:
    """Reads and writes secrets by ARN. `clock` gives seconds, monotonic."""

    def __init__(self, client: SecretsManagerClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._remembered: dict[str, _Remembered] = {}
        self._reread_at: dict[str, float] = {}

    def read(self, arn: str) -> Mapping[str, Any]:
        """The secret's JSON object, at most MAX_AGE_SECONDS old if Secrets Manager answers.

        Raises SecretUnavailable when it does not, or holds no JSON object, and no recent value is remembered.
        """
        last = self._remembered.get(arn)
        return last.value if last and self._clock() < last.ask_again_at else self._ask(arn, last)

    def reread(self, arn: str) -> Mapping[str, Any]:
        """What `read` gives, but from Secrets Manager itself, unless this was done within REREAD_SECONDS."""
        now = self._clock()
        if now - self._reread_at.get(arn, -REREAD_SECONDS) < REREAD_SECONDS:
            return self.read(arn)
        self._reread_at[arn] = now
        return self._ask(arn, self._remembered.get(arn))

    def current(self, arn: str) -> Mapping[str, Any] | None:
        """The secret's JSON object as it stands, past all that is remembered; None while nobody has put a value.

        Raises SecretUnavailable when Secrets Manager does not answer, ConfigurationError for another kind of value.
        """
        try:
            text = self._client.get_secret_value(SecretId=arn).get("SecretString", "")
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == _NO_VALUE:
                return None
            raise SecretUnavailable("a secret cannot be read: try again") from error
        try:
            return _parse(text)
        except ValueError as error:
            raise ConfigurationError(f"the secret {arn} must hold a JSON object") from error

    def write(self, arn: str, value: Mapping[str, Any]) -> None:
        """Put a new value; SecretUnavailable when that may have failed, and may also have been done."""
        try:
            self._client.put_secret_value(SecretId=arn, SecretString=json.dumps(value))
        except (ClientError, BotoCoreError) as error:
            logger.error("secret not written", arn=arn, error=type(error).__name__)
            raise SecretUnavailable("a secret cannot be written: try again") from error

    def _ask(self, arn: str, last: _Remembered | None) -> Mapping[str, Any]:
        now = self._clock()
        try:
            value = _parse(self._client.get_secret_value(SecretId=arn)["SecretString"])
        except (ClientError, BotoCoreError, KeyError, ValueError) as error:
            logger.error("secret not readable", arn=arn, error=type(error).__name__)
            if not last or now - last.read_at >= LAST_GOOD_SECONDS:
                raise SecretUnavailable("a secret cannot be read: try again") from error
            self._remembered[arn] = last._replace(ask_again_at=now + REREAD_SECONDS)
            return last.value
        self._remembered[arn] = _Remembered(value, now, now + MAX_AGE_SECONDS)
        return value


def _parse(text: str) -> Mapping[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("the secret is not a JSON object")  # noqa: TRY004 - a bad value, whoever put it there
    return value
