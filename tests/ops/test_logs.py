"""`make logs` shows what functions said, filtered, and nothing twice."""

import json
import time
from typing import Any

import pytest

from ops import logs
from ops.stack import OperatorError
from tests.ops.conftest import NAME, Deployment, aws

GROUP = f"/aws/lambda/{NAME}"


def said(function: str, *lines: str | dict[str, Any], age: float = 5) -> None:
    """Put lines into the log of a function, a millisecond after each other."""
    client = aws("logs")
    group = f"{GROUP}/{function}"
    if not client.describe_log_streams(logGroupName=group)["logStreams"]:
        client.create_log_stream(logGroupName=group, logStreamName="one")
    at = int((time.time() - age) * 1000)
    events = [
        {"timestamp": at + number, "message": line if isinstance(line, str) else json.dumps(line)}
        for number, line in enumerate(lines)
    ]
    client.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)


def line(message: str, level: str = "INFO", **fields: Any) -> dict[str, Any]:
    return {"level": level, "location": "f:1", "message": message, "timestamp": "t", "service": "videos"} | fields


def shown(deployment: Deployment, **wish: Any) -> str:
    lines: list[str] = []
    logs.show(deployment.stack(), logs.Wish(follow=False, **wish), lines.append)
    return "\n".join(lines)


def test_the_lines_of_all_functions_come_in_order_and_readable(deployment: Deployment) -> None:
    said("create-upload", "START RequestId: r1 Version: 1", line("upload made", status=201), "END RequestId: r1", age=9)
    said("webhook-receiver", line("webhook handled", outcome="applied"), {"_aws": {}, "WebhookApplied": [1]}, age=6)
    said("cleanup", "Task timed out after 300.00 seconds", age=3)
    text = shown(deployment)
    first, second, third = (text.index(part) for part in ("upload made", "webhook handled", "Task timed out"))
    assert first < second < third
    assert "create_upload INFO upload made" in text
    assert '    "outcome": "applied"' in text
    assert "cleanup ERROR Task timed out" in text
    for hidden in ("START", "WebhookApplied", "location", '"service"'):
        assert hidden not in text
    assert "START RequestId" in shown(deployment, level="DEBUG")


def test_a_traceback_is_shown_line_by_line(deployment: Deployment) -> None:
    said("reconcile", line("skipped", "ERROR", exception="Traceback:\n  File\nKeyError"))
    assert shown(deployment).endswith("    | Traceback:\n    |   File\n    | KeyError")


def test_filters(deployment: Deployment) -> None:
    said("create-upload", line("quiet"), line("loud", "WARNING"), line("loudest", "ERROR"))
    said("list-assets", line("other", "ERROR"))
    said("list-assets", line("long ago", "ERROR"), age=3000)
    assert "quiet" not in shown(deployment, level="WARNING")
    assert "loud" in shown(deployment, level="WARNING")
    assert "loud " not in shown(deployment, level="ERROR")
    text = shown(deployment, function="create_upload")
    assert "loudest" in text
    assert "other" not in text
    assert "long ago" not in shown(deployment)
    assert "long ago" in shown(deployment, since_seconds=3600)


@pytest.mark.parametrize("request_id", ["gateway-2", "lambda-2"])
def test_one_request_is_shown_with_all_its_lines(deployment: Deployment, request_id: str) -> None:
    for number in (1, 2, 3):
        said(
            "create-upload",
            f"START RequestId: lambda-{number} Version: 1",
            line(f"mux call failed {number}", "WARNING"),
            line(f"request handled {number}", request_id=f"gateway-{number}"),
            f"END RequestId: lambda-{number}",
            age=10 - number,
        )
    text = shown(deployment, request=request_id)
    assert "mux call failed 2" in text
    assert "request handled 2" in text
    for other in "13":
        assert f"failed {other}" not in text
        assert f"handled {other}" not in text


def test_following_shows_what_comes_and_nothing_twice(deployment: Deployment) -> None:
    said("create-upload", line("first"))
    lines: list[str] = []
    rounds = iter(["second", "third"])

    def sleep(_: float) -> None:
        said("create-upload", line(next(rounds)), age=0)

    with pytest.raises(StopIteration):
        logs.show(deployment.stack(), logs.Wish(), lines.append, sleep)
    assert [text.split()[-1] for text in lines] == ["first", "second", "third"]


def test_a_function_that_does_not_exist_is_refused_with_those_that_do(deployment: Deployment) -> None:
    with pytest.raises(OperatorError, match="list_assets"):
        shown(deployment, function="nonsense")


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400)])
def test_a_time_span(text: str, expected: float) -> None:
    assert logs.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "10", "h", "-1h", "1w", "1h30m"])
def test_no_time_span(text: str) -> None:
    with pytest.raises(OperatorError, match="say 90s"):
        logs.seconds(text)
