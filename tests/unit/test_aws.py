"""A client of ours does what botocore's usual one does, with fewer handlers about."""

from typing import Any

import botocore.session
import pytest

from mux_lifecycle import aws

EVENTS = (
    *("provide-client-params", "before-parameter-build", "before-call", "request-created", "choose-signer"),
    *("before-sign", "before-send", "needs-retry", "before-parse", "after-call", "after-call-error"),
)


def heard(client: Any, event: str) -> list[str]:
    """What listens to an event of a client."""
    found = client.meta.events._emitter._handlers.prefix_search(event)
    return sorted(getattr(handler, "__qualname__", str(handler)) for handler in found)


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
def test_every_event_of_every_operation_is_heard_by_the_usual_handlers(service: str) -> None:
    usual = botocore.session.Session().create_client(service, region_name="eu-central-1")
    ours = aws.client(service, attempts=2)
    name = usual.meta.service_model.service_id.hyphenize()
    for event in EVENTS:
        for operation in usual.meta.service_model.operation_names:
            full = f"{event}.{name}.{operation}"
            assert heard(ours, full) == heard(usual, full)


def test_fewer_handlers_are_registered_than_there_are() -> None:
    ours = aws.client("dynamodb", attempts=1)
    assert heard(ours, "before-parameter-build.s3.PutObject") == heard(ours, "before-parameter-build.dynamodb.PutItem")


def test_a_service_with_handlers_of_its_own_has_them() -> None:
    usual = botocore.session.Session().create_client("sqs", region_name="eu-central-1")
    assert heard(aws.client("sqs", attempts=1), "request-created.sqs.SendMessage") == heard(
        usual, "request-created.sqs.SendMessage"
    )


def test_a_transaction_that_is_sent_again_carries_the_same_token() -> None:
    """DynamoDB then knows it for the same one."""
    client = aws.client("dynamodb", attempts=1)
    sent: dict[str, Any] = {}

    def keep_at_home(params: dict[str, Any], **_: Any) -> None:
        sent.update(params)
        raise RuntimeError

    client.meta.events.register("before-call.dynamodb", keep_at_home)
    with pytest.raises(RuntimeError):
        client.transact_write_items(TransactItems=[])
    assert b"ClientRequestToken" in sent["body"]
