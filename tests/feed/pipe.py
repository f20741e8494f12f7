"""The change feed as template.yaml describes it: the table's stream, the pipe's filters and template, the bus."""

import json
import re
from datetime import datetime
from itertools import batched
from typing import Any, Final

import boto3
from botocore.config import Config
from moto.events.models import EventPattern, EventPatternParser

from local.intrinsics import Resolver, read
from tests.world import ROOT, STACK, Json, World

_PLACEHOLDER: Final = re.compile(r"<\$\.([A-Za-z0-9_.]+)>")


class ChangeFeed:
    """Carries what was written to the table of a world to a bus of moto's, when a test says so.

    moto has no pipes; it does have the stream, the bus and the matching of event patterns.
    """

    def __init__(self, world: World) -> None:
        document = read((ROOT / "template.yaml").read_text(encoding="utf-8"))
        self._resolver = Resolver(document, {"StackTag": STACK}, {})
        self._resources = document["Resources"]
        pipe = self._properties("ChangeFeedPipe")
        self._patterns = [
            EventPattern(entry["Pattern"], EventPatternParser(entry["Pattern"]).parse())
            for entry in pipe["SourceParameters"]["FilterCriteria"]["Filters"]
        ]
        self._batch: int = pipe["SourceParameters"]["DynamoDBStreamParameters"]["BatchSize"]
        self._template: str = pipe["TargetParameters"]["InputTemplate"]
        target = pipe["TargetParameters"]["EventBridgeEventBusParameters"]
        self.bus: str = self._properties("ChangeBus")["Name"]
        self._entry = {"Source": target["Source"], "DetailType": target["DetailType"], "EventBusName": self.bus}
        self.events = boto3.client("events")
        self.events.create_event_bus(Name=self.bus)
        # moto does not know endpoints that are named after an account.
        self._streams = boto3.client("dynamodbstreams", config=Config(account_id_endpoint_mode="disabled"))
        self._iterator = self._start(world)

    def records(self) -> list[Json]:
        """What the stream says of every write since the last call.

        A write that changes nothing leaves no record in DynamoDB; moto leaves one.
        """
        answer = self._streams.get_records(ShardIterator=self._iterator)
        self._iterator = answer["NextShardIterator"]
        records = [json.loads(json.dumps(record, default=datetime.timestamp)) for record in answer["Records"]]
        return [
            record for record in records if record["dynamodb"].get("OldImage") != record["dynamodb"].get("NewImage")
        ]

    def announced(self) -> list[Json]:
        """Put what is to be announced of the writes since the last call on the bus; the details, oldest first."""
        details = [self.detail(record) for record in self.records() if self.lets_through(record)]
        for batch in batched(details, self._batch, strict=False):
            answer = self.events.put_events(Entries=[self._entry | {"Detail": detail} for detail in batch])
            assert not any("ErrorCode" in entry for entry in answer["Entries"])
        return [json.loads(detail) for detail in details]

    def lets_through(self, record: Json) -> bool:
        """Whether one of the pipe's filters matches a record."""
        return any(pattern.matches_event(record) for pattern in self._patterns)  # type: ignore[arg-type]

    def detail(self, record: Json) -> str:
        """What the pipe makes of a record: values as they are, nothing escaped, and nothing for what is missing."""
        return _PLACEHOLDER.sub(lambda placeholder: _value(record, placeholder[1].split(".")), self._template)

    def _properties(self, logical_id: str) -> dict[str, Any]:
        return dict(self._resolver.resolve(self._resources[logical_id]["Properties"]))

    def _start(self, world: World) -> str:
        specification = self._properties("LifecycleTable")["StreamSpecification"]
        table = world.dynamodb.update_table(
            TableName=world.table_name, StreamSpecification={"StreamEnabled": True} | specification
        )["TableDescription"]
        arn = table["LatestStreamArn"]
        [shard] = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator: str = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return iterator


def _value(record: Any, path: list[str]) -> str:
    for name in path:
        if name not in record:
            return ""
        record = record[name]
    assert isinstance(record, str), "objects and numbers do not belong between quotes"
    return record
