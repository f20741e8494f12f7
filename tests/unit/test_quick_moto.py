"""The shortcut through moto refuses what moto refuses, also the second time, and mixes nothing up."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests import quick_moto


@pytest.fixture
def table() -> Iterator[Any]:
    quick_moto.install()
    with mock_aws():
        yield boto3.resource("dynamodb").create_table(
            TableName="any",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("SET a = :v SET b = :v", {}),
        ("SET a = :v, a = :v", {}),
        ("SET #a = :v, #b = :v", {"#a": "same", "#b": "same"}),
        ("SET pk = :v", {}),
        ("SET a =", {}),
    ],
)
def test_a_wrong_expression_is_refused_every_time(table: Any, expression: str, names: dict[str, str]) -> None:
    given = {"ExpressionAttributeNames": names} if names else {}
    for _ in range(2):
        with pytest.raises(ClientError, match="ValidationException"):
            table.update_item(
                Key={"pk": "1"}, UpdateExpression=expression, ExpressionAttributeValues={":v": 1}, **given
            )


def test_one_expression_serves_for_many_values_and_names(table: Any) -> None:
    for number in range(3):
        table.update_item(
            Key={"pk": str(number)},
            UpdateExpression="SET #a = :v, seen = if_not_exists(seen, :v) REMOVE gone",
            ExpressionAttributeNames={"#a": f"a{number}"},
            ExpressionAttributeValues={":v": number},
        )
    items = sorted(table.scan()["Items"], key=lambda item: item["pk"])
    assert items == [{"pk": str(number), f"a{number}": number, "seen": number} for number in range(3)]
