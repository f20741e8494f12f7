"""Checks of what AWS runs: stack, schedules, queues, alarms, table, API, and the limits of the account."""

import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import requests
from botocore.exceptions import ClientError

from mux_lifecycle.store.places import Kind
from mux_lifecycle.store.table import Table
from mux_lifecycle.store.totals import Limits, Totals
from ops.finding import Finding, fail, ok, warn
from ops.stack import Stack

RUNBOOK: Final = "docs/operations.md"
_SECONDS: Final = 10
_ENOUGH_EXECUTIONS: Final = 100
_SET_ASIDE: Final = ("WebhookReservedConcurrency", "GalleryReservedConcurrency")
_WALK_SECONDS: Final = 2 * 86_400
_ALARMS_A_CALL: Final = 100
_SCHEDULES: Final = {
    "Cleanup": ("cleanup", "CleanupState", "ENABLED", "DISABLED"),
    "Reconcile": ("reconcile", "ReconcileState", "ENABLED", "DISABLED"),
    "MuxSetup": ("setup at Mux", "MuxSetup", "automatic", "manual"),
}
"""By how the function's logical id begins: what it does, the parameter that switches its schedule, and its values."""
LIMITS: Final = (
    *("MaxOpenUploadsPerOwner", "MaxAssetsPerOwner", "MaxUploadsPerDayPerOwner", "MaxExtrasPerDayPerOwner"),
    *("MaxDurationSeconds", "MaxUploadsPerDay", "MaxExtrasPerDay", "MaxStoredMinutes"),
)
_NEARLY_FULL: Final = 0.8
_TOTALS: Final[dict[Kind, tuple[str, str]]] = {
    "day": ("uploads within a day", "MaxUploadsPerDay"),
    "extras": ("extras within a day", "MaxExtrasPerDay"),
    "minutes": ("stored minutes", "MaxStoredMinutes"),
}
_STEADY: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_NEVER_MADE: Final = (
    "it has never been in service: aws cloudformation delete-stack --stack-name {name}, then make deploy"
)
_STUCK: Final = {
    "CREATE_FAILED": _NEVER_MADE,
    "ROLLBACK_COMPLETE": _NEVER_MADE,
    "ROLLBACK_FAILED": _NEVER_MADE,
    "REVIEW_IN_PROGRESS": "its changes were shown and not confirmed: make deploy, and answer y",
    "UPDATE_FAILED": "mend that and make deploy, or aws cloudformation rollback-stack --stack-name {name}",
    "UPDATE_ROLLBACK_FAILED": "mend that, then aws cloudformation continue-update-rollback --stack-name {name}",
    "DELETE_FAILED": "mend that, then delete it again",
}
"""What to do where CloudFormation goes on only when it is told to. Who deletes a stack in service loses its addresses,
its users and its table."""


def stack_status(stack: Stack) -> Iterator[Finding]:
    subject = f"stack {stack.name}"
    events = f"aws cloudformation describe-stack-events --stack-name {stack.name} says why"
    if stack.status in _STEADY:
        yield ok(subject, stack.status)
    elif stack.status in _STUCK:
        yield fail(subject, stack.status, f"{events}; {_STUCK[stack.status].format(name=stack.name)}")
    elif stack.status.endswith("_IN_PROGRESS"):
        yield warn(subject, stack.status, "wait until it has ended, and look again")
    elif stack.status == "UPDATE_ROLLBACK_COMPLETE":
        yield warn(subject, "the last deploy failed and was undone", events)
    else:
        yield fail(subject, stack.status, events)


def schedules(stack: Stack) -> Iterator[Finding]:
    found = stack.of_type("AWS::Scheduler::Schedule")
    for name, (job, parameter, on, off) in _SCHEDULES.items():
        subject = f"schedule of the {job}"
        physical = next((value for key, value in found.items() if key.startswith(name)), None)
        if physical is None:
            yield fail(subject, "is not there", "make deploy")
            continue
        state = stack.client("scheduler").get_schedule(Name=physical)["State"]
        if state == "ENABLED":
            yield ok(subject, "enabled")
        elif stack.parameters.get(parameter) == off:
            yield warn(subject, f"disabled by {parameter}", f"{parameter}={on}, if that is over")
        else:
            yield fail(subject, "disabled by hand", "make deploy, or enable it in the console")


def failure_queues(stack: Stack) -> Iterator[Finding]:
    for logical_id, url in stack.of_type("AWS::SQS::Queue").items():
        attributes = stack.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        count = int(attributes["ApproximateNumberOfMessages"])
        if count:
            yield fail(f"queue {logical_id}", f"{count} messages", f"{RUNBOOK}, Failure queues")
        else:
            yield ok(f"queue {logical_id}", "empty")


def alarms(stack: Stack) -> Iterator[Finding]:
    names = stack.of_type("AWS::CloudWatch::Alarm")
    physical = list(names.values())
    states: dict[str, str] = {}
    for start in range(0, len(physical), _ALARMS_A_CALL):
        answer = stack.client("cloudwatch").describe_alarms(AlarmNames=physical[start : start + _ALARMS_A_CALL])
        states |= {alarm["AlarmName"]: alarm["StateValue"] for alarm in answer["MetricAlarms"]}
    ringing = sorted(logical_id for logical_id, name in names.items() if states.get(name) == "ALARM")
    missing = sorted(logical_id for logical_id, name in names.items() if name not in states)
    for logical_id in ringing:
        yield fail(f"alarm {logical_id}", "rings", f"{RUNBOOK}#{logical_id.lower()}")
    for logical_id in missing:
        yield fail(f"alarm {logical_id}", "was deleted", "make deploy")
    if not ringing and not missing:
        yield ok("alarms", f"{len(names)}, none rings")
    if not stack.parameters.get("AlarmTopicArn"):
        yield warn("alarms", "tell nobody", "set AlarmTopicArn to an SNS topic that somebody reads")


def limits(stack: Stack) -> Iterator[Finding]:
    """Whether anybody could spend without a limit."""
    open_ended = [name for name in LIMITS if stack.parameters.get(name) == "0"]
    for name in open_ended:
        yield warn(f"limit {name}", "is 0: any number", f"{name} above 0, so that a mistake or an attack has an end")
    if not open_ended:
        yield ok("limits", "all are above 0")
    if stack.parameters.get("SelfSignUp") == "true" and not stack.parameters.get("JwtIssuer"):
        yield warn("sign-up", "is open: anybody may become an owner", "SelfSignUp=false, unless that is what you want")


def totals(stack: Stack) -> Iterator[Finding]:
    """How much is taken of what all owners together may have."""

    def number(parameter: str) -> int:
        return int(stack.parameters.get(parameter) or 0)

    limits = Limits(
        number("MaxUploadsPerDay"),
        number("MaxExtrasPerDay"),
        number("MaxStoredMinutes"),
        number("MaxDurationSeconds"),
    )
    timeout = number("UploadTimeoutSeconds")
    for name in stack.of_type("AWS::DynamoDB::Table").values():
        found = Totals(Table(stack.client("dynamodb"), name), limits, timeout, time.time)
        for kind, share in found.used().items():
            subject, parameter = _TOTALS[kind]
            said = f"{share:.0%} of {parameter} ({stack.parameters[parameter]}) is taken"
            if share >= _NEARLY_FULL:
                yield warn(subject, said, f"{RUNBOOK}, Alarms, says what to do")
            else:
                yield ok(subject, said)


def budgets(stack: Stack) -> Iterator[Finding]:
    """Whether AWS itself tells somebody what the account spends."""
    account = stack.client("sts").get_caller_identity()["Account"]
    found = stack.client("budgets").describe_budgets(AccountId=account).get("Budgets", [])
    if found:
        yield ok("budget", ", ".join(sorted(str(budget["BudgetName"]) for budget in found)))
    else:
        yield warn("budget", "the account has none", "make one that sends mail: docs/deploy.md")


def origins(stack: Stack) -> Iterator[Finding]:
    wanted = set(stack.parameters.get("AllowedOrigins", "").split(","))
    for api_id in stack.of_type("AWS::ApiGatewayV2::Api").values():
        cors = stack.client("apigatewayv2").get_api(ApiId=api_id).get("CorsConfiguration", {})
        found = set(cors.get("AllowOrigins", []))
        shown = ", ".join(sorted(found)) or "none"
        if found != wanted:
            yield fail("origins", f"the API allows {shown}, not AllowedOrigins", "make deploy")
        elif laptops := sorted(origin for origin in found if origin.startswith("http://")):
            yield warn("origins", shown, f"take {', '.join(laptops)} off AllowedOrigins once the site is public")
        else:
            yield ok("origins", shown)


def api(stack: Stack) -> Iterator[Finding]:
    url = stack.outputs.get("ApiUrl", "")
    try:
        status = requests.get(f"{url}/gallery", params={"limit": "1"}, timeout=_SECONDS).status_code
    except requests.RequestException as error:
        yield fail("API", f"{url}/gallery cannot be reached: {type(error).__name__}", "is the network all right?")
        return
    if status == HTTPStatus.OK:
        yield ok("API", f"{url} answers")
    elif status == HTTPStatus.NOT_FOUND:
        advice = "deploy again once the issuer's OpenID configuration can be read: API Gateway then makes the routes"
        yield fail("API", "has no routes (404)", advice)
    else:
        yield fail("API", f"GET /gallery answers {status}", f"{RUNBOOK}#readingerrorsalarm")


def issuer(stack: Stack) -> Iterator[Finding]:
    name = stack.parameters.get("JwtIssuer", "") or stack.outputs.get("SignInIssuer", "")
    if not name:
        return
    url = name.rstrip("/") + "/.well-known/openid-configuration"
    advice = "JwtIssuer must be the iss of your tokens, letter for letter, and its configuration public"
    try:
        answer = requests.get(url, timeout=_SECONDS)
        document = answer.json()
        found = document["issuer"], document["jwks_uri"]
    except requests.RequestException as error:
        yield fail("issuer", f"{url} cannot be read: {type(error).__name__}", advice)
        return
    except (KeyError, TypeError, ValueError):
        yield fail("issuer", f"{url} is no OpenID configuration (status {answer.status_code})", advice)
        return
    if found[0] != name:
        yield fail("issuer", f"{url} says that it is {found[0]}", advice)
    else:
        yield ok("issuer", name)


def executions(stack: Stack) -> Iterator[Finding]:
    limit = stack.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit < _ENOUGH_EXECUTIONS:
        yield warn(
            "Lambda",
            f"the account may run {limit} functions at once in this region",
            "ask for 1,000 before there are many visitors: docs/costs.md, Limits",
        )
    elif shared := [name for name in _SET_ASIDE if stack.parameters.get(name, "0") == "0"]:
        yield warn(
            "Lambda",
            f"strangers share the account's pool of {limit} concurrent executions",
            " and ".join(f"{name} = 10" for name in shared) + "; Lambda keeps 100 for the rest: docs/costs.md, Limits",
        )
    else:
        yield ok("Lambda", f"{limit} concurrent executions, some set aside for webhooks and the gallery")


def table(stack: Stack) -> Iterator[Finding]:
    dynamodb = stack.client("dynamodb")
    for name in stack.of_type("AWS::DynamoDB::Table").values():
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
        protected = dynamodb.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled")
        advice = f"{RUNBOOK}, Restoring the table, has the command"
        if recovery != "ENABLED":
            yield fail("table", "has no point-in-time recovery", advice)
        if ttl not in ("ENABLED", "ENABLING"):
            yield fail("table", "nothing expires: time to live is off", advice)
        if not protected:
            yield warn("table", "can be deleted", "TableDeletionProtection=true")
        if recovery == "ENABLED" and ttl in ("ENABLED", "ENABLING") and protected:
            yield ok("table", f"{name}: backed up, protected, items expire")


def last_walk(stack: Stack) -> Iterator[Finding]:
    subject = "last reconcile"
    for name in stack.of_type("AWS::DynamoDB::Table").values():
        key = {"pk": {"S": "CHECKPOINT#reconcile"}}
        item = stack.client("dynamodb").get_item(TableName=name, Key=key).get("Item", {})
        yield _walk(subject, item, enabled=stack.parameters.get("ReconcileState") != "DISABLED")


def _walk(subject: str, item: dict[str, Any], *, enabled: bool) -> Finding:
    try:
        walk = json.loads(item["state"]["S"])
        started, finished, phase = int(walk["started_at"]), int(walk["finished_at"]), str(walk["phase"])
    except (KeyError, TypeError, ValueError):
        return warn(
            subject, "there was none yet", "the first one begins within 15 minutes; see the alarms if it does not"
        )
    age = time.time() - (finished or started)
    hours = f"{age / 3600:.0f} hours ago"
    if not enabled:
        return warn(subject, f"{hours}, and it is disabled", "ReconcileState=ENABLED, if that is over")
    if age > _WALK_SECONDS:
        return fail(subject, f"{'ended' if finished else 'began'} {hours}", f"{RUNBOOK}#reconcileunfinishedalarm")
    counts = walk.get("counts", {})
    return ok(subject, f"ended {hours}, saw {counts.get('seen', 0)} assets" if finished else f"at work: {phase}")


def access_denied(error: ClientError) -> Finding:
    """What a check says that AWS did not let look."""
    code = error.response["Error"]["Code"]
    return fail(error.operation_name, code, "your AWS credentials need this permission, or the thing is gone")
