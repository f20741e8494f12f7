"""The change feed: from the table's stream to the bus, nothing lost silently, nothing paid for when it is off."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.document import Template, of_type

PIPES_OPERATORS = {"prefix", "exists", "anything-but"}
"""Those in use; a pipe knows fewer operators than a rule (no wildcard, no anything-but with prefix)."""
STREAM_SECONDS = 86_400
BUS = "ChangeBus"
CONDITION = "ChangeFeedRuns"


@pytest.fixture(scope="module")
def pipe(deployed: Template) -> dict[str, Any]:
    (properties,) = of_type(deployed, "AWS::Pipes::Pipe").values()
    return properties


@pytest.fixture(scope="module")
def stream(pipe: dict[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = pipe["SourceParameters"]["DynamoDBStreamParameters"]
    return parameters


def test_it_leads_from_the_table_to_the_bus_without_code(deployed: Template, pipe: dict[str, Any]) -> None:
    (table,) = of_type(deployed, "AWS::DynamoDB::Table").values()
    view = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["StreamSpecification"] == {"Fn::If": [CONDITION, view, {"Ref": "AWS::NoValue"}]}
    assert pipe["Source"] == {"Fn::GetAtt": ["LifecycleTable", "StreamArn"]}
    assert pipe["Target"] == {"Fn::GetAtt": [BUS, "Arn"]}
    assert pipe["RoleArn"] == {"Fn::GetAtt": ["ChangeFeedRole", "Arn"]}
    assert "Enrichment" not in pipe
    assert not of_type(deployed, "AWS::Lambda::EventSourceMapping")


def test_each_stack_has_a_bus_and_a_source_of_its_own(deployed: Template, pipe: dict[str, Any]) -> None:
    (bus,) = of_type(deployed, "AWS::Events::EventBus").values()
    assert bus["Name"] == {"Fn::Sub": "${AWS::StackName}-changes"}
    assert deployed["Outputs"]["ChangeBusName"]["Value"] == {"Ref": BUS}
    assert pipe["TargetParameters"]["EventBridgeEventBusParameters"] == {
        "DetailType": "Asset Changed",
        "Source": {
            "Fn::If": [
                "HasStackTag",
                {"Fn::Sub": "mux-lifecycle.${StackTag}"},
                {"Fn::Sub": "mux-lifecycle.${MuxSetupResource.tag}"},
            ]
        },
    }
    assert not of_type(deployed, "AWS::Events::EventBusPolicy"), "other accounts are the operator's choice"


def test_off_costs_nothing(sam: Template, deployed: Template) -> None:
    """The bus stays, with the rules of others on it; it is free."""
    assert deployed["Conditions"][CONDITION] == {"Fn::Equals": [{"Ref": "ChangeFeedState"}, "ENABLED"]}
    assert sam["Parameters"]["ChangeFeedState"]["AllowedValues"] == ["ENABLED", "DISABLED"]
    conditional = {name for name, resource in deployed["Resources"].items() if resource.get("Condition") == CONDITION}
    assert conditional == {name for name in deployed["Resources"] if name.startswith("ChangeFeed")}
    assert {deployed["Resources"][name]["Type"] for name in conditional} == {
        "AWS::CloudWatch::Alarm",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
        "AWS::Pipes::Pipe",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
    }
    for output in deployed["Outputs"].values():
        if "ChangeFeed" in json.dumps(output["Value"]):
            assert output["Condition"] == CONDITION


def test_what_cannot_be_announced_is_reported_before_the_stream_forgets_it(stream: dict[str, Any]) -> None:
    assert stream["StartingPosition"] == "TRIM_HORIZON", "LATEST would miss what is written while the pipe is made"
    assert STREAM_SECONDS / 2 < stream["MaximumRecordAgeInSeconds"] < STREAM_SECONDS
    assert 0 < stream["MaximumRetryAttempts"] <= 185
    assert stream["OnPartialBatchItemFailure"] == "AUTOMATIC_BISECT", "one bad record must not take nine others with it"
    assert stream["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["ChangeFeedFailuresQueue", "Arn"]}}


def test_a_batch_fits_into_one_put_events_and_keeps_the_order(stream: dict[str, Any]) -> None:
    assert stream["BatchSize"] == 10
    assert stream.get("ParallelizationFactor", 1) == 1


def test_failures_are_kept_encrypted_for_two_weeks_and_ring(deployed: Template) -> None:
    queue = of_type(deployed, "AWS::SQS::Queue")["ChangeFeedFailuresQueue"]
    assert (queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]) == (True, 14 * 86_400)
    policy = of_type(deployed, "AWS::SQS::QueuePolicy")["ChangeFeedFailuresQueuePolicy"]
    assert policy["Queues"] == [{"Ref": "ChangeFeedFailuresQueue"}]
    assert [statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]] == ["Deny"]
    alarms = of_type(deployed, "AWS::CloudWatch::Alarm")
    failed, late = alarms["ChangeFeedFailedAlarm"], alarms["ChangeFeedLateAlarm"]
    assert failed["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["ChangeFeedFailuresQueue", "QueueName"]}}
    ]
    assert (failed["MetricName"], failed["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)
    watched = [query["MetricStat"]["Metric"] for query in late["Metrics"] if "MetricStat" in query]
    # EventBridge may take a part of a batch.
    assert {metric["MetricName"] for metric in watched} == {"ExecutionFailed", "ExecutionPartiallyFailed"}
    for metric in watched:
        assert metric["Namespace"] == "AWS/EventBridge/Pipes"
        assert metric["Dimensions"] == [{"Name": "PipeName", "Value": {"Ref": "ChangeFeedPipe"}}]


def test_its_log_holds_errors_and_no_records(deployed: Template, pipe: dict[str, Any]) -> None:
    assert pipe["LogConfiguration"] == {
        "Level": "ERROR",
        "CloudwatchLogsLogDestination": {"LogGroupArn": {"Fn::GetAtt": ["ChangeFeedLogGroup", "Arn"]}},
    }
    group = of_type(deployed, "AWS::Logs::LogGroup")["ChangeFeedLogGroup"]
    assert group["LogGroupName"]["Fn::Sub"].startswith("/aws/vendedlogs/")


def operators(pattern: Any) -> Iterator[str]:
    """The names of all operators in an event pattern."""
    if isinstance(pattern, dict):
        for value in pattern.values():
            yield from operators(value)
    elif isinstance(pattern, list):
        for matcher in pattern:
            if isinstance(matcher, dict):
                yield from matcher


def test_its_filters_are_what_a_pipe_understands(pipe: dict[str, Any]) -> None:
    filters = pipe["SourceParameters"]["FilterCriteria"]["Filters"]
    assert 0 < len(filters) <= 5
    for entry in filters:
        pattern = json.loads(entry["Pattern"])
        assert set(operators(pattern)) <= PIPES_OPERATORS
        assert pattern["dynamodb"]["Keys"]["pk"]["S"] == [{"prefix": "ASSET#"}]


def test_every_value_it_copies_stands_between_quotes(pipe: dict[str, Any]) -> None:
    """So what is missing leaves an empty text, and no object with somebody's title in it can be meant."""
    template = pipe["TargetParameters"]["InputTemplate"]
    assert len(template) <= 8192
    copied = re.findall(r'"<\$\.([A-Za-z0-9_.]+)>"', template)
    assert len(copied) == template.count("<") == template.count(">")
    images = {path.split(".", 2)[2] for path in copied if path.startswith("dynamodb.")}
    assert images == {"id.S", "feed_owner.S", "status.S", "visibility.S", "upload_id.S", "seen.S"}
    assert {path for path in copied if not path.startswith("dynamodb.")} == {"eventID"}
    assert isinstance(json.loads(template), dict)


def test_the_search_for_operators_finds_them() -> None:
    assert set(operators({"a": {"b": [{"wildcard": "*"}, "x"]}, "c": [{"exists": True}]})) == {"wildcard", "exists"}
