"""Runs one event in this process and writes down every call to the table, with the capacity units it takes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore import client
from botocore.exceptions import ClientError

from bench import capacity

# Untyped: every client call passes one private method.
BaseClient: Any = client.BaseClient

type Json = Mapping[str, Any]


@dataclass
class Ledger:
    """Calls to the table by name, the units they took, and the bytes that were read for them."""

    calls: list[str] = field(default_factory=list)
    read_units: float = 0.0
    read_bytes: int = 0
    write_units: int = 0

    def read(self, operation: str, arguments: Json, answer: Json) -> None:
        """Enter a read. Raises ValueError for one that does not tell what it has read."""
        consistent = arguments.get("ConsistentRead", False)
        match operation:
            case "GetItem":
                reads = [[answer["Item"]] if "Item" in answer else []]
            case "Query" if answer["ScannedCount"] == len(answer["Items"]):
                reads = [answer["Items"]]
            case "BatchGetItem":
                [[name, wanted]] = arguments["RequestItems"].items()
                found = answer["Responses"][name]
                consistent = wanted.get("ConsistentRead", False)
                reads = [[item] for item in found] + [[]] * (len(wanted["Keys"]) - len(found))
            case _:
                raise ValueError(f"{operation}: what it reads is not what it answers, so its units are unknown")
        self.read_units += sum(capacity.read_units(items, consistent=consistent) for items in reads)
        self.read_bytes += sum(capacity.size(item) for items in reads for item in items)


@contextmanager
def ledger() -> Iterator[Ledger]:
    """Everything that is called inside is written into the ledger."""
    book = Ledger()
    send = BaseClient._make_api_call  # noqa: SLF001

    def item(caller: Any, call: Json) -> Any:
        key = call.get("Key") or {"pk": call["Item"]["pk"]}
        return send(caller, "GetItem", {"TableName": call["TableName"], "Key": key, "ConsistentRead": True}).get("Item")

    def indexes(caller: Any, table: str) -> Any:
        return send(caller, "DescribeTable", {"TableName": table})["Table"].get("GlobalSecondaryIndexes", [])

    def make_api_call(caller: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if caller.meta.service_model.service_name != "dynamodb":
            return send(caller, operation, arguments)
        book.calls.append(operation)
        writes = _writes(operation, arguments)
        before = [item(caller, write) for write in writes]
        try:
            answer = send(caller, operation, arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                book.write_units += sum(capacity.refused_write_units(old) for old in before)
            raise
        for write, old in zip(writes, before, strict=True):
            units = capacity.write_units(old, item(caller, write), indexes(caller, write["TableName"]))
            book.write_units += units * (2 if operation == "TransactWriteItems" else 1)
        if not writes:
            book.read(operation, arguments, answer)
        return answer

    BaseClient._make_api_call = make_api_call  # noqa: SLF001
    try:
        yield book
    finally:
        BaseClient._make_api_call = send  # noqa: SLF001


def _writes(operation: str, arguments: Json) -> list[Json]:
    if operation == "TransactWriteItems":
        return [next(iter(write.values())) for write in arguments["TransactItems"]]
    return [arguments] if operation in ("PutItem", "UpdateItem", "DeleteItem") else []
