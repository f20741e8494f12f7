"""The cleanup runs on time, and a failure of it is heard of."""

from typing import Any

import pytest

from tests.template.document import Template, of_type

QUEUE_ARN = {"Fn::GetAtt": ["CleanupFailuresQueue", "Arn"]}


@pytest.fixture(scope="module")
def schedule(deployed: Template) -> dict[str, Any]:
    (properties,) = of_type(deployed, "AWS::Scheduler::Schedule").values()
    return properties


def test_it_runs_at_the_rate_and_in_the_state_of_the_parameters(schedule: dict[str, Any]) -> None:
    assert schedule["ScheduleExpression"] == {"Fn::Sub": "rate(${CleanupRateMinutes} minutes)"}
    assert schedule["State"] == {"Ref": "CleanupState"}
    assert schedule["Target"]["Arn"] == {"Fn::GetAtt": ["CleanupFunction", "Arn"]}
    assert "Name" not in schedule, "schedule names are unique in an account, so two stacks would collide"


def test_a_start_that_fails_is_repeated_then_kept(schedule: dict[str, Any]) -> None:
    target = schedule["Target"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] >= 1
    assert target["DeadLetterConfig"] == {"Arn": QUEUE_ARN}
    assert target["RoleArn"] == {"Fn::GetAtt": ["CleanupScheduleRole", "Arn"]}


def test_a_run_that_fails_is_repeated_then_kept(deployed: Template) -> None:
    (config,) = of_type(deployed, "AWS::Lambda::EventInvokeConfig").values()
    assert config["FunctionName"] == {"Ref": "CleanupFunction"}
    assert config["MaximumRetryAttempts"] >= 1
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": QUEUE_ARN}}


def test_failures_are_kept_encrypted_for_two_weeks(deployed: Template) -> None:
    (queue,) = of_type(deployed, "AWS::SQS::Queue").values()
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 86_400
    assert not queue.get("FifoQueue"), "EventBridge Scheduler needs a standard queue"


def test_the_queue_takes_nothing_from_outside(deployed: Template) -> None:
    (policy,) = of_type(deployed, "AWS::SQS::QueuePolicy").values()
    assert policy["Queues"] == [{"Ref": "CleanupFailuresQueue"}]
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Deny", "the roles of Lambda and Scheduler are allowed to send, nobody else"


def test_an_alarm_rings_for_a_failure_and_for_silence(sam: Template, deployed: Template) -> None:
    alarms = of_type(deployed, "AWS::CloudWatch::Alarm")
    failed, missing = alarms["CleanupFailedAlarm"], alarms["CleanupMissingAlarm"]
    assert failed["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert failed["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["CleanupFailuresQueue", "QueueName"]}}
    ]
    assert missing["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "CleanupFunction"}}]
    assert missing["TreatMissingData"] == "breaching"
    assert deployed["Resources"]["CleanupMissingAlarm"]["Condition"] == "CleanupRuns"
    assert missing["Period"] >= sam["Parameters"]["CleanupRateMinutes"]["MaxValue"] * 60
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == {
            "Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]
        }
