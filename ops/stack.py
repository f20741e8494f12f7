"""A deployed stack as CloudFormation describes it: status, parameters, outputs, resources. The door to AWS here."""

import os
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)

_CONFIG = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 3})
_SIGNED_OUT = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


class OperatorError(Exception):
    """The tool cannot do its work; the text says what to do."""


def signed_in(region: str) -> boto3.Session:
    """A session with credentials and a region. Raises OperatorError when there is none of either."""
    try:
        # boto3 itself reads AWS_DEFAULT_REGION alone, the AWS CLI both.
        session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
        found = session.get_credentials()
    except (ProfileNotFound, PartialCredentialsError, SSOError) as error:
        raise OperatorError(f"AWS credentials: {error}. Run aws configure, or set AWS_PROFILE.") from error
    if found is None:
        raise OperatorError("no AWS credentials: run aws configure (or aws sso login), or set AWS_PROFILE")
    if not session.region_name:
        raise OperatorError("no AWS region: say REGION=eu-central-1, or set AWS_REGION")
    return session


class Stack:
    """One stack by its name. Raises OperatorError when CloudFormation does not show it."""

    def __init__(self, session: boto3.Session, name: str) -> None:
        self.name = name
        self.region = str(session.region_name)
        self._session = session
        self._clients: dict[str, Any] = {}
        description = self._described()
        self.status = str(description["StackStatus"])
        self.outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in description.get("Outputs", [])}
        self.parameters = {
            entry["ParameterKey"]: entry.get("ParameterValue", "") for entry in description.get("Parameters", [])
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the stack's region."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        return self._clients[service]

    def of_type(self, kind: str) -> dict[str, str]:
        """The physical ids of all resources of one CloudFormation type, by logical id."""
        return {
            entry["LogicalResourceId"]: entry["PhysicalResourceId"]
            for entry in self._resources
            if entry["ResourceType"] == kind and "PhysicalResourceId" in entry
        }

    @cached_property
    def _resources(self) -> list[dict[str, Any]]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return [entry for page in pages for entry in page["StackResourceSummaries"]]

    def _described(self) -> dict[str, Any]:
        try:
            [description] = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if "does not exist" in message:
                advice = "say STACK=name and REGION=region; aws cloudformation list-stacks has the names"
                raise OperatorError(f"no stack is called {self.name} in {self.region}: {advice}") from error
            if code in _SIGNED_OUT:
                raise OperatorError(f"AWS does not take the credentials ({code}): sign in again") from error
            raise OperatorError(f"CloudFormation does not show the stack: {code}: {message}") from error
        except (NoCredentialsError, NoRegionError, BotoCoreError) as error:
            raise OperatorError(f"AWS cannot be asked: {error}") from error
        found: dict[str, Any] = description
        return found
