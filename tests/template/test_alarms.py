"""The alarms on errors watch every function that visitors call, and no alarm watches more than CloudWatch takes."""

import re
from collections import Counter
from typing import Any

from tests.template.document import Template, of_type

OF_THE_API = ("ReadingErrorsAlarm", "ChangingErrorsAlarm")
METRICS_AT_MOST = 10
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""


def stats(alarm: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The metrics that an alarm computes with, by their ids."""
    return {query["Id"]: query["MetricStat"] for query in alarm.get("Metrics", []) if "MetricStat" in query}


def test_an_error_in_any_function_that_visitors_call_rings_in_exactly_one_alarm(
    functions: dict[str, dict[str, Any]], deployed: Template
) -> None:
    visited = {
        name
        for name, properties in functions.items()
        if any(event["Type"] == "HttpApi" for event in properties["Events"].values())
    }
    alarms = of_type(deployed, "AWS::CloudWatch::Alarm")
    watched = Counter(
        dimension["Value"]["Ref"]
        for alarm in (*OF_THE_API, "WebhookFailuresAlarm")
        for stat in stats(alarms[alarm]).values()
        if stat["Metric"]["Namespace"] == "AWS/Lambda"
        for dimension in stat["Metric"]["Dimensions"]
        if stat["Metric"]["MetricName"] == "Errors"
    )
    assert watched == Counter(visited)


def test_no_alarm_computes_with_more_metrics_than_it_may_or_with_one_that_it_ignores(deployed: Template) -> None:
    for name, alarm in of_type(deployed, "AWS::CloudWatch::Alarm").items():
        ids = set(stats(alarm))
        assert len(ids) <= METRICS_AT_MOST, name
        expressions = " ".join(query.get("Expression", "") for query in alarm.get("Metrics", []))
        assert ids <= set(re.findall(r"\w+", expressions)), name
        periods = {stat["Period"] for stat in stats(alarm).values()}
        assert len(periods) <= 1, "an alarm has one period"


def test_no_alarm_looks_back_further_than_cloudwatch_does(deployed: Template) -> None:
    """A day with periods of less than an hour, else a week."""
    for name, alarm in of_type(deployed, "AWS::CloudWatch::Alarm").items():
        period = alarm.get("Period") or next(iter(stats(alarm).values()))["Period"]
        assert period * alarm["EvaluationPeriods"] <= (86_400 if period < 3600 else 7 * 86_400), name
