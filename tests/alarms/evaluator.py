"""Evaluates an alarm of template.yaml as CloudWatch does: periods, statistics, metric math, missing data, threshold.

As much of metric math as the template uses. Rules:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

type Json = Mapping[str, Any]
type Series = list[float | None]
"""One value per period, oldest first; None where there is none."""
type Operand = Series | float

EXTRA_PERIODS: Final = 5
"""CloudWatch reads more than it evaluates; what FILL repeats may come from there."""
_MINUTE: Final = 60

_STATISTICS: Final[dict[str, Callable[[list[float]], float]]] = {"Sum": sum, "Maximum": max, "Minimum": min}
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
_ARITHMETIC: Final[dict[type, Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_CONDITIONS: Final[dict[type, Callable[[float, float], bool]]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.Eq: operator.eq,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric at a time in epoch seconds."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    at: float
    value: float


@dataclass
class Metrics:
    """Everything that was measured."""

    points: list[Point] = field(default_factory=list)

    def add(self, namespace: str, name: str, dimensions: Mapping[str, str], at: float, value: float) -> None:
        self.points.append(Point(namespace, name, frozenset(dimensions.items()), at, value))

    def series(self, metric: Json, statistic: str, period: int, count: int, now: float) -> Series:
        """The last `count` periods up to the end of this minute."""
        end = math.floor(now / _MINUTE) * _MINUTE + _MINUTE
        wanted = frozenset((entry["Name"], entry["Value"]) for entry in metric.get("Dimensions", []))
        buckets: list[list[float]] = [[] for _ in range(count)]
        for point in self.points:
            age = math.ceil((end - point.at) / period) - 1
            same = (point.namespace, point.name) == (metric["Namespace"], metric["MetricName"])
            if same and point.dimensions == wanted and 0 <= age < count:
                buckets[count - 1 - age].append(point.value)
        return [_STATISTICS[statistic](bucket) if bucket else None for bucket in buckets]


def fires(alarm: Json, metrics: Metrics, now: float) -> bool:
    """Whether an alarm, its properties resolved, is in the state ALARM at `now`."""
    evaluated = int(alarm["EvaluationPeriods"])
    compare, threshold = _COMPARISONS[alarm["ComparisonOperator"]], float(alarm["Threshold"])
    missing = {"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]]
    values = _values(alarm, metrics, evaluated + EXTRA_PERIODS, now)[-evaluated:]
    breaching = [missing if value is None else compare(value, threshold) for value in values]
    return sum(breaching) >= int(alarm.get("DatapointsToAlarm", evaluated))


def _values(alarm: Json, metrics: Metrics, count: int, now: float) -> Series:
    if "Metrics" not in alarm:
        return metrics.series(alarm, alarm["Statistic"], int(alarm["Period"]), count, now)
    queries = {query["Id"]: query for query in alarm["Metrics"]}
    returned = [name for name, query in queries.items() if query.get("ReturnData", True)]
    assert len(returned) == 1, "an alarm watches one series"
    assert sum("MetricStat" in query for query in queries.values()) <= 10, "an alarm takes ten metrics at most"

    def value(name: str) -> Operand:
        query = queries[name]
        if "Expression" in query:
            return _evaluated(ast.parse(query["Expression"], mode="eval").body, value)
        stat = query["MetricStat"]
        return metrics.series(stat["Metric"], stat["Stat"], int(stat["Period"]), count, now)

    found = value(returned[0])
    assert isinstance(found, list)
    return found


def _evaluated(node: ast.expr, value: Callable[[str], Operand]) -> Operand:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return value(name)
        case ast.BinOp(left=left, op=sign, right=right):
            return _paired(_ARITHMETIC[type(sign)], _evaluated(left, value), _evaluated(right, value))
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _paired(_CONDITIONS[type(sign)], _evaluated(left, value), _evaluated(right, value))
        case ast.Call(func=ast.Name(id="FILL"), args=[series, filler]):
            return _filled(_evaluated(series, value), filler)
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            return _chosen(*(_evaluated(part, value) for part in (condition, yes, no)))
    raise AssertionError(f"not understood: {ast.unparse(node)}")


def _paired(apply: Callable[[float, float], float], left: Operand, right: Operand) -> Operand:
    """A missing value makes the result missing."""
    return [None if a is None or b is None else float(apply(a, b)) for a, b in zip(*_as_long(left, right), strict=True)]


def _filled(series: Operand, filler: ast.expr) -> Series:
    assert isinstance(series, list)
    if isinstance(filler, ast.Constant):
        return [float(filler.value) if entry is None else entry for entry in series]  # type: ignore[arg-type]
    assert isinstance(filler, ast.Name)
    assert filler.id == "REPEAT"
    filled: Series = []
    for entry in series:
        filled.append(entry if entry is not None or not filled else filled[-1])
    return filled


def _chosen(condition: Operand, yes: Operand, no: Operand) -> Series:
    return [
        None if truth is None else (a if truth else b)
        for truth, a, b in zip(*_as_long(condition, yes, no), strict=True)
    ]


def _as_long(*operands: Operand) -> list[Series]:
    length = max(len(operand) for operand in operands if isinstance(operand, list))
    return [operand if isinstance(operand, list) else [operand] * length for operand in operands]
