"""`make doctor` finds nothing in a healthy stack, and each thing that is wrong, with what to do."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from mux_lifecycle import request_ids
from ops import aws_checks, doctor, mux_checks
from ops.finding import Finding
from tests.ops.conftest import ACCOUNT, NAME, TAG, Deployment, aws
from tests.world import ROOT


def found(deployment: Deployment, level: str = "fail") -> list[Finding]:
    return [finding for finding in doctor.findings(deployment.stack()) if finding.level == level]


def walked(deployment: Deployment, *, finished_at: float, phase: str = "done", started_at: float = 0) -> None:
    state = {"started_at": int(started_at or finished_at), "finished_at": int(finished_at), "phase": phase}
    aws("dynamodb").put_item(
        TableName=deployment.resources["LifecycleTable"][1],
        Item={"pk": {"S": "CHECKPOINT#reconcile"}, "state": {"S": json.dumps(state | {"counts": {"seen": 7}})}},
    )


def test_a_healthy_stack_is_well(deployment: Deployment) -> None:
    walked(deployment, finished_at=time.time() - 7200)
    lines: list[str] = []
    assert doctor.examine(deployment.stack(), lines.append)
    assert [line for line in lines if not line.startswith("ok")] == [lines[-1]]
    assert re.fullmatch(r"\d\d ok, 0 to look at, 0 to mend", lines[-1])
    said = "\n".join(lines)
    for fact in ("CREATE_COMPLETE", "video:write", "webhooks/mux", "none rings", "saw 7 assets", "1000 concurrent"):
        assert fact in said
    assert deployment.mux.token_secret not in said


def _no_token(deployment: Deployment) -> None:
    deployment.put_secret("MuxTokenSecret", {})


def _wrong_token(deployment: Deployment) -> None:
    deployment.put_secret("MuxTokenSecret", {"token_id": "a", "token_secret": "b"})


def _no_webhook_secret(deployment: Deployment) -> None:
    deployment.put_secret("MuxWebhookSecret", "no JSON")


def _no_signing_key(deployment: Deployment) -> None:
    deployment.put_secret("MuxSigningKeySecret", {})


def _other_environment(deployment: Deployment) -> None:
    deployment.parameters["MuxEnvironmentId"] = "other1"


def _webhook_call(deployment: Deployment, method: str, **options: Any) -> None:
    url, credentials = deployment.mux.url, (deployment.mux.token_id, deployment.mux.token_secret)
    [entry] = requests.get(f"{url}/system/v1/webhooks", auth=credentials, timeout=10).json()["data"]
    requests.request(method, f"{url}/system/v1/webhooks/{entry['id']}", auth=credentials, timeout=10, **options)


def _no_webhook(deployment: Deployment) -> None:
    _webhook_call(deployment, "DELETE")


def _disabled_webhook(deployment: Deployment) -> None:
    _webhook_call(deployment, "PATCH", json={"enabled": False})


def _two_webhooks(deployment: Deployment) -> None:
    deployment.mux.register_webhook(deployment.outputs["WebhookUrl"] + "/old")


def _few_permissions(deployment: Deployment) -> None:
    deployment.mux.grant(["video:read", "video:write", "system:read"])


def _disabled_setup(deployment: Deployment) -> None:
    aws("scheduler").delete_schedule(Name=f"{NAME}-MuxSetupFunction")
    deployment.schedule(f"{NAME}-MuxSetupFunction", "DISABLED")


def _a_second_stack(deployment: Deployment) -> None:
    deployment.mux.register_webhook(f"https://staging.example.com/webhooks/mux?tag={TAG}")


def _no_claim(deployment: Deployment) -> None:
    _webhook_call(deployment, "PATCH", json={"address": deployment.outputs["WebhookUrl"]})


def _webhook_with_a_slash(deployment: Deployment) -> None:
    _webhook_call(deployment, "PATCH", json={"address": deployment.outputs["WebhookUrl"] + "/"})


def _no_issuer(deployment: Deployment) -> None:
    del deployment.site.answers["/issuer/.well-known/openid-configuration"]


def _other_issuer(deployment: Deployment) -> None:
    answer = {"issuer": "https://other.example.com", "jwks_uri": "https://other.example.com/keys"}
    deployment.site.answers["/issuer/.well-known/openid-configuration"] = (200, answer)


def _no_routes(deployment: Deployment) -> None:
    del deployment.site.answers["/gallery"]


def _broken_api(deployment: Deployment) -> None:
    deployment.site.answers["/gallery"] = (500, {"message": "Internal Server Error"})


def _other_origins(deployment: Deployment) -> None:
    deployment.parameters["AllowedOrigins"] = "https://two.example.com"


def _disabled_schedule(deployment: Deployment) -> None:
    aws("scheduler").delete_schedule(Name=f"{NAME}-CleanupFunction")
    deployment.schedule(f"{NAME}-CleanupFunction", "DISABLED")


def _no_schedule(deployment: Deployment) -> None:
    del deployment.resources["ReconcileFunctionSchedule"]


def _old_walk(deployment: Deployment) -> None:
    walked(deployment, finished_at=time.time() - 3 * 86_400)


def _endless_walk(deployment: Deployment) -> None:
    walked(deployment, finished_at=0, started_at=time.time() - 3 * 86_400, phase="uploads")


def _failed_run(deployment: Deployment) -> None:
    aws("sqs").send_message(QueueUrl=deployment.resources["CleanupFailuresQueue"][1], MessageBody="{}")


def _ringing_alarm(deployment: Deployment) -> None:
    aws("cloudwatch").set_alarm_state(AlarmName=f"{NAME}-WebhookSilentAlarm", StateValue="ALARM", StateReason="test")


def _deleted_alarm(deployment: Deployment) -> None:
    aws("cloudwatch").delete_alarms(AlarmNames=[f"{NAME}-WebhookSilentAlarm"])


def _no_backups(deployment: Deployment) -> None:
    aws("dynamodb").update_continuous_backups(
        TableName=deployment.resources["LifecycleTable"][1],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def _failed_creation(deployment: Deployment) -> None:
    deployment.status = "ROLLBACK_COMPLETE"


@pytest.mark.parametrize(
    ("break_it", "subject", "text"),
    [
        (_failed_creation, "stack videos", "ROLLBACK_COMPLETE"),
        (_no_token, "Mux token", "not stored"),
        (_wrong_token, "Mux", "answered 401"),
        (_no_webhook_secret, "webhook secret", "not stored"),
        (_no_signing_key, "signing key", "nobody can play"),
        (_other_environment, "Mux environment", "is not MuxEnvironmentId (other1)"),
        (_no_webhook, "webhook", "none with the address"),
        (_disabled_webhook, "webhook", "disabled at Mux"),
        (_two_webhooks, "webhook", "2 point here"),
        (_webhook_with_a_slash, "webhook", "webhooks/mux/"),
        (_a_second_stack, f"tag {TAG}", "is claimed by another stack, too: https://staging.example.com/webhooks/mux"),
        (_no_claim, f"tag {TAG}", "is not claimed by this stack"),
        (_no_issuer, "issuer", "no OpenID configuration (status 404)"),
        (_other_issuer, "issuer", "says that it is https://other.example.com"),
        (_no_routes, "API", "no routes (404)"),
        (_broken_api, "API", "answers 500"),
        (_other_origins, "origins", "not AllowedOrigins"),
        (_disabled_schedule, "schedule of the cleanup", "disabled by hand"),
        (_disabled_setup, "schedule of the setup at Mux", "disabled by hand"),
        (_few_permissions, "Mux token", "may not system:write"),
        (_no_schedule, "schedule of the reconcile", "not there"),
        (_old_walk, "last reconcile", "ended 72 hours ago"),
        (_endless_walk, "last reconcile", "began 72 hours ago"),
        (_failed_run, "queue CleanupFailuresQueue", "1 messages"),
        (_ringing_alarm, "alarm WebhookSilentAlarm", "rings"),
        (_deleted_alarm, "alarm WebhookSilentAlarm", "deleted"),
        (_no_backups, "table", "no point-in-time recovery"),
    ],
)
def test_what_is_wrong_is_found_with_what_to_do(
    deployment: Deployment, break_it: Callable[[Deployment], None], subject: str, text: str
) -> None:
    break_it(deployment)
    findings = found(deployment)
    assert [finding for finding in findings if finding.subject.startswith(subject) and text in finding.text]
    assert all(finding.advice for finding in findings)
    assert {finding.subject.split()[0] for finding in findings} <= {subject.split(maxsplit=1)[0], "webhook", "tag"}
    assert not doctor.examine(deployment.stack(), lambda _: None)


def test_a_stack_that_is_stuck_is_never_deleted_while_it_may_be_in_service(deployment: Deployment) -> None:
    told = {
        "UPDATE_ROLLBACK_FAILED": "continue-update-rollback",
        "UPDATE_FAILED": "rollback-stack",
        "DELETE_FAILED": "delete it again",
        "ROLLBACK_COMPLETE": "delete-stack",
        "ROLLBACK_FAILED": "delete-stack",
        "CREATE_FAILED": "delete-stack",
        "REVIEW_IN_PROGRESS": "make deploy",
        "IMPORT_ROLLBACK_FAILED": "describe-stack-events",
    }
    for status, advice in told.items():
        deployment.status = status
        [finding] = aws_checks.stack_status(deployment.stack())
        assert (finding.level, finding.text) == ("fail", status)
        assert advice in finding.advice
        assert ("delete" in finding.advice) == ("delete" in advice)


def test_what_is_only_worth_a_look_fails_nothing(deployment: Deployment) -> None:
    deployment.status = "UPDATE_IN_PROGRESS"
    deployment.concurrency = 10
    deployment.parameters |= {"MuxEnvironmentId": "", "AlarmTopicArn": "", "DefaultPlaybackPolicy": "public"}
    deployment.put_secret("MuxSigningKeySecret", {})
    laptop = "http://localhost:8080"
    deployment.parameters["AllowedOrigins"] = laptop
    aws("apigatewayv2").update_api(
        ApiId=deployment.resources["HttpApi"][1], CorsConfiguration={"AllowOrigins": [laptop]}
    )
    aws("dynamodb").update_table(TableName=deployment.resources["LifecycleTable"][1], DeletionProtectionEnabled=False)
    worth_a_look = found(deployment, "warn")
    assert {finding.subject.split()[0] for finding in worth_a_look} == {
        *("stack", "Lambda", "Mux", "alarms", "signing", "origins", "table", "last"),
    }
    assert all(finding.advice for finding in worth_a_look)
    assert doctor.examine(deployment.stack(), lambda _: None)


def test_limits_of_0_open_sign_up_and_a_missing_budget_are_worth_a_look(deployment: Deployment) -> None:
    deployment.parameters |= {"MaxAssetsPerOwner": "0", "SelfSignUp": "true", "JwtIssuer": ""}
    deployment.outputs["SignInIssuer"] = f"{deployment.site.url}/issuer"
    [budget] = aws("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]
    aws("budgets").delete_budget(AccountId=ACCOUNT, BudgetName=budget["BudgetName"])
    worth_a_look = [finding for finding in found(deployment, "warn") if finding.subject != "last reconcile"]
    assert [finding.subject for finding in worth_a_look] == ["limit MaxAssetsPerOwner", "sign-up", "budget"]
    assert all(finding.advice for finding in worth_a_look)


def test_a_pool_that_strangers_share_is_worth_a_look(deployment: Deployment) -> None:
    told = []
    for webhook, gallery, pool in (("0", "10", 1000), ("0", "0", 1000), ("10", "10", 1000), ("0", "0", 10)):
        deployment.parameters |= {"WebhookReservedConcurrency": webhook, "GalleryReservedConcurrency": gallery}
        deployment.concurrency = pool
        [finding] = aws_checks.executions(deployment.stack())
        told.append((finding.level, "WebhookRes" in finding.advice, "GalleryRes" in finding.advice))
    assert told == [("warn", True, False), ("warn", True, True), ("ok", False, False), ("warn", False, False)]


def test_a_stack_of_an_older_release_shares_its_pool(deployment: Deployment) -> None:
    del deployment.parameters["GalleryReservedConcurrency"]
    [finding] = aws_checks.executions(deployment.stack())
    assert (finding.level, finding.advice.split()[0]) == ("warn", "GalleryReservedConcurrency")


def test_totals_are_shown_and_worth_a_look_when_they_are_nearly_used_up(deployment: Deployment) -> None:
    def said(level: str) -> dict[str, str]:
        return {
            finding.subject: finding.text
            for finding in found(deployment, level)
            if finding.subject.split()[0] in ("uploads", "extras", "stored")
        }

    assert said("ok") == {
        "uploads within a day": "0% of MaxUploadsPerDay (25) is taken",
        "extras within a day": "0% of MaxExtrasPerDay (10) is taken",
        "stored minutes": "0% of MaxStoredMinutes (6000) is taken",
    }
    names = [request_ids.new(time.time()) for _ in range(20)]
    aws("dynamodb").put_item(
        TableName=deployment.resources["LifecycleTable"][1],
        Item={
            "pk": {"S": "QUOTA#stack"},
            "day": {"SS": names},
            "extras": {"SS": names[:7]},
            "minutes": {"SS": names},
            "counted": {"N": "2400"},
            "room_of": {"S": "6000:120"},
        },
    )
    assert said("warn") == {
        "uploads within a day": "80% of MaxUploadsPerDay (25) is taken",
        "stored minutes": "80% of MaxStoredMinutes (6000) is taken",
    }
    assert said("ok") == {"extras within a day": "70% of MaxExtrasPerDay (10) is taken"}


def test_what_is_switched_off_on_purpose_is_said(deployment: Deployment) -> None:
    walked(deployment, finished_at=time.time() - 9 * 86_400)
    _disabled_schedule(deployment)
    _disabled_setup(deployment)
    deployment.parameters |= {"CleanupState": "DISABLED", "ReconcileState": "DISABLED", "MuxSetup": "manual"}
    assert not found(deployment)
    assert [f.subject for f in found(deployment, "warn")] == [
        *("schedule of the cleanup", "schedule of the setup at Mux", "last reconcile"),
    ]


def test_a_webhook_that_is_being_exchanged_is_as_it_should_be(deployment: Deployment) -> None:
    deployment.mux.register_webhook(f"{deployment.outputs['WebhookUrl']}?tag={TAG}&retiring=abc123")
    assert not found(deployment)
    assert any("being retired" in finding.text for finding in doctor.findings(deployment.stack()))


def test_without_the_setup_a_token_needs_no_system_permission(deployment: Deployment) -> None:
    deployment.parameters["MuxSetup"] = "manual"
    deployment.mux.grant(["video:read", "video:write", "system:read"])
    assert not found(deployment)


def test_the_user_pool_of_the_stack_is_looked_at_like_any_issuer(deployment: Deployment) -> None:
    deployment.outputs["SignInIssuer"] = deployment.parameters["JwtIssuer"]
    deployment.parameters["JwtIssuer"] = ""
    assert not found(deployment)
    _no_issuer(deployment)
    assert [finding.subject for finding in found(deployment)] == ["issuer"]


def test_one_check_that_may_not_look_keeps_no_other_from_it(deployment: Deployment) -> None:
    aws("dynamodb").update_table(TableName=deployment.resources["LifecycleTable"][1], DeletionProtectionEnabled=False)
    deployment.resources["LifecycleTable"] = "AWS::DynamoDB::Table", "gone"
    findings = found(deployment)
    assert {finding.text for finding in findings} == {"ResourceNotFoundException", "TableNotFoundException"}
    assert "ok" in {finding.level for finding in doctor.findings(deployment.stack())}


def test_advice_points_to_pages_that_exist() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ops").glob("*.py"))
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", runbook, re.MULTILINE)}
    named = set(re.findall(r"\{RUNBOOK\}#(\w+)", code))
    assert named
    assert named <= anchors
    for heading in re.findall(r"\{RUNBOOK\}, ([A-Z][a-z ]+)", code):
        assert heading.strip().lower().replace(" ", "-") in anchors


def test_the_claims_of_all_stacks_are_shown(deployment: Deployment) -> None:
    deployment.mux.register_webhook("https://staging.example.com/webhooks/mux?tag=staging&key=hidden")
    deployment.mux.register_webhook("https://old1.execute-api.us-east-1.amazonaws.com/webhooks/mux")
    deployment.mux.register_webhook("https://example.com/something-else")
    shown = {finding.subject: finding.text for finding in mux_checks.claims(deployment.stack())}
    assert shown.pop(f"tag {TAG}").startswith("claimed by this stack's webhook since 20")
    assert shown == {
        "tag staging": "claimed by another stack: https://staging.example.com/webhooks/mux",
        "tag videos": "claimed by another stack: https://old1.execute-api.us-east-1.amazonaws.com/webhooks/mux",
    }
    assert not found(deployment)
