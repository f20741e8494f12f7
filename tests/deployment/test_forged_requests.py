"""Whoever may invoke the function can make up a request: it is refused before anything is asked, written or sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from mux_lifecycle.cloudformation import CustomResource, RequestRefused
from tests.deployment.cloudformation import BUCKET
from tests.deployment.conftest import URL, Bench
from tests.faults.audit import Output

if TYPE_CHECKING:
    from tests.deployment.cloudformation import Answers, Stack
    from tests.faults.sweep import ExternalCalls

type Json = dict[str, Any]

OTHER_STACK: Final = "arn:aws:cloudformation:us-east-1:123456789012:stack/other/11111111-c1aa-11f0-9c1c-0a1b2c3d4e5f"
NAME: Final = "cloudformation-custom-resource-response-"

FORGED_URLS: Final = (
    None,
    "",
    "https://evil.example.com/answers",
    f"http{BUCKET.removeprefix('https')}/answers",
    f"{BUCKET}:8443/answers",
    f"{BUCKET}:443:80/answers",
    f"{BUCKET}.evil.example.com/answers",
    f"{BUCKET}@evil.example.com/answers",
    f"{BUCKET}\\@evil.example.com/answers",
    f"{BUCKET}#@evil.example.com/answers",
    f"{BUCKET}?@evil.example.com/answers",
    f"{BUCKET}/answers#fragment",
    f"{BUCKET}/answers\nHost: evil.example.com",
    f"{BUCKET}/answers\n",
    f"{BUCKET}",
    f" {BUCKET}/answers",
    f"HTTPS{BUCKET.removeprefix('https')}/answers",
    f"https://user:password@{BUCKET.removeprefix('https://')}/answers",  # pragma: allowlist secret
    "https://127.0.0.1/answers",
    "https://169.254.169.254/latest/meta-data",
    "https://evil.s3.amazonaws.com/answers",
    "https://s3.amazonaws.com/evil/answers",
    f"https://{NAME}uswest2.s3.us-west-2.amazonaws.com/answers",
    f"https://{NAME}useast1.s3.us-west-2.amazonaws.com/answers",
    f"https://{NAME}useast1.s3-evil.s3.amazonaws.com/answers",
    f"https://{NAME}useast1.evil.s3.us-east-1.amazonaws.com/answers",
    f"https://evil.{NAME}useast1.s3.us-east-1.amazonaws.com/answers",
    f"https://{NAME}useast1xs3.us-east-1.amazonaws.com/answers",
    f"https://{NAME}useast1.s3.us-east-1.amazonaws.com.cn/answers",
    f"https://{NAME}useast1.s3.us-east-1.amazonaws.com\u3002evil.example.com/answers",
)
FORGED: Final[dict[str, Json]] = {
    **{f"url {number}": {"ResponseURL": url} for number, url in enumerate(FORGED_URLS)},
    "another stack": {"StackId": OTHER_STACK},
    "no stack": {"StackId": None},
    "another resource": {"LogicalResourceId": "Another"},
    "another type": {"ResourceType": "Custom::Another"},
    "an unknown request": {"RequestType": "Destroy"},
    "no request id": {"RequestId": ""},
    "a request id that is none": {"RequestId": {"id": "1"}},
    "a physical id that is none": {"PhysicalResourceId": ["1"]},
    "properties that are none": {"ResourceProperties": [["WebhookUrl", URL]]},
    "former properties that are none": {"OldResourceProperties": "none"},
    "another webhook": {"ResourceProperties": {"WebhookUrl": "https://evil.example.com/webhooks/mux"}},
    "no webhook": {"ResourceProperties": {"MuxSetup": "automatic"}},
}


def request_of(stack: Stack, **changes: object) -> Json:
    properties = {"WebhookUrl": URL, "MuxSetup": "automatic", "MuxEnvironmentId": ""}
    return stack.request("Create", properties) | changes


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_forged_request_is_refused_without_a_call(
    stack: Stack, bench: Bench, answers: Answers, calls: ExternalCalls, changes: Json
) -> None:
    output = Output()
    with output.heard(), calls.meeting(), pytest.raises(RequestRefused, match=f"wrong .*{next(iter(changes))}"):
        bench.world.setup(request_of(stack, **changes))
    assert calls.names == [], "neither Mux nor the table nor the network was asked"
    assert answers.raw == []
    assert bench.webhooks() == []
    assert "stack request refused" in output.text.getvalue()
    assert "evil" not in output.text.getvalue(), "a stranger writes nothing into the log"


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_a_forged_deletion_removes_nothing(stack: Stack, bench: Bench, calls: ExternalCalls, kind: str) -> None:
    stack.create(WebhookUrl=URL)
    before = bench.webhooks()
    with calls.meeting(), pytest.raises(RequestRefused):
        bench.world.setup(request_of(stack, RequestType=kind, StackId=OTHER_STACK))
    assert calls.names == []
    assert bench.webhooks() == before
    assert bench.world.setup() == {"stopped": "idle"}


def test_half_a_request_is_no_run_of_the_schedule(bench: Bench, calls: ExternalCalls) -> None:
    for event in ({"ResponseURL": "https://evil.example.com"}, {"RequestType": "Create"}):
        with calls.meeting(), pytest.raises(RequestRefused):
            bench.world.setup(event)
        assert calls.names == []


@pytest.mark.parametrize(
    ("region", "partition", "suffix", "host"),
    [
        ("us-east-1", "aws", "amazonaws.com", "useast1.s3.amazonaws.com"),
        ("us-east-1", "aws", "amazonaws.com", "useast1.s3.us-east-1.amazonaws.com"),
        ("eu-west-1", "aws", "amazonaws.com", "euwest1.s3-eu-west-1.amazonaws.com"),
        ("eu-west-1", "aws", "amazonaws.com", "euwest1.s3.eu-west-1.amazonaws.com:443"),
        ("ap-northeast-1", "aws", "amazonaws.com", "apnortheast1.s3.ap-northeast-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn", "cnnorth1.s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "usgovwest1.s3.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "aws-iso", "c2s.ic.gov", "usisoeast1.s3.us-iso-east-1.c2s.ic.gov"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", "euscdeeast1.s3.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_the_bucket_of_the_stacks_own_region_takes_answers(region: str, partition: str, suffix: str, host: str) -> None:
    stack_id = f"arn:{partition}:cloudformation:{region}:123456789012:stack/videos/3f2c41d0-c1aa-11f0"
    resource = CustomResource(stack_id, "MuxSetupResource", "Custom::MuxSetup", suffix, {"WebhookUrl": URL})
    url = f"https://{NAME}{host}/arn%3A{partition}%3Acloudformation%7C1?X-Amz-Signature=0%2B&Expires=1~"
    event: Json = {
        "RequestType": "Create",
        "RequestId": "1",
        "ResponseURL": url,
        "StackId": stack_id,
        "LogicalResourceId": "MuxSetupResource",
        "ResourceType": "Custom::MuxSetup",
        "ResourceProperties": {"WebhookUrl": URL},
    }
    resource.check(event)
    with pytest.raises(RequestRefused, match=r"wrong ResponseURL$"):
        resource.check(event | {"ResponseURL": url.replace(suffix, "example.com")})
