"""Two stacks on one Mux environment: the tag is the first one's, and nothing of its is touched by the second."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from mux_lifecycle.errors import ConfigurationError
from mux_lifecycle.mux.client import MuxClient
from tests.deployment.cloudformation import Stack
from tests.deployment.conftest import URL
from tests.deployment.test_rotation import Site
from tests.world import STACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.deployment.cloudformation import Answers
    from tests.deployment.conftest import Bench, Json

DAY: Final = 86_400
OTHER_URL: Final = "http://127.0.0.1:9/staging/webhooks/mux"


@dataclass
class Neighbour:
    """Another stack in the same Mux environment: its own table, secrets, address and name, the same functions."""

    bench: Bench
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, bench: Bench) -> Neighbour:
        world = bench.world
        table = f"{world.table_name}-{uuid.uuid4().hex}"
        world.dynamodb.create_table(**world.template.table_arguments("LifecycleTable") | {"TableName": table})
        token = {"token_id": world.mux.token_id, "token_secret": world.mux.token_secret}
        secrets = {
            "MUX_TOKEN_SECRET_ARN": token,
            "MUX_WEBHOOK_SECRET_ARN": {},
            "MUX_SIGNING_KEY_SECRET_ARN": {"key_id": "by-hand", "private_key": "-"},
        }
        variables = {"TABLE_NAME": table, "WEBHOOK_URL": OTHER_URL}
        for name, value in secrets.items():
            made = world.secrets.create_secret(Name=f"{table}-{name}", SecretString=json.dumps(value))
            variables[name] = made["ARN"]
        return cls(bench, variables)

    @contextmanager
    def at_work(self, **variables: str) -> Iterator[None]:
        """Inside, the functions are this stack's."""
        with pytest.MonkeyPatch.context() as monkeypatch:
            for name, value in (self.variables | variables).items():
                monkeypatch.setenv(name, value)
            monkeypatch.setattr(self.bench.world, "permissions", _Unwatched())
            self.bench.world.cold_start()
            yield
        self.bench.world.cold_start()


class _Unwatched:
    """The roles of the second stack are those of the first one with other names; they are watched there."""

    @contextmanager
    def of(self, _: str) -> Iterator[None]:
        yield


@pytest.fixture
def production(bench: Bench, stack: Stack) -> Iterator[Site]:
    """A stack in service, deployed with an address that Mux reaches."""
    site = Site(bench)
    with site.open():
        assert stack.create(WebhookUrl=site.url)["Status"] == "SUCCESS"
        yield site
        for webhook in bench.webhooks():
            bench.world.mux_call("DELETE", f"/system/v1/webhooks/{webhook['id']}")


@pytest.fixture
def staging(bench: Bench) -> Neighbour:
    return Neighbour.made(bench)


def _upload(bench: Bench, site: Site) -> str:
    """An upload of the first stack, of which Mux has told it; its id."""
    world = bench.world
    made = world.call("create_upload", json_body={"title": "Harbour"}).data
    world.wait_for(lambda: any(event[2] == "applied" or event[2] == "stale" for event in site.at_route()))
    return str(made["id"])


def test_a_second_stack_with_the_same_tag_fails_and_touches_nothing(
    bench: Bench, answers: Answers, production: Site, staging: Neighbour
) -> None:
    upload = _upload(bench, production)
    hooks, records, keys = bench.webhooks(), bench.world.items(), bench.key_ids()
    with staging.at_work():
        second = Stack(bench.world, answers)
        answer = second.create(WebhookUrl=OTHER_URL)
    assert answer["Status"] == "FAILED"
    assert f"another stack holds the tag {STACK} in this Mux environment" in answer["Reason"]
    assert production.url in answer["Reason"]
    assert "Deploy with another StackTag" in answer["Reason"]
    removed = answers.received[second.asked[-1]["RequestId"]]
    assert (removed["Status"], removed["Data"]) == ("SUCCESS", {"status": "removed"}), "its rollback ends"
    assert bench.webhooks() == hooks
    assert bench.key_ids() == keys
    assert bench.world.items() == records

    assert bench.world.call("get_upload", id=upload).data["status"] == "waiting"
    assert bench.world.setup({"check": True})["webhook"] == "registered"
    production.answers.clear()
    _upload(bench, production)
    assert {status for _, status, _ in production.at_route()} == {200}, "the first one goes on"


def test_with_a_tag_of_its_own_the_second_stack_is_made_and_leaves_the_first_alone(
    bench: Bench, answers: Answers, production: Site, staging: Neighbour
) -> None:
    hooks = bench.webhooks()
    with staging.at_work():
        second = Stack(bench.world, answers)
        assert second.create(WebhookUrl=OTHER_URL, StackTag="staging")["Status"] == "SUCCESS"
        assert [hook for hook in bench.webhooks() if hook not in hooks] == [bench.webhooks()[0]]
        assert bench.webhooks()[0]["address"] == f"{OTHER_URL}?tag=staging"
        assert second.delete()["Status"] == "SUCCESS"
    assert bench.webhooks() == hooks, "a stack that goes takes its claim with it, and no other"


def test_the_tag_of_a_stack_that_has_gone_is_free(
    bench: Bench, stack: Stack, answers: Answers, staging: Neighbour
) -> None:
    stack.create(WebhookUrl=URL)
    with staging.at_work():
        assert Stack(bench.world, answers).create(WebhookUrl=OTHER_URL)["Status"] == "FAILED"
    assert stack.delete()["Status"] == "SUCCESS"
    with staging.at_work():
        assert Stack(bench.world, answers).create(WebhookUrl=OTHER_URL)["Status"] == "SUCCESS"
        assert [hook["address"] for hook in bench.webhooks()] == [f"{OTHER_URL}?tag={STACK}"]


def test_retention_of_the_second_stack_deletes_nothing_of_the_first(
    bench: Bench, stack: Stack, staging: Neighbour
) -> None:
    """As staging did when it had production's tag: its table knows nothing, and Mux lists everything."""
    world = bench.world
    stack.create(WebhookUrl=URL)
    world.call("create_upload", json_body={})
    asset = world.call("create_asset", json_body={"input": "https://example.com/film.mp4"}).data["id"]
    world.advance(3 * DAY)
    retention = {"RETAIN_DAYS": "1", "CANCEL_ABANDONED_UPLOADS_HOURS": "1"}
    with staging.at_work(**retention):
        report = world.reconcile({"start": True})
        assert report["unclaimed"] >= 1
        assert "another stack's webhook claims the tag" in report["retention"]
        world.advance(120)
        world.schedule()
    assert [found["id"] for found in world.mux_assets()] == [asset]
    assert world.call("get_asset", id=asset).status == 200


def test_a_stack_without_a_token_that_finds_its_tag_taken_later_says_so_and_claims_nothing(
    bench: Bench, stack: Stack, answers: Answers, staging: Neighbour
) -> None:
    stack.create(WebhookUrl=URL)
    token = bench.world.secrets.get_secret_value(SecretId=staging.variables["MUX_TOKEN_SECRET_ARN"])["SecretString"]
    secret = {"SecretId": staging.variables["MUX_TOKEN_SECRET_ARN"]}
    bench.world.secrets.put_secret_value(**secret, SecretString="{}")
    hooks = bench.webhooks()
    with staging.at_work():
        second = Stack(bench.world, answers)
        assert second.create(WebhookUrl=OTHER_URL)["Data"]["status"] == "no_token"
        bench.world.secrets.put_secret_value(**secret, SecretString=token)
        with pytest.raises(ConfigurationError, match="another stack holds the tag"):
            bench.world.setup()
        assert bench.webhooks() == hooks
        assert second.update(StackTag="staging")["Status"] == "SUCCESS", "no upload has had the other tag"
        assert {hook["address"] for hook in bench.webhooks()} == {f"{URL}?tag={STACK}", f"{OTHER_URL}?tag=staging"}
        assert second.delete()["Status"] == "SUCCESS"


@pytest.mark.parametrize("enabled", [True, False])
def test_the_younger_claim_of_two_simultaneous_setups_gives_way(
    bench: Bench, stack: Stack, monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    """The other one has made its webhook after we looked and before we made ours, or before we have looked again."""
    create = MuxClient.create_webhook

    def the_other_was_faster(mux: MuxClient, address: str) -> Json:
        theirs = create(mux, f"{OTHER_URL}/pending?tag={STACK}")
        mux.update_webhook(theirs["id"], {"enabled": enabled})
        bench.world.advance(1)
        return create(mux, address)

    monkeypatch.setattr(MuxClient, "create_webhook", the_other_was_faster)
    answer = stack.create(WebhookUrl=URL)
    assert answer["Status"] == "FAILED"
    assert "another stack holds the tag" in answer["Reason"]
    assert [hook["address"] for hook in bench.webhooks()] == [f"{OTHER_URL}/pending?tag={STACK}"]


def test_the_older_claim_of_two_simultaneous_setups_stays(
    bench: Bench, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = MuxClient.create_webhook

    def the_other_was_slower(mux: MuxClient, address: str) -> Json:
        ours = create(mux, address)
        bench.world.advance(1)
        create(mux, f"{OTHER_URL}/pending?tag={STACK}")
        return ours

    monkeypatch.setattr(MuxClient, "create_webhook", the_other_was_slower)
    assert stack.create(WebhookUrl=URL)["Status"] == "SUCCESS"
    assert {hook["address"] for hook in bench.webhooks()} == {
        f"{URL}?tag={STACK}",
        f"{OTHER_URL}/pending?tag={STACK}",
    }


def test_a_webhook_of_an_earlier_release_gets_the_tag_without_another_secret(bench: Bench, stack: Stack) -> None:
    """Nothing is exchanged: what Mux signs stays valid all the time."""
    stack.create(WebhookUrl=URL)
    [hook], secret = bench.webhooks(), bench.secret("MuxWebhookSecret")
    bench.world.mux_call("PATCH", f"/system/v1/webhooks/{hook['id']}", {"address": URL})
    assert stack.update(Release="2")["Status"] == "SUCCESS"
    assert bench.webhooks() == [hook]
    assert bench.secret("MuxWebhookSecret") == secret


def test_an_earlier_release_holds_the_former_default(bench: Bench, stack: Stack) -> None:
    """Its address says nothing of its tag; unless its operator chose another one, that is the former default."""
    address = "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/webhooks/mux"
    bench.world.claim_tag(address)
    answer = stack.create(WebhookUrl=URL)
    assert answer["Status"] == "FAILED"
    assert address in answer["Reason"]
    assert stack.create(WebhookUrl=URL, StackTag="staging")["Status"] == "SUCCESS"
    assert [hook["address"] for hook in bench.webhooks()] == [f"{URL}?tag=staging", address]


def test_a_tag_that_uploads_have_cannot_be_changed(bench: Bench, stack: Stack) -> None:
    stack.create(WebhookUrl=URL)
    hooks = bench.webhooks()
    for _ in range(2):
        answer = stack.update(StackTag="another")
        assert answer["Status"] == "FAILED"
        assert f"deploy with StackTag={STACK}" in answer["Reason"]
        assert bench.webhooks() == hooks
    assert stack.update(Release="2")["Status"] == "SUCCESS"


@pytest.mark.parametrize("setup", ["automatic", "manual"])
def test_a_stack_of_an_earlier_release_does_not_get_a_derived_tag(bench: Bench, stack: Stack, setup: str) -> None:
    """Its assets have the former default, or a tag that was chosen: with another one they would be foreign."""
    stack.create(WebhookUrl=URL, MuxSetup=setup)
    assert stack.properties is not None
    del stack.properties["StackTag"]
    bench.world.dynamodb.delete_item(TableName=bench.world.table_name, Key={"pk": {"S": "CHECKPOINT#setup"}})
    before = bench.webhooks()
    answer = stack.update(StackTag="123456789012/eu-central-1/videos-prod")
    assert answer["Status"] == "FAILED"
    assert "deploy with StackTag=videos, or with the one that you chose" in answer["Reason"]
    assert bench.webhooks() == before
    assert stack.update(StackTag=STACK)["Status"] == "SUCCESS"


def test_a_derived_tag_is_told_to_the_template(bench: Bench, stack: Stack) -> None:
    data = stack.create(WebhookUrl=URL, StackTag="123456789012/eu-central-1/Videos-Production-2")["Data"]
    tag = data["tag"]
    assert tag.startswith("videos-producti-")
    assert len(tag) == 32
    assert [hook["address"] for hook in bench.webhooks()] == [f"{URL}?tag={tag}"]
    assert stack.update(Release="2")["Data"]["tag"] == tag
