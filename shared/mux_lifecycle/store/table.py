"""The one door to DynamoDB: plain items in and out, conditional writes, errors in our words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from mux_lifecycle.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

type Value = str | int | frozenset[str]
"""What an attribute holds. DynamoDB knows no empty set: a set that is empty is no attribute."""
type Item = dict[str, Value]

_NAME: Final = re.compile(r"#([a-z_]+)")
_TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "InternalServerErrorException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_TRANSIENT_REASONS: Final = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})

_BATCH_ROUNDS: Final = 3


class Refused(Exception):
    """A condition did not hold. `item` is what stood there; empty when nothing did."""

    def __init__(self, item: Item) -> None:
        super().__init__("condition not met")
        self.item = item


class Table:
    """One DynamoDB table whose partition key is `pk`. Every method raises StoreUnavailable when AWS fails."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, pk: str) -> Item | None:
        """The item as it is now (a consistent read), or None."""
        answer = self._call("get_item", Key=_marshal({"pk": pk}), ConsistentRead=True)
        return _unmarshal(answer["Item"]) if "Item" in answer else None

    def get_all(self, pks: list[str], *, consistent: bool = False) -> list[Item]:
        """The items that exist, in the order of `pks` (at most 100, all different).

        As they are now if `consistent`, which costs twice as much; else perhaps as they were a moment ago.
        """
        found: dict[str, Item] = {}
        asked = [_marshal({"pk": pk}) for pk in pks]
        for _ in range(_BATCH_ROUNDS):
            if not asked:
                break
            wanted: Any = {"Keys": asked, "ConsistentRead": consistent}
            answer = self._send("batch_get_item", RequestItems={self._name: wanted})
            found |= {item["pk"]["S"]: _unmarshal(item) for item in answer["Responses"].get(self._name, [])}
            asked = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
        if asked:
            raise StoreUnavailable("the store is busy: try again")
        return [found[pk] for pk in pks if pk in found]

    def put(self, item: Item, *, condition: str, values: Mapping[str, Value]) -> Item:
        """Replace the whole item, or raise Refused. What stood there before comes back; empty when nothing did."""
        expressions = _expressions(condition, _placeholders(values), _names(condition))
        answer = self._conditional("put_item", Item=_marshal(item), ReturnValues="ALL_OLD", **expressions)
        return _unmarshal(answer.get("Attributes", {}))

    def delete(self, pk: str, *, condition: str, values: Mapping[str, Value]) -> None:
        """Delete the item, or raise Refused."""
        self._conditional(
            "delete_item", Key=_marshal({"pk": pk}), **_expressions(condition, _placeholders(values), _names(condition))
        )

    def update(
        self,
        pk: str,
        *,
        put: Mapping[str, Value],
        condition: str,
        values: Mapping[str, Value] | None = None,
        names: Mapping[str, str] | None = None,
        once: Mapping[str, Value] | None = None,
        remove: Iterable[str] = (),
        fetch: bool = False,
    ) -> Item:
        """Write `put`, fill `once` where nothing stands yet, drop `remove`, or raise Refused.

        In `condition`, `#name` is the attribute of that name (or what `names` says), `:name` is `values[name]`.
        With `fetch` the item as it is then comes back; without, an empty one.
        """
        request = _update(pk, put, condition, values, names, once, remove)
        returned = "ALL_NEW" if fetch else "NONE"
        answer = self._conditional("update_item", ReturnValues=returned, **request)
        return _unmarshal(answer.get("Attributes", {}))

    def add_to_sets(
        self,
        pk: str,
        sets: Mapping[str, frozenset[str] | int],
        *,
        condition: str,
        values: Mapping[str, Value],
        put: Mapping[str, Value] | None = None,
        once: Mapping[str, Value] | None = None,
    ) -> None:
        """Put members into sets and add to numbers, write `put`, fill `once` where nothing stands, or raise Refused.

        Members that are there already stay.
        """
        self._change_sets(pk, "ADD", sets, condition, values, put or {}, once or {})

    def take_from_sets(
        self,
        pk: str,
        sets: Mapping[str, frozenset[str]],
        *,
        condition: str,
        values: Mapping[str, Value],
        put: Mapping[str, Value] | None = None,
    ) -> None:
        """Take members out of sets, and write `put`, or raise Refused. Members that are not there do not matter."""
        self._change_sets(pk, "DELETE", sets, condition, values, put or {}, {})

    def _change_sets(
        self,
        pk: str,
        verb: Literal["ADD", "DELETE"],
        sets: Mapping[str, frozenset[str] | int],
        condition: str,
        values: Mapping[str, Value],
        put: Mapping[str, Value],
        once: Mapping[str, Value],
    ) -> None:
        changes = [f"#{name} :of_{name}" for name in sets]
        assignments = [f"#{name} = :put_{name}" for name in put]
        assignments += [f"#{name} = if_not_exists(#{name}, :put_{name})" for name in once]
        clauses = ((verb, changes), ("SET", assignments))
        expression = " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses if parts)
        used_values: Item = {f":of_{name}": members for name, members in sets.items()}
        used_values |= {f":put_{name}": value for name, value in {**put, **once}.items()} | _placeholders(values)
        self._conditional(
            "update_item",
            Key=_marshal({"pk": pk}),
            UpdateExpression=expression,
            **_expressions(condition, used_values, _names(condition + expression)),
        )

    def update_both(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        """Two updates (the arguments of `update`), both or neither; Refused with an empty item if a condition fails."""
        writes: Any = [{"Update": _update(**update) | {"TableName": self._name}} for update in (first, second)]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if "ConditionalCheckFailed" in reasons:
                raise Refused({}) from error
            if reasons & _TRANSIENT_REASONS or _is_transient(error):
                raise StoreUnavailable("the store is busy: try again") from error
            raise
        except BotoCoreError as error:
            raise StoreUnavailable("the store cannot be reached: try again") from error

    def query(
        self,
        index: str,
        *,
        condition: str,
        values: Mapping[str, Value],
        limit: int,
        descending: bool = False,
        start: Item | None = None,
        only: Iterable[str] = (),
    ) -> tuple[list[Item], bool]:
        """At most `limit` items of `index` after the position `start`, and whether there may be more.

        `only` names the attributes that come back; by default all do.
        """
        projection = ", ".join(f"#{name}" for name in only)
        request: dict[str, Any] = {
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": _names(condition + projection),
            "ExpressionAttributeValues": _marshal(_placeholders(values)),
            "ScanIndexForward": not descending,
            "Limit": limit,
        }
        if projection:
            request["ProjectionExpression"] = projection
        if start:
            request["ExclusiveStartKey"] = _marshal(start)
        answer = self._call("query", **request)
        return [_unmarshal(item) for item in answer["Items"]], "LastEvaluatedKey" in answer

    def _conditional(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            return self._call(operation, ReturnValuesOnConditionCheckFailure="ALL_OLD", **request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            item: Any = error.response.get("Item", {})
            raise Refused(_unmarshal(item)) from error

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        return self._send(operation, TableName=self._name, **request)

    def _send(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**request)
        except ClientError as error:
            if _is_transient(error):
                raise StoreUnavailable("the store is busy: try again") from error
            raise
        except BotoCoreError as error:
            raise StoreUnavailable("the store cannot be reached: try again") from error
        return answer


def _update(
    pk: str,
    put: Mapping[str, Value],
    condition: str,
    values: Mapping[str, Value] | None = None,
    names: Mapping[str, str] | None = None,
    once: Mapping[str, Value] | None = None,
    remove: Iterable[str] = (),
) -> dict[str, Any]:
    used_names = _names(condition) | dict(names or {})
    used_values = _placeholders(values or {})
    assignments: list[str] = []
    for number, (name, value, template) in enumerate(
        [(name, value, "{0} = {1}") for name, value in put.items()]
        + [(name, value, "{0} = if_not_exists({0}, {1})") for name, value in (once or {}).items()]
    ):
        assignments.append(template.format(f"#s{number}", f":s{number}"))
        used_names[f"#s{number}"] = name
        used_values[f":s{number}"] = value
    removals = {f"#r{number}": name for number, name in enumerate(remove)}
    clauses = (("SET", assignments), ("REMOVE", list(removals)))
    request = _expressions(condition, used_values, used_names | removals)
    return request | {
        "Key": _marshal({"pk": pk}),
        "UpdateExpression": " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses if parts),
    }


def _expressions(condition: str, values: Mapping[str, Value], names: Mapping[str, str]) -> dict[str, Any]:
    """DynamoDB refuses a map of values that is empty."""
    request = {"ConditionExpression": condition, "ExpressionAttributeNames": dict(names)}
    return request | ({"ExpressionAttributeValues": _marshal(values)} if values else {})


def _is_transient(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response["Error"]["Code"] in _TRANSIENT or status >= 500


def _placeholders(values: Mapping[str, Value]) -> dict[str, Value]:
    return {f":{name}": value for name, value in values.items()}


def _names(expression: str) -> dict[str, str]:
    return {f"#{name}": name for name in _NAME.findall(expression)}


def _marshal(item: Mapping[str, Value]) -> dict[str, Any]:
    return {name: _typed(value) for name, value in item.items()}


def _typed(value: Value) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case _:
            return {"SS": sorted(value)}


def _unmarshal(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """Texts, whole numbers, sets of texts; what another release may have stored in other types is not ours to read."""
    plain: Item = {}
    for name, value in item.items():
        if "S" in value:
            plain[name] = value["S"]
        elif "N" in value and value["N"].lstrip("-").isdigit():
            plain[name] = int(value["N"])
        elif "SS" in value:
            plain[name] = frozenset(value["SS"])
    return plain
