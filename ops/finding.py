"""What a check has found: one line for the operator, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

type Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` is empty when there is nothing to do."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding("ok", subject, text)


def warn(subject: str, text: str, advice: str) -> Finding:
    return Finding("warn", subject, text, advice)


def fail(subject: str, text: str, advice: str) -> Finding:
    return Finding("fail", subject, text, advice)
