"""Where functions are measured: moto as a server, the Mux emulator, and the template's table and secrets in them."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import boto3
import requests

from bench.moto_server import MotoServer
from local import aws
from local.mux import MuxEmulator
from local.template import Template
from tests.world import NO_BUDGET, NO_LIMITS, ORIGIN, ROOT, SIGNING_SECRET

REGION: Final = "eu-central-1"
_PARAMETERS: Final = {
    "AllowedOrigins": ORIGIN,
    "JwtIssuer": "https://issuer.example.com",
    "JwtAudience": "client",
    "StackTag": "videos",
    "AWS::Region": REGION,
}


class Stage:
    """A running stage; `environment` is what a function gets on it."""

    def __enter__(self) -> Self:
        self._moto = MotoServer()
        account = aws.Account(self._moto.start(), "local")
        self._aws = aws.environment(account, REGION)
        self.mux = MuxEmulator(processing_seconds=0.01)
        self.mux.start()
        self.template = Template.load(
            ROOT / "template.yaml", _PARAMETERS | NO_LIMITS | NO_BUDGET | {"MuxEnvironmentId": self.mux.environment_id}
        )
        secrets: dict[str, dict[str, Any]] = {
            "MuxTokenSecret": {"token_id": self.mux.token_id, "token_secret": self.mux.token_secret},
            "MuxWebhookSecret": {"signing_secrets": [SIGNING_SECRET]},
            "MuxSigningKeySecret": self._signing_key(),
        }
        aws.provision(account, self.template, secrets)
        for logical_id in self.template.functions:
            os.environ |= self.environment(logical_id) | {"POWERTOOLS_LOG_LEVEL": "CRITICAL"}
        self.dynamodb = boto3.client("dynamodb")
        self.table_name = self.template.physical_name("LifecycleTable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mux.close()
        self._moto.stop()

    def environment(self, logical_id: str) -> dict[str, str]:
        """Exactly the variables of one function."""
        return self.template.function_environment(logical_id) | self._aws | {"MUX_API_URL": self.mux.url}

    def asset(self, asset_id: str) -> dict[str, Any]:
        """An asset as Mux has it."""
        answer = requests.get(f"{self.mux.url}/video/v1/assets/{asset_id}", auth=self._credentials, timeout=10)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()["data"]
        return found

    def empty_table(self) -> None:
        """Forget all records; Mux keeps what it has."""
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=self.table_name):
            for item in page["Items"]:
                self.dynamodb.delete_item(TableName=self.table_name, Key={"pk": item["pk"]})

    def _signing_key(self) -> dict[str, Any]:
        answer = requests.post(f"{self.mux.url}/system/v1/signing-keys", auth=self._credentials, timeout=10)
        answer.raise_for_status()
        key = answer.json()["data"]
        return {"key_id": key["id"], "private_key": key["private_key"]}

    @property
    def _credentials(self) -> tuple[str, str]:
        return self.mux.token_id, self.mux.token_secret


def child_environment(variables: dict[str, str], path: list[Path]) -> dict[str, str]:
    """For a fresh interpreter that finds nothing but `path`, as in Lambda."""
    return variables | {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
