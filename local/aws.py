"""AWS on this machine: moto's DynamoDB and Secrets Manager in a process of their own, filled from the template.

As a program (`python -m local.aws DESCRIPTOR`) it serves on the listening socket with that file descriptor.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from local.template import create_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mypy_boto3_dynamodb import DynamoDBClient

    from local.template import Template

# moto takes any; they only have to be there.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
}
_CONFIG = Config(proxies={}, retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


def environment(url: str, region: str) -> dict[str, str]:
    """The variables that point a function's AWS clients at `url`, whatever the user's own AWS settings are."""
    return {
        **CREDENTIALS,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": region,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def provision(url: str, template: Template, secrets: Mapping[str, Mapping[str, Any]]) -> None:
    """Create the template's tables, and its secrets with the values given by logical id (those without stay empty)."""
    region = template.ref("AWS::Region")
    tables = dynamodb(url, region)
    for logical_id in template.tables:
        create_table(tables, template, logical_id)
    manager = _session(region).client("secretsmanager", endpoint_url=url, config=_CONFIG)
    for logical_id in template.secrets:
        name = template.physical_name(logical_id)
        if logical_id in secrets:
            manager.create_secret(Name=name, SecretString=json.dumps(secrets[logical_id]))
        else:
            manager.create_secret(Name=name)
    tables.close()
    manager.close()


def dynamodb(url: str, region: str) -> DynamoDBClient:
    """A client of the DynamoDB at `url`."""
    return _session(region).client("dynamodb", endpoint_url=url, config=_CONFIG)


def _session(region: str) -> boto3.Session:
    """A session that sees nothing of the user's AWS profiles."""
    variables = {
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        "profile": (None, None, None, None),
    }
    return boto3.Session(
        botocore_session=botocore.session.Session(session_vars=variables),
        region_name=region,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=CREDENTIALS["AWS_SESSION_TOKEN"],
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


def _serve(descriptor: int) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415 (slow; for this only)
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    application = one_by_one(DomainDispatcherApplication(create_backend_app))
    make_server("127.0.0.1", 0, application, threaded=True, fd=descriptor).serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
