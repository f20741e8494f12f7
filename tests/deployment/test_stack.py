"""A stack comes, changes and goes: exactly the right webhook is left at Mux, and nobody else's is touched."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mux_lifecycle.errors import MuxOutcomeUnknown, WrongEnvironment
from mux_lifecycle.mux.client import MuxClient
from tests.deployment.cloudformation import Stack
from tests.deployment.conftest import LIVE, URL, Bench, Json
from tests.faults.audit import Output, leaks
from tests.world import STACK

OTHER_URL = "http://127.0.0.1:9/custom-domain/webhooks/mux"


def exactly_one(bench: Bench, url: str = URL) -> str:
    """The id of the only webhook, which is live at `url` and whose secret is stored."""
    (webhook,) = bench.webhooks()
    assert (webhook["address"], webhook["enabled"]) == (f"{url}?tag={STACK}", True)
    stored = bench.secret("MuxWebhookSecret")
    assert stored["webhooks"][0]["id"] == webhook["id"]
    assert stored["signing_secrets"][0]
    assert len(bench.foreign()) == 1
    return str(webhook["id"])


@contextmanager
def lost_signing_keys() -> Iterator[None]:
    """Mux makes signing keys, and nobody hears of it."""
    create = MuxClient.create_signing_key

    def lost(mux: MuxClient) -> Json:
        create(mux)
        raise MuxOutcomeUnknown("lost")

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(MuxClient, "create_signing_key", lost)
        yield


def test_create_update_and_delete(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxSigningKeySecret", {})
    answer = stack.create(WebhookUrl=URL)
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"status": "registered", "tag": STACK, "webhook": "registered", "signing_key": "made"}
    made = exactly_one(bench)
    key = bench.secret("MuxSigningKeySecret")
    assert bench.key_ids() == [key["key_id"]]

    assert stack.update(MuxEnvironmentId=bench.world.mux.environment_id)["Status"] == "SUCCESS"
    assert exactly_one(bench) == made, "nothing was changed that was right"
    assert stack.delete()["Status"] == "SUCCESS"
    assert bench.webhooks() == []
    assert len(bench.foreign()) == 1
    assert bench.key_ids() == [key["key_id"]], "tokens of a stack that is gone may still be about"
    assert bench.world.setup() == {"stopped": "removed"}, "a run that comes late registers nothing"
    assert bench.webhooks() == []


def test_the_answer_is_what_cloudformation_takes(stack: Stack) -> None:
    stack.answers.refuse = 2
    answer = stack.create(WebhookUrl=URL)
    assert answer.keys() == {"Status", "PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId", "Data"}
    assert stack.answers.content_types == [""]
    assert len(stack.answers.raw[0]) <= 4096
    assert answer["PhysicalResourceId"] == "MuxSetupResource-3f2c41d0-c1aa-11f0-9c1c-0a1b2c3d4e5f"


def test_an_answer_that_cannot_be_given_is_given_by_the_repetition(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxSigningKeySecret", {})
    stack.answers.refuse = 7
    assert stack.create(WebhookUrl=URL)["Status"] == "SUCCESS"
    exactly_one(bench)
    assert len(bench.key_ids()) == 1, "nothing is made twice"


@pytest.mark.parametrize("fails_later", [False, True])
def test_a_first_deployment_that_fails_leaves_nothing(stack: Stack, bench: Bench, fails_later: bool) -> None:
    wrong = {} if fails_later else {"MuxEnvironmentId": "other1"}
    answer = stack.create(WebhookUrl=URL, fails_later=fails_later, **wrong)
    assert answer["Status"] == ("SUCCESS" if fails_later else "FAILED")
    assert bench.webhooks() == []
    removed = stack.answers.received[stack.asked[-1]["RequestId"]]
    assert (removed["Status"], removed["Data"]) == ("SUCCESS", {"status": "removed"})


def test_a_failed_update_leaves_what_was_before(stack: Stack, bench: Bench) -> None:
    stack.create(WebhookUrl=URL)
    made = exactly_one(bench)
    answer = stack.update(MuxEnvironmentId="other1")
    assert answer["Status"] == "FAILED"
    assert bench.world.mux.environment_id in answer["Reason"]
    assert "other1" in answer["Reason"]
    assert exactly_one(bench) == made


def test_a_signing_key_whose_answer_was_lost_is_made_again_within_the_hour_and_not_before(
    stack: Stack, bench: Bench
) -> None:
    bench.world.put_secret("MuxSigningKeySecret", {})
    with lost_signing_keys():
        assert stack.create(WebhookUrl=URL)["Data"]["signing_key"] == "postponed"
    [nobodys] = bench.key_ids()
    bench.world.advance(1800)
    assert bench.world.setup() == {"stopped": "idle"}
    bench.world.advance(1800)
    assert bench.world.setup()["signing_key"] == "made"
    assert bench.key_ids() == [bench.secret("MuxSigningKeySecret")["key_id"], nobodys]


def test_a_rollback_ends_though_the_token_is_worthless(stack: Stack, bench: Bench) -> None:
    stack.create(WebhookUrl=URL)
    made = exactly_one(bench)
    bench.world.put_secret("MuxTokenSecret", {"token_id": "wrong", "token_secret": "wrong"})
    bench.world.cold_start()
    assert stack.update(Release="2")["Status"] == "FAILED"
    assert stack.update(Release="2")["Status"] == "FAILED", "it is no rollback, though it comes after one"
    assert exactly_one(bench) == made


def test_a_rollback_ends_though_no_token_has_ever_worked(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxTokenSecret", {})
    stack.create(WebhookUrl=URL)
    bench.world.put_secret("MuxTokenSecret", {"token_id": "wrong", "token_secret": "wrong"})
    bench.world.cold_start()
    for _ in range(2):
        assert stack.update(Release="2")["Status"] == "FAILED"
    assert bench.webhooks() == []


def test_a_rollback_to_what_the_token_does_not_fit_ends(stack: Stack, bench: Bench) -> None:
    """The update was right and another resource failed: what stood before has been wrong all the time."""
    token = bench.secret("MuxTokenSecret")
    bench.world.put_secret("MuxTokenSecret", {})
    stack.create(WebhookUrl=URL, MuxEnvironmentId="typo")
    bench.world.put_secret("MuxTokenSecret", token)
    bench.world.cold_start()
    right = bench.world.mux.environment_id
    assert stack.update(MuxEnvironmentId=right, fails_later=True)["Status"] == "SUCCESS"
    assert stack.update(MuxEnvironmentId=right)["Status"] == "SUCCESS", "the operator tries again"
    exactly_one(bench)
    assert stack.update(MuxEnvironmentId="typo2")["Status"] == "FAILED"
    exactly_one(bench)


def test_a_new_address_takes_over_and_gives_back(stack: Stack, bench: Bench) -> None:
    stack.create(WebhookUrl=URL)
    old = exactly_one(bench)
    stack.update(WebhookUrl=OTHER_URL, fails_later=True)
    exactly_one(bench, URL)
    assert stack.update(WebhookUrl=OTHER_URL)["Status"] == "SUCCESS"
    assert exactly_one(bench, OTHER_URL) != old
    stack.delete()
    assert bench.webhooks() == []


def test_a_request_that_comes_again_gets_its_answer_and_changes_nothing(stack: Stack, bench: Bench) -> None:
    stack.create(WebhookUrl=URL)
    made = exactly_one(bench)
    bench.world.setup(stack.asked[0])
    assert exactly_one(bench) == made
    stack.update(WebhookUrl=OTHER_URL)
    stack.delete()
    for event in [*stack.asked, *reversed(stack.asked)]:
        bench.world.configure("WEBHOOK_URL", event["ResourceProperties"]["WebhookUrl"])
        bench.world.setup(event)
    assert bench.webhooks() == [], "an old request registers nothing for a stack that is gone"
    again = [json.loads(body) for body in stack.answers.raw]
    assert {answer["RequestId"]: answer for answer in again} == stack.answers.received


def test_a_failure_that_is_asked_about_again_is_the_same_failure(stack: Stack, bench: Bench) -> None:
    stack.create(WebhookUrl=URL, MuxEnvironmentId="other1")
    bench.world.setup(stack.asked[0])
    first, _, again = [json.loads(body) for body in stack.answers.raw]
    assert first == again
    assert bench.webhooks() == []


def test_without_a_token_the_stack_is_made_and_the_rest_follows_by_itself(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxSigningKeySecret", {})
    bench.world.put_secret("MuxTokenSecret", {})
    assert stack.create(WebhookUrl=URL)["Data"] == {"status": "no_token", "tag": STACK}
    assert bench.world.setup() == {"stopped": "no_token"}
    assert bench.webhooks() == []
    token = {"token_id": bench.world.mux.token_id, "token_secret": bench.world.mux.token_secret}
    bench.world.put_secret("MuxTokenSecret", token)
    assert bench.world.setup() == {"webhook": "registered", "signing_key": "made"}
    exactly_one(bench)
    assert bench.world.setup() == {"stopped": "idle"}


def test_a_stack_that_never_had_a_token_can_go(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxTokenSecret", {})
    stack.create(WebhookUrl=URL)
    assert stack.delete()["Status"] == "SUCCESS"


def test_a_token_that_mux_does_not_know_fails_the_deployment_and_its_rollback_ends(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxTokenSecret", {"token_id": "wrong", "token_secret": "wrong"})
    answer = stack.create(WebhookUrl=URL)
    assert (answer["Status"], answer["Reason"]) == (
        "FAILED",
        "Mux does not know the token in MuxTokenSecret: put a valid one",
    )
    assert stack.answers.received[stack.asked[-1]["RequestId"]]["Status"] == "SUCCESS"


def test_a_webhook_that_cannot_be_removed_is_told(stack: Stack, bench: Bench) -> None:
    stack.create(WebhookUrl=URL)
    bench.world.put_secret("MuxTokenSecret", {"token_id": "wrong", "token_secret": "wrong"})
    bench.world.cold_start()
    assert stack.delete()["Status"] == "FAILED"
    token = {"token_id": bench.world.mux.token_id, "token_secret": bench.world.mux.token_secret}
    bench.world.put_secret("MuxTokenSecret", token)
    bench.world.cold_start()
    assert stack.delete()["Status"] == "SUCCESS"
    assert bench.webhooks() == []


def test_a_missing_permission_is_named(stack: Stack, bench: Bench) -> None:
    bench.world.mux.grant(["video:read", "video:write", "system:read"])
    answer = stack.create(WebhookUrl=URL)
    assert answer["Status"] == "FAILED"
    assert "lacks system:write" in answer["Reason"]
    assert "MuxSetup=manual" in answer["Reason"]
    assert bench.webhooks() == []


def test_by_hand_means_hands_off(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxWebhookSecret", {"signing_secrets": ["by hand"]})
    by_hand = bench.world.mux_post("/system/v1/webhooks", {"address": URL}).json()["data"]["id"]
    asked = len(bench.world.mux.requests())
    assert stack.create(WebhookUrl=URL, MuxSetup="manual")["Data"] == {"status": "manual", "tag": STACK}
    assert stack.delete()["Status"] == "SUCCESS"
    assert len(bench.world.mux.requests()) == asked
    assert [webhook["id"] for webhook in bench.webhooks()] == [by_hand]
    assert bench.secret("MuxWebhookSecret") == {"signing_secrets": ["by hand"]}


def test_what_was_registered_by_hand_is_taken_over_without_a_gap(stack: Stack, bench: Bench) -> None:
    by_hand = bench.world.mux_post("/system/v1/webhooks", {"address": URL}).json()["data"]
    bench.world.put_secret("MuxWebhookSecret", {"signing_secrets": [by_hand["signing_secret"]]})
    assert stack.create(WebhookUrl=URL)["Status"] == "SUCCESS"
    assert {webhook["address"] for webhook in bench.webhooks()} == {LIVE, f"{LIVE}&retiring={by_hand['id']}"}
    assert bench.secret("MuxWebhookSecret")["signing_secrets"][1:] == [by_hand["signing_secret"]]
    bench.world.advance(26 * 3600)
    bench.world.setup()
    assert exactly_one(bench) != by_hand["id"]


def test_what_somebody_deletes_or_disables_in_the_dashboard_is_put_right_within_a_day(
    stack: Stack, bench: Bench
) -> None:
    stack.create(WebhookUrl=URL)
    made = exactly_one(bench)
    bench.world.mux_call("PATCH", f"/system/v1/webhooks/{made}", {"enabled": False})
    bench.world.advance(86_401)
    bench.world.setup()
    assert exactly_one(bench) == made
    bench.world.mux_call("DELETE", f"/system/v1/webhooks/{made}")
    assert bench.world.setup() == {"stopped": "idle"}
    bench.world.setup({"check": True})
    bench.world.advance(26 * 3600)
    bench.world.setup()
    assert exactly_one(bench) != made


def test_a_signing_key_that_is_gone_at_mux_is_replaced_and_one_put_by_hand_is_not(stack: Stack, bench: Bench) -> None:
    """Somebody has deleted it in the dashboard, or the stack has moved to another environment."""
    stack.create(WebhookUrl=URL)
    assert bench.world.setup({"check": True})["signing_key"] == "in use"
    assert bench.key_ids() == []

    bench.world.put_secret("MuxSigningKeySecret", {})
    assert bench.world.setup({"check": True})["signing_key"] == "made"
    gone = bench.secret("MuxSigningKeySecret")["key_id"]
    bench.world.mux_call("DELETE", f"/system/v1/signing-keys/{gone}")
    assert bench.world.setup({"check": True})["signing_key"] == "in use", (
        "Mux may not know everywhere what is this young"
    )
    bench.world.advance(300)
    assert bench.world.setup({"check": True})["signing_key"] == "made"
    value = bench.secret("MuxSigningKeySecret")
    assert bench.key_ids() == [value["key_id"]] != [gone]
    assert [old["key_id"] for old in value["previous"]] == [gone], "should Mux have been wrong, its tokens play on"
    bench.world.advance(8 * 3600)
    assert bench.world.setup({"check": True})["signing_key"] == "in use"
    assert bench.secret("MuxSigningKeySecret")["previous"] == []


def test_a_signing_key_that_is_gone_is_not_asked_for_over_and_over(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxSigningKeySecret", {})
    stack.create(WebhookUrl=URL)
    bench.world.mux_call("DELETE", f"/system/v1/signing-keys/{bench.secret('MuxSigningKeySecret')['key_id']}")
    bench.world.advance(300)
    with lost_signing_keys():
        with pytest.raises(MuxOutcomeUnknown):
            bench.world.setup({"check": True})
        assert bench.world.setup({"check": True})["signing_key"] == "postponed"
    assert len(bench.key_ids()) == 1


def test_a_token_of_another_environment_changes_nothing_there(
    stack: Stack, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.create(WebhookUrl=URL)
    made = exactly_one(bench)
    state = bench.world.records()["CHECKPOINT#setup"]["state"]
    elsewhere = state.replace(bench.world.mux.environment_id, "other1")
    bench.world.dynamodb.update_item(
        TableName=bench.world.table_name,
        Key={"pk": {"S": "CHECKPOINT#setup"}},
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": elsewhere}},
    )
    monkeypatch.setenv("MUX_ENVIRONMENT_ID", "")
    bench.world.cold_start()
    with pytest.raises(WrongEnvironment, match="the webhook is in other1"):
        bench.world.setup({"check": True})
    assert exactly_one(bench) == made


def test_a_value_that_is_no_secret_of_ours_is_not_overwritten(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxWebhookSecret", "pasted")
    answer = stack.create(WebhookUrl=URL)
    assert answer["Status"] == "FAILED"
    assert "must hold a JSON object" in answer["Reason"]
    value = bench.world.secrets.get_secret_value(SecretId=bench.world.arns["MuxWebhookSecret"])
    assert value["SecretString"] == "pasted"


def test_no_secret_is_told(stack: Stack, bench: Bench) -> None:
    bench.world.put_secret("MuxSigningKeySecret", {})
    output = Output()
    with output.heard():
        stack.answers.refuse = 1
        stack.create(WebhookUrl=URL)
        report = bench.world.setup({"rotate": "webhook"})
        stack.delete()
    told = output.text.getvalue() + json.dumps(report) + "".join(body.decode() for body in stack.answers.raw)
    secrets = [*bench.secret("MuxWebhookSecret")["signing_secrets"], bench.secret("MuxSigningKeySecret")["private_key"]]
    assert len(secrets) == 3
    assert not [secret for secret in secrets if secret in told]
    assert leaks(told) == []
    assert "X-Amz-Signature" not in told


def test_a_crash_is_answered_too(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("mux_lifecycle.workflows.setup.Setup.establish", crash)
    answer = stack.create(WebhookUrl=URL)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "RuntimeError: the function's log has the details")
