"""The stack's own table: to fill it faster than the API does, and to see what is open."""

from __future__ import annotations

import itertools
import json
import subprocess
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from local.embedded import LocalStack
    from tests.owners import Owner

_BATCH = 25


class StackTable:
    def __init__(self, stack: LocalStack) -> None:
        script = f'. "{stack.aws_file}" && env -0'
        told = subprocess.run(["sh", "-euc", script], env={}, capture_output=True, text=True, check=True).stdout
        variables = dict(line.split("=", 1) for line in told.split("\0") if line)
        self._client: Any = boto3.client(
            "dynamodb",
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            region_name=variables["AWS_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )
        [self._name] = self._client.list_tables()["TableNames"]

    def open_uploads(self, owner: Owner) -> list[str]:
        """The uploads that wait for a file."""
        return [
            item["pk"]["S"]
            for item in self._items()
            if item["pk"]["S"].startswith("UPLOAD#")
            and item.get("owner", {}).get("S") == owner.name
            and item.get("status", {}).get("S") == "waiting"
        ]

    def multiply(self, video: dict[str, Any], count: int) -> None:
        """Beside a video whose title ends in 0000, others like it up to `count` in all; Mux knows none of them."""
        [pattern] = [item for item in self._items() if item["pk"]["S"] == f"ASSET#{video['id']}"]
        text, stem = json.dumps(pattern), video["title"].removesuffix("0000")
        copies = [
            json.loads(
                text.replace(video["id"], f"{video['id'][:-4]}{number:04}").replace(f"{stem}0000", f"{stem}{number:04}")
            )
            for number in range(1, count)
        ]
        for batch in itertools.batched(copies, _BATCH, strict=False):
            writes = [{"PutRequest": {"Item": item}} for item in batch]
            self._client.batch_write_item(RequestItems={self._name: writes})

    def _items(self) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(TableName=self._name)
        return [item for page in pages for item in page["Items"]]
