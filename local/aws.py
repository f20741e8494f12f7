"""AWS on this machine: moto's DynamoDB and Secrets Manager in a process of their own, filled from the template.

As a program (`python -m local.aws DESCRIPTOR`) it serves on the listening socket with that file descriptor, for who
signs with the access key in its environment.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shlex
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from local.aws_gate import gate
from local.template import create_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mypy_boto3_dynamodb import DynamoDBClient

    from local.template import Template

ACCESS_KEY = "AWS_ACCESS_KEY_ID"
# Nobody compares these two; they only have to be there.
_SECRET = "local"  # noqa: S105
_SESSION_TOKEN = "local"  # noqa: S105
_CONFIG = Config(proxies={}, retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


@dataclass(frozen=True)
class Account:
    """The AWS at `url`, and the id of the only access key that opens it."""

    url: str
    access_key: str = field(repr=False)


def new_access_key() -> str:
    """An access key id that nobody guesses: 128 random bits."""
    return f"LOCAL{secrets.token_hex(16).upper()}"


def variables(account: Account, region: str) -> dict[str, str]:
    """The variables that point AWS clients at an account."""
    return {
        ACCESS_KEY: account.access_key,
        "AWS_SECRET_ACCESS_KEY": _SECRET,
        "AWS_SESSION_TOKEN": _SESSION_TOKEN,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": account.url,
        "AWS_REGION": region,
    }


def environment(account: Account, region: str) -> dict[str, str]:
    """The variables that point a function's AWS clients at an account, whatever the user's own AWS settings are."""
    return {
        **variables(account, region),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def write_variables(file: Path, account: Account, region: str) -> None:
    """Write the variables for a shell to source, into a file that only this user can read."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # What is there may be a link, or may be read by others.
    file.unlink(missing_ok=True)
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables(account, region).items()]
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.writelines(lines)


def list_tables(account: Account) -> AWSRequest:
    """A signed request for an account's tables, for who has no time for a client."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest("POST", f"{account.url}/", headers=headers, data=b"{}")
    SigV4Auth(Credentials(account.access_key, _SECRET), "dynamodb", "us-east-1").add_auth(request)
    return request


def provision(account: Account, template: Template, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Create the template's tables, and its secrets with the values given by logical id (those without stay empty)."""
    region = template.ref("AWS::Region")
    tables = dynamodb(account, region)
    for logical_id in template.tables:
        create_table(tables, template, logical_id)
    manager = _session(account, region).client("secretsmanager", endpoint_url=account.url, config=_CONFIG)
    for logical_id in template.secrets:
        name = template.physical_name(logical_id)
        if logical_id in values:
            manager.create_secret(Name=name, SecretString=json.dumps(values[logical_id]))
        else:
            manager.create_secret(Name=name)
    tables.close()
    manager.close()


def dynamodb(account: Account, region: str) -> DynamoDBClient:
    """A client of the account's DynamoDB."""
    return _session(account, region).client("dynamodb", endpoint_url=account.url, config=_CONFIG)


def _session(account: Account, region: str) -> boto3.Session:
    """A session that sees nothing of the user's AWS profiles."""
    variables = {
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        "profile": (None, None, None, None),
    }
    return boto3.Session(
        botocore_session=botocore.session.Session(session_vars=variables),
        region_name=region,
        aws_access_key_id=account.access_key,
        aws_secret_access_key=_SECRET,
        aws_session_token=_SESSION_TOKEN,
    )


def one_by_one(application: WSGIApplication) -> WSGIApplication:
    """The application, for one request at a time.

    DynamoDB checks a condition and writes in one step; moto does it in two, and a second request gets in between.
    """
    lock = threading.Lock()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with lock:
            return application(environ, start_response)

    return answer


def _serve(descriptor: int, access_key: str) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415 (slow; for this only)
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    application = gate(one_by_one(DomainDispatcherApplication(create_backend_app)), access_key)
    make_server("127.0.0.1", 0, application, threaded=True, fd=descriptor).serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), os.environ[ACCESS_KEY])
