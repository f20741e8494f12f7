"""The evaluator of alarms follows CloudWatch's rules."""

from typing import Any

import pytest

from tests.alarms.evaluator import EXTRA_PERIODS, Metrics, fires

NOW = 1_800_000_000.0
PERIOD = 60


def alarm(expression: str = "", *, n: int = 2, missing: str = "notBreaching", **changed: Any) -> dict[str, Any]:
    """An alarm on the metric A, or on an expression of A and B."""
    rules = {
        "EvaluationPeriods": n,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": missing,
    }
    if not expression:
        return {"Namespace": "N", "MetricName": "A", "Statistic": "Sum", "Period": PERIOD} | rules | changed
    stats = [
        {
            "Id": name.lower(),
            "ReturnData": False,
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": name}, "Period": PERIOD, "Stat": "Sum"},
        }
        for name in "AB"
    ]
    return {"Metrics": [{"Id": "e", "Expression": expression}, *stats]} | rules | changed


def metrics(a: str = "", b: str = "") -> Metrics:
    """One digit per period, the last one now; a dot stands for no value."""
    found = Metrics()
    for name, digits in (("A", a), ("B", b)):
        for age, digit in enumerate(reversed(digits)):
            if digit != ".":
                found.add("N", name, {}, NOW - age * PERIOD, float(digit))
    return found


@pytest.mark.parametrize(("a", "rings"), [("11", True), ("01", False), ("110", False), ("1.", False), ("011", True)])
def test_all_periods_have_to_breach(a: str, rings: bool) -> None:
    assert fires(alarm(), metrics(a), NOW) is rings


def test_m_of_n_may_be_enough() -> None:
    assert fires(alarm(n=3, DatapointsToAlarm=2), metrics("101"), NOW)
    assert not fires(alarm(n=3, DatapointsToAlarm=2), metrics("100"), NOW)


def test_missing_data_is_what_the_alarm_says() -> None:
    assert fires(alarm(missing="breaching"), metrics(), NOW)
    assert not fires(alarm(), metrics(), NOW)


def test_values_of_one_period_are_one_value() -> None:
    found = metrics("9")
    found.add("N", "A", {}, NOW, 1)
    assert fires(alarm(n=1, Threshold=9), found, NOW)
    assert not fires(alarm(n=1, Threshold=9, Statistic="Maximum"), found, NOW)
    assert not fires(alarm(n=1, Threshold=9, Statistic="Minimum"), found, NOW)


def test_other_metrics_and_dimensions_do_not_count() -> None:
    found = Metrics()
    found.add("N", "A", {"service": "other"}, NOW, 1)
    found.add("N", "B", {}, NOW, 1)
    found.add("M", "A", {}, NOW, 1)
    assert not fires(alarm(n=1), found, NOW)
    assert fires(alarm(n=1, Dimensions=[{"Name": "service", "Value": "other"}]), found, NOW)


@pytest.mark.parametrize(
    ("expression", "a", "b", "rings"),
    [
        ("a + b", "1", "0", True),
        ("a + b", "1", ".", False),
        ("FILL(a, 0) + FILL(b, 0)", "1", ".", True),
        ("a - b", "1", "1", False),
        ("a * 2 - 1", "1", "", True),
        ("FILL(a, REPEAT)", "1...", "", True),
        ("FILL(a, REPEAT)", "10..", "", False),
        ("FILL(a, REPEAT)", "1" + "." * (EXTRA_PERIODS + 1), "", False),
        ("IF(b > 0, 0, a)", "1", "1", False),
        ("IF(b > 0, 0, a)", "1", "0", True),
        ("IF(b > 0, 0, a)", "1", ".", False),
        ("IF(FILL(b, 0) > 0, 0, a)", "1", ".", True),
        ("IF(FILL(b, 0) > 0, 0, a)", ".", ".", False),
    ],
)
def test_metric_math(expression: str, a: str, b: str, rings: bool) -> None:
    assert fires(alarm(expression, n=1), metrics(a, b), NOW) is rings


@pytest.mark.parametrize("expression", ["SUM(a)", "a if b else 1", "a / b", "FILL(a, LINEAR)"])
def test_what_it_does_not_know_it_does_not_guess(expression: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        fires(alarm(expression), metrics("1", "1"), NOW)
