"""`make doctor`: every check of a deployed stack, one line each, and what to do about what is wrong."""

from collections.abc import Callable, Iterator
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from ops import aws_checks, mux_checks
from ops.finding import Finding, fail
from ops.stack import Stack

type Check = Callable[[Stack], Iterator[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    aws_checks.stack_status,
    mux_checks.secrets,
    mux_checks.token,
    mux_checks.webhook,
    mux_checks.claims,
    aws_checks.issuer,
    aws_checks.api,
    aws_checks.origins,
    aws_checks.schedules,
    aws_checks.last_walk,
    aws_checks.failure_queues,
    aws_checks.alarms,
    aws_checks.limits,
    aws_checks.totals,
    aws_checks.budgets,
    aws_checks.table,
    aws_checks.executions,
)


def findings(stack: Stack) -> Iterator[Finding]:
    """What all checks find; one that AWS does not let look says so and keeps none of the others from looking."""
    for check in CHECKS:
        try:
            yield from check(stack)
        except ClientError as error:
            yield aws_checks.access_denied(error)
        except BotoCoreError as error:
            yield fail(check.__name__, f"AWS cannot be asked: {type(error).__name__}", "is the network all right?")


def examine(stack: Stack, show: Callable[[str], None]) -> bool:
    """Show every finding; whether none of them is a failure."""
    counts = {"ok": 0, "warn": 0, "fail": 0}
    for finding in findings(stack):
        counts[finding.level] += 1
        show(f"{finding.level:4}  {finding.subject}: {finding.text}")
        if finding.advice:
            show(f"      -> {finding.advice}")
    show(f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} to mend")
    return not counts["fail"]
