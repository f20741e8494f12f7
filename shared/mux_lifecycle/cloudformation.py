"""CloudFormation's custom resources: a request becomes a StackRequest, a result or error the answer it waits for.

Only this module knows the protocol: an answer is PUT to a presigned URL, at most 4 KB of JSON, and without one the
deployment hangs until the resource's ServiceTimeout. So every request of CloudFormation's gets an answer. Whoever may
invoke the function can make up an event, so an event that does not fit this stack gets none.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from mux_lifecycle.errors import LifecycleError, TemporarilyUnavailable
from mux_lifecycle.mux.transport import Deadline
from mux_lifecycle.telemetry import count, logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from urllib3 import PoolManager

ANSWER_SECONDS: Final = 5.0
ANSWER_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
_MAX_REASON: Final = 500
_MAX_ID: Final = 1024
_KINDS: Final = ("Create", "Update", "Delete")
_STACK_ID: Final = re.compile(r"arn:[a-z0-9-]+:cloudformation:([a-z0-9-]+):[0-9]{12}:stack/[A-Za-z0-9-]+/[A-Za-z0-9-]+")
# The path and query of a presigned URL: no fragment, no space, and nothing that two parsers read in two ways.
_PATH: Final = r"/[A-Za-z0-9%._~!$&'()*+,;=:@/?-]*"


class RequestRefused(LifecycleError):
    """The event is not CloudFormation's request about this stack's resource. Nothing was done about it."""


class AnswerUndelivered(TemporarilyUnavailable):
    """CloudFormation's URL took no answer. Lambda repeats the request, and the answer is given again."""


@dataclass(frozen=True, slots=True)
class StackRequest:
    """What CloudFormation asks for. `properties` are those of the resource as it shall be, all of them text.

    `former` are those before an update.
    """

    kind: Literal["Create", "Update", "Delete"]
    id: str
    properties: Mapping[str, str]
    former: Mapping[str, str] | None = None

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Self:
        properties, former = event["ResourceProperties"], event.get("OldResourceProperties")
        return cls(event["RequestType"], event["RequestId"], properties, former)


@dataclass(frozen=True, slots=True)
class CustomResource:
    """The one resource that a function answers for.

    `url_suffix` ends the names of AWS's hosts where the stack is. `properties` are those whose values the function
    knows by itself.
    """

    stack_id: str
    logical_id: str
    type: str
    url_suffix: str
    properties: Mapping[str, str]

    def check(self, event: Mapping[str, Any]) -> None:
        """Raise RequestRefused unless CloudFormation may have sent `event` about this resource."""
        own = {"StackId": self.stack_id, "LogicalResourceId": self.logical_id, "ResourceType": self.type}
        properties, former = event.get("ResourceProperties"), event.get("OldResourceProperties", {})
        right = {name: event.get(name) == value for name, value in own.items()}
        right["RequestType"] = event.get("RequestType") in _KINDS
        right["RequestId"] = _is_text(event.get("RequestId"))
        right["PhysicalResourceId"] = _is_text(event.get("PhysicalResourceId", "none yet"))
        right["ResourceProperties"] = isinstance(properties, Mapping) and all(
            properties.get(name) == value for name, value in self.properties.items()
        )
        right["OldResourceProperties"] = isinstance(former, Mapping)
        right["ResponseURL"] = self._takes_answers(event.get("ResponseURL"))
        wrong = [name for name, is_right in right.items() if not is_right]
        if wrong:
            # The names alone: the values are a stranger's.
            logger.error("stack request refused", wrong=wrong)
            raise RequestRefused(f"not CloudFormation's request about this stack: wrong {', '.join(wrong)}")

    def _takes_answers(self, url: object) -> bool:
        """Whether `url` is an object in the bucket for answers that CloudFormation has in the stack's region.

        S3 serves a bucket at each of these hosts, and CloudFormation has used the first three.
        """
        stack = _STACK_ID.fullmatch(self.stack_id)
        if stack is None or not isinstance(url, str):
            return False
        region = stack[1]
        bucket = f"cloudformation-custom-resource-response-{region.replace('-', '')}"
        endpoints = (f"s3.{region}", f"s3-{region}", "s3", f"s3.dualstack.{region}")
        hosts = "|".join(re.escape(f"{bucket}.{endpoint}.{self.url_suffix}") for endpoint in endpoints)
        return re.fullmatch(f"https://({hosts})(:443)?{_PATH}", url, re.ASCII) is not None


def is_request(event: object) -> bool:
    """Whether this event says that CloudFormation waits for an answer to it."""
    return isinstance(event, Mapping) and ("ResponseURL" in event or "RequestType" in event)


def answer(
    event: Mapping[str, Any],
    resource: CustomResource,
    carry_out: Callable[[StackRequest], Mapping[str, str]],
    pools: PoolManager,
    pause: Callable[[float], None],
) -> None:
    """Carry the request out and tell CloudFormation; AnswerUndelivered when it cannot be told.

    RequestRefused, before anything is done, when the request is not about `resource`.
    """
    resource.check(event)
    body: dict[str, Any] = {"Status": "SUCCESS", "PhysicalResourceId": _physical_id(event)}
    body |= {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    reason = ""
    try:
        data = carry_out(StackRequest.parse(event))
    except LifecycleError as error:
        logger.warning("stack request failed", request=event["RequestType"], error=type(error).__name__)
        reason = " ".join(error.messages)
    except Exception as error:
        # Not raised: Lambda would repeat a request whose failure CloudFormation has been told and has acted on.
        logger.exception("stack request crashed", request=event["RequestType"])
        reason = f"{type(error).__name__}: the function's log has the details"
    else:
        body |= {"Data": data}
    if reason:
        count("SetupFailed")
        body |= {"Status": "FAILED", "Reason": reason[:_MAX_REASON]}
    _deliver(event["ResponseURL"], json.dumps(body).encode(), pools, pause)
    logger.info("stack request answered", request=event["RequestType"], status=body["Status"])


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_ID


def _physical_id(event: Mapping[str, Any]) -> str:
    """The same for every request about one resource of one stack, so that no update seems to replace it."""
    stack = str(event["StackId"]).rpartition("/")[2]
    return str(event.get("PhysicalResourceId") or f"{event['LogicalResourceId']}-{stack}")


def _deliver(url: str, body: bytes, pools: PoolManager, pause: Callable[[float], None]) -> None:
    """The URL is a key to the answer: it goes into no log and no error."""
    for seconds in (*ANSWER_PAUSES, None):
        try:
            with (
                Deadline(ANSWER_SECONDS),
                pools.request(
                    "PUT",
                    url,
                    body=body,
                    # The signature covers an empty content type.
                    headers={"Content-Type": ""},
                    timeout=Timeout(ANSWER_SECONDS),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                ) as response,
            ):
                status = response.status
        except (HTTPError, OSError) as error:
            logger.warning("stack answer not delivered", error=type(error).__name__)
        else:
            if status < 300:
                return
            logger.warning("stack answer not taken", status=status)
        if seconds is not None:
            pause(seconds)
    raise AnswerUndelivered("CloudFormation took no answer")
