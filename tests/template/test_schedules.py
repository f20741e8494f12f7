"""Cleanup, reconcile and the setup at Mux run on time, and a failure of any is heard of."""

from typing import Any

import pytest

from tests.template.document import Template, of_type

NAMES = ["Cleanup", "Reconcile", "MuxSetup"]
RATES = {
    "Cleanup": {"Fn::Sub": "rate(${CleanupRateMinutes} minutes)"},
    "Reconcile": "rate(15 minutes)",
    "MuxSetup": "rate(5 minutes)",
}
STATES = {
    "Cleanup": {"Ref": "CleanupState"},
    "Reconcile": {"Ref": "ReconcileState"},
    "MuxSetup": {"Fn::If": ["SetupRuns", "ENABLED", "DISABLED"]},
}
CONDITIONS = {"Cleanup": "CleanupRuns", "Reconcile": "ReconcileRuns", "MuxSetup": "SetupRuns"}


def queue_arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [f"{name}FailuresQueue", "Arn"]}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def schedule(deployed: Template, name: str) -> dict[str, Any]:
    function = {"Fn::GetAtt": [f"{name}Function", "Arn"]}
    schedules = of_type(deployed, "AWS::Scheduler::Schedule").values()
    (properties,) = [properties for properties in schedules if properties["Target"]["Arn"] == function]
    return properties


def test_nothing_else_is_scheduled(deployed: Template) -> None:
    assert len(of_type(deployed, "AWS::Scheduler::Schedule")) == len(NAMES)
    assert set(of_type(deployed, "AWS::SQS::Queue")) >= {f"{name}FailuresQueue" for name in NAMES}


def test_it_runs_at_its_rate_and_in_the_state_of_the_parameter(schedule: dict[str, Any], name: str) -> None:
    assert schedule["ScheduleExpression"] == RATES[name]
    assert schedule["State"] == STATES[name]
    assert schedule["Target"]["Input"] == "{}"
    assert "Name" not in schedule, "schedule names are unique in an account, so two stacks would collide"


def test_a_start_that_fails_is_repeated_then_kept(schedule: dict[str, Any], name: str) -> None:
    target = schedule["Target"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] >= 1
    assert target["DeadLetterConfig"] == {"Arn": queue_arn(name)}
    assert target["RoleArn"] == {"Fn::GetAtt": [f"{name}ScheduleRole", "Arn"]}


def test_a_run_that_fails_is_repeated_then_kept(deployed: Template, name: str) -> None:
    configs = of_type(deployed, "AWS::Lambda::EventInvokeConfig").values()
    (config,) = [config for config in configs if config["FunctionName"] == {"Ref": f"{name}Function"}]
    assert config["MaximumRetryAttempts"] >= 1
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": queue_arn(name)}}


def test_failures_are_kept_encrypted_for_two_weeks(deployed: Template, name: str) -> None:
    queue = of_type(deployed, "AWS::SQS::Queue")[f"{name}FailuresQueue"]
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 86_400
    assert not queue.get("FifoQueue"), "EventBridge Scheduler needs a standard queue"


def test_the_queue_takes_nothing_from_outside(deployed: Template, name: str) -> None:
    policy = of_type(deployed, "AWS::SQS::QueuePolicy")[f"{name}FailuresQueuePolicy"]
    assert policy["Queues"] == [{"Ref": f"{name}FailuresQueue"}]
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Deny", "the roles of Lambda and Scheduler are allowed to send, nobody else"


def test_an_alarm_rings_for_a_failure_and_for_silence(sam: Template, deployed: Template, name: str) -> None:
    alarms = of_type(deployed, "AWS::CloudWatch::Alarm")
    failed, missing = alarms[f"{name}FailedAlarm"], alarms[f"{name}MissingAlarm"]
    assert failed["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert failed["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": [f"{name}FailuresQueue", "QueueName"]}}
    ]
    assert missing["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": f"{name}Function"}}]
    assert missing["TreatMissingData"] == "breaching"
    assert deployed["Resources"][f"{name}MissingAlarm"]["Condition"] == CONDITIONS[name]
    assert missing["Period"] >= 15 * 60 >= sam["Parameters"]["CleanupRateMinutes"]["MaxValue"] * 60


def test_an_alarm_rings_when_the_reconcile_leaves_something_to_its_operator(deployed: Template) -> None:
    alarm = of_type(deployed, "AWS::CloudWatch::Alarm")["ReconcileAttentionAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("MuxLifecycle", "ReconcileAttention")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_every_alarm_tells_the_topic_if_there_is_one(deployed: Template) -> None:
    for alarm in of_type(deployed, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == {
            "Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]
        }


def test_nothing_is_deleted_for_its_age_unless_the_operator_says_so(sam: Template) -> None:
    for parameter in ("RetainDays", "RetainErroredDays", "CancelAbandonedUploadsHours"):
        assert sam["Parameters"][parameter]["Default"] == 0
