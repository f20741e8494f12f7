"""`make logs`: the lines of all functions of a stack in one stream, filtered, their JSON readable."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ops.stack import OperatorError, Stack

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
POLL_SECONDS: Final = 2.0
LATE_MILLISECONDS: Final = 30_000
"""So much later than they happened lines may still come in."""
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_START: Final = re.compile(r"START RequestId: (\S+)")
_PLATFORM: Final = re.compile(r"(START|END|REPORT|INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT)\b")
_HEAD: Final = ("timestamp", "service", "level", "message", "location", "exception")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a function's log. `fields` is its JSON, without what stands in the other members."""

    at: float
    function: str
    stream: str
    text: str
    level: str
    message: str
    fields: dict[str, Any]
    exception: str

    @classmethod
    def parse(cls, function: str, event: dict[str, Any]) -> "Line":
        """Of an event of CloudWatch Logs."""
        text = str(event["message"]).rstrip()
        at, stream = event["timestamp"] / 1000, str(event["logStreamName"])
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            # Lambda itself: what begins and ends is of no interest, what went wrong is.
            level = "DEBUG" if _PLATFORM.match(text) else "ERROR"
            return cls(at, function, stream, text, level, text, {}, "")
        level = "DEBUG" if "_aws" in found else str(found.get("level", "INFO"))
        fields = {name: value for name, value in found.items() if name not in _HEAD}
        message = str(found.get("message", "metrics" if "_aws" in found else ""))
        return cls(at, function, stream, text, level, message, fields, str(found.get("exception", "")))

    def shown(self) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(self.at))
        lines = [f"{clock} {self.function} {self.level} {self.message}"]
        if self.fields:
            lines += [
                f"    {line}" for line in json.dumps(self.fields, indent=2, ensure_ascii=False).splitlines()[1:-1]
            ]
        lines += [f"    | {line}" for line in self.exception.splitlines()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown: one function (its file's name; `""` for all), from a level on, one request, since when."""

    function: str = ""
    level: str = "INFO"
    request: str = ""
    since_seconds: float = 600
    follow: bool = True


def seconds(text: str) -> float:
    """`90s`, `10m`, `2h` or `1d` in seconds. Raises OperatorError."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise OperatorError(f"SINCE={text}: say 90s, 10m, 2h or 1d")
    return float(match[1]) * _UNITS[match[2]]


def groups(stack: Stack, function: str) -> dict[str, str]:
    """The log groups of the stack's functions by the functions' names. Raises OperatorError for an unknown name."""
    prefix = f"/aws/lambda/{stack.name}/"
    found = {
        name.removeprefix(prefix).replace("-", "_"): name
        for name in stack.of_type("AWS::Logs::LogGroup").values()
        if name.startswith(prefix)
    }
    wanted = function.replace("-", "_")
    if not wanted:
        return found
    if wanted not in found:
        raise OperatorError(f"no function is called {function}; there are {', '.join(sorted(found))}")
    return {wanted: found[wanted]}


def show(stack: Stack, wish: Wish, write: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
    """Write what is wished for, oldest first, until there is no more, or for ever with `follow`."""
    sources, seen = groups(stack, wish.function), set[str]()
    asked_from = int((time.time() - wish.since_seconds) * 1000)
    invocations = _Invocations(wish.request)
    while True:
        lines: list[Line] = []
        began = int(time.time() * 1000)
        for function, group in sources.items():
            lines += [Line.parse(function, event) for event in _events(stack, group, asked_from, seen)]
        lines.sort(key=lambda line: line.at)
        for line in invocations.chosen(lines) if wish.request else lines:
            if LEVELS.index(line.level if line.level in LEVELS else "INFO") >= LEVELS.index(wish.level):
                write(line.shown())
        if not wish.follow:
            return
        asked_from = max(asked_from, began - LATE_MILLISECONDS)
        sleep(POLL_SECONDS)


def _events(stack: Stack, group: str, start: int, seen: set[str]) -> Iterator[dict[str, Any]]:
    """What a group has since `start` (milliseconds) and was not `seen`."""
    pages = stack.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
    for page in pages:
        for event in page["events"]:
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                yield event


class _Invocations:
    """Puts the lines of an invocation together: only some of them name its request."""

    def __init__(self, request: str) -> None:
        self._request = request
        self._open: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self._matched: set[tuple[str, str]] = set()

    def chosen(self, lines: list[Line]) -> Iterator[Line]:
        """The lines of invocations that name the request somewhere, so far."""
        for line in lines:
            stream = (line.function, line.stream)
            if _START.match(line.text):
                self._open[stream] = []
                self._matched.discard(stream)
            self._open[stream].append(line)
            if self._request in line.text:
                self._matched.add(stream)
            if stream in self._matched:
                yield from self._open[stream]
                self._open[stream] = []
