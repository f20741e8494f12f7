"""Runs one event in this process and writes down every call to the table, with the capacity units it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore import client

from bench import capacity

# Untyped: every client call passes one private method.
BaseClient: Any = client.BaseClient


@dataclass
class Ledger:
    """Calls to the table by name, and the units they took."""

    calls: list[str] = field(default_factory=list)
    read_units: float = 0.0
    write_units: int = 0


@contextmanager
def ledger() -> Iterator[Ledger]:
    """Everything that is called inside is written into the ledger."""
    book = Ledger()
    send = BaseClient._make_api_call  # noqa: SLF001

    def item(caller: Any, call: dict[str, Any]) -> Any:
        key = call.get("Key") or {"pk": call["Item"]["pk"]}
        return send(caller, "GetItem", {"TableName": call["TableName"], "Key": key, "ConsistentRead": True}).get("Item")

    def indexes(caller: Any, table: str) -> Any:
        return send(caller, "DescribeTable", {"TableName": table})["Table"].get("GlobalSecondaryIndexes", [])

    def make_api_call(caller: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if caller.meta.service_model.service_name != "dynamodb":
            return send(caller, operation, arguments)
        book.calls.append(operation)
        writes = [arguments] if operation in ("PutItem", "UpdateItem", "DeleteItem") else []
        writes = [next(iter(write.values())) for write in arguments.get("TransactItems", [])] or writes
        before = [item(caller, write) for write in writes]
        answer = send(caller, operation, arguments)
        for write, old in zip(writes, before, strict=True):
            units = capacity.write_units(old, item(caller, write), indexes(caller, write["TableName"]))
            book.write_units += units * (2 if operation == "TransactWriteItems" else 1)
        if operation == "GetItem":
            found = [answer["Item"]] if "Item" in answer else []
            book.read_units += capacity.read_units(found, consistent=arguments.get("ConsistentRead", False))
        if operation == "Query":
            book.read_units += capacity.read_units(answer["Items"], consistent=False)
        return answer

    BaseClient._make_api_call = make_api_call  # noqa: SLF001
    try:
        yield book
    finally:
        BaseClient._make_api_call = send  # noqa: SLF001
