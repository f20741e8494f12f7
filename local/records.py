"""Looks into the stack's table, for people: which records there are, in what state, and until when somebody waits.

It reads the attributes that stand for themselves, and none of the documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READ = 500
"""So many records are looked at; more are no matter for people's eyes."""

_KINDS = ("ASSET", "UPLOAD", "CHECKPOINT")


class Records:
    """Of the table `name`; made and used in one thread at a time."""

    def __init__(self, account: aws.Account, region: str, name: str) -> None:
        self._account = account
        self._region = region
        self._name = name
        self._client: DynamoDBClient | None = None

    def latest(self) -> list[dict[str, Any]]:
        """Uploads, assets and checkpoints; what changed last comes first."""
        if self._client is None:
            self._client = aws.dynamodb(self._account, self._region)
        items = self._client.scan(
            TableName=self._name,
            Limit=_READ,
            ProjectionExpression="pk, #status, #owner, seen, due_at",
            ExpressionAttributeNames={"#status": "status", "#owner": "owner"},
        )["Items"]
        found = [_shown({name: next(iter(value.values())) for name, value in item.items()}) for item in items]
        return sorted((record for record in found if record["kind"] in _KINDS), key=_changed, reverse=True)


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    kind, _, rest = item["pk"].partition("#")
    due_at = item.get("due_at")
    return {
        "kind": kind,
        "id": rest,
        "status": item.get("status", ""),
        "owner": item.get("owner", ""),
        "changed_at": _micros(item.get("seen", "")),
        "due_at": float(due_at) if due_at else None,
    }


def _micros(version: str) -> float | None:
    """The time in `rank|microseconds|event id`, in Unix seconds."""
    parts = version.split("|")
    return int(parts[1]) / 1_000_000 if len(parts) == 3 and parts[1].isdigit() else None


def _changed(record: dict[str, Any]) -> float:
    return float(record["changed_at"] or 0)
