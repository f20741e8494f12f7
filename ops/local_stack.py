"""The local stack (`make run`) as the place of an erasure: its own AWS and Mux, and nothing of the real ones."""

import shlex
from pathlib import Path
from typing import Any, Final

import boto3
import requests
from botocore.config import Config

from ops.stack import OperatorError
from ops.target import FUNCTION, Target

HOST: Final = "127.0.0.1"
_WAYS_IN: Final = Path(__file__).resolve().parent.parent / ".local" / "aws"
"""Where the local stack leaves the way into its AWS, in a file for each port of its API."""
_SECONDS: Final = 10
_CONFIG: Final = Config(proxies={}, connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})


def target(port: str, ways_in: Path = _WAYS_IN) -> Target:
    """The stack whose API is at this port of this machine. Raises OperatorError when there is none."""
    if not (port.isascii() and port.isdigit() and len(port) < 6):
        raise OperatorError(f"LOCAL is {port!a}: say the port of the local stack's API, as in LOCAL=8000")
    account = _account(ways_in / f"{port}.env", port)
    address = account.get("AWS_ENDPOINT_URL", "")
    if not address.startswith(f"http://{HOST}:"):
        raise OperatorError(f"the local stack's AWS is not on this machine: {address}")
    session = boto3.Session(
        aws_access_key_id=account.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=account.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=account.get("AWS_SESSION_TOKEN"),
        region_name=account.get("AWS_REGION"),
    )
    return Target(
        name=f"local {port}",
        region=str(session.region_name),
        variables=_variables(port),
        dynamodb=session.client("dynamodb", endpoint_url=address, config=_CONFIG),
        secretsmanager=session.client("secretsmanager", endpoint_url=address, config=_CONFIG),
        named={"LOCAL": port},
    )


def _account(file: Path, port: str) -> dict[str, str]:
    """The variables in the file that the local stack has written."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise OperatorError(f"no local stack has its API at port {port}: make run") from error
    words = [shlex.split(line) for line in lines]
    pairs = [entry[1].partition("=") for entry in words if len(entry) == 2 and entry[0] == "export"]
    return {name: value for name, _, value in pairs}


def _variables(port: str) -> dict[str, str]:
    """The settings of the reconcile, as the local stack gives them to it."""
    address = f"http://{HOST}:{port}/_local/functions/{FUNCTION}/environment"
    try:
        answer = requests.get(address, timeout=_SECONDS)
        answer.raise_for_status()
        found: Any = answer.json()["environment"]
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise OperatorError(f"the local stack at port {port} does not answer: {type(error).__name__}") from error
    return {str(name): str(value) for name, value in found.items()}
