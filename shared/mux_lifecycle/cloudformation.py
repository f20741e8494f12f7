"""CloudFormation's custom resources: a request becomes a StackRequest, a result or error the answer it waits for.

Only this module knows the protocol: an answer is PUT to a presigned URL, at most 4 KB of JSON, and without one the
deployment hangs until the resource's ServiceTimeout. So whatever happens, something is answered.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from mux_lifecycle.errors import LifecycleError, TemporarilyUnavailable
from mux_lifecycle.mux.transport import Deadline
from mux_lifecycle.telemetry import count, logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from urllib3 import PoolManager

ANSWER_SECONDS: Final = 5.0
ANSWER_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
_MAX_REASON: Final = 500


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


def is_request(event: Mapping[str, Any]) -> bool:
    """Whether CloudFormation waits for an answer to this event."""
    return "ResponseURL" in event and "RequestType" in event


def answer(
    event: Mapping[str, Any],
    carry_out: Callable[[StackRequest], Mapping[str, str]],
    pools: PoolManager,
    pause: Callable[[float], None],
) -> None:
    """Carry the request out and tell CloudFormation; AnswerUndelivered when it cannot be told."""
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
