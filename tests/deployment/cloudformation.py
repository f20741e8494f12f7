"""CloudFormation, as far as a custom resource notices: requests, the URL for answers, rollback, repeated deliveries."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from urllib3 import PoolManager

from local.intrinsics import PSEUDO_PARAMETERS
from mux_lifecycle.errors import LifecycleError
from tests.faults.sweep import Killed
from tests.world import STACK

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.world import World

type Json = dict[str, Any]

STACK_ID = PSEUDO_PARAMETERS["AWS::StackId"]
BUCKET = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com"
LOGICAL_ID = "MuxSetupResource"
DELIVERIES = 3
"""Lambda repeats an invocation that was killed or raised an error twice."""


@dataclass
class Answers:
    """Where answers are PUT, as on S3: a real server. `refuse` so many of them first, with a 503."""

    received: dict[str, Json] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    refuse: int = 0

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._endpoint())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"{BUCKET}/answers?X-Amz-Signature=0123456789abcdef0123456789abcdef"

    def pools(self) -> PoolManager:
        """Connections that reach this server under the address of CloudFormation's bucket, and no other host."""
        return _Bucket(f"http://127.0.0.1:{self._server.server_port}")

    def _endpoint(self) -> type[BaseHTTPRequestHandler]:
        answers = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if answers.refuse:
                    answers.refuse -= 1
                    self.send_response(503)
                else:
                    answers.raw.append(body)
                    answers.content_types.append(self.headers.get("content-type"))
                    answer = json.loads(body)
                    # Only the first answer to a request counts.
                    answers.received.setdefault(answer["RequestId"], answer)
                    self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
                """Stay silent."""

        return Endpoint


class _Bucket(PoolManager):
    def __init__(self, server: str) -> None:
        super().__init__()
        self._server = server

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        assert url.startswith(f"{BUCKET}/"), "nothing else may be sent by these"
        return super().request(method, url.replace(BUCKET, self._server, 1), *args, **options)


class Stack:
    """A stack with our custom resource in it, and with others that may fail after it.

    `invoke` is how a request reaches the function; `asked` are all requests so far.
    """

    def __init__(self, world: World, answers: Answers) -> None:
        self.world = world
        self.answers = answers
        self.invoke: Callable[[Json], object] = world.setup
        self.asked: list[Json] = []
        self.properties: Json | None = None
        self.physical_id = ""

    def create(self, *, fails_later: bool = False, **properties: str) -> Json:
        """The answer to Create. A failure of it or of another resource rolls back: Delete."""
        answer = self.ask("Create", self._all(properties))
        self.physical_id = answer.get("PhysicalResourceId", "made-by-cloudformation")
        if answer["Status"] == "FAILED" or fails_later:
            self.ask("Delete", self._all(properties))
        else:
            self.properties = self._all(properties)
        return answer

    def update(self, *, fails_later: bool = False, **properties: str) -> Json:
        """The answer to Update. A failure of it or of another resource rolls back: Update to what was before."""
        assert self.properties is not None
        before, wanted = self.properties, self.properties | properties
        answer = self.ask("Update", wanted, before)
        if answer["Status"] == "FAILED" or fails_later:
            assert self.ask("Update", before, wanted)["Status"] == "SUCCESS", "UPDATE_ROLLBACK_FAILED"
        else:
            self.properties = wanted
        return answer

    def delete(self) -> Json:
        """The answer to Delete."""
        assert self.properties is not None
        return self.ask("Delete", self.properties)

    def ask(self, kind: str, properties: Json, before: Json | None = None) -> Json:
        """One request, delivered until the function does not fail; without an answer it counts as failed."""
        event = self.request(kind, properties, before)
        self.asked.append(event)
        # CloudFormation updates the function first, also when it rolls back.
        self.world.configure("WEBHOOK_URL", properties["WebhookUrl"])
        self.world.configure("STACK_TAG", properties.get("StackTag", STACK))
        for _ in range(DELIVERIES):
            with suppress(Killed, LifecycleError):
                self.invoke(event)
                break
            self.world.advance(60)
        answer = self.answers.received.get(event["RequestId"])
        if answer is None:
            return {
                "Status": "FAILED",
                "Reason": "CloudFormation did not receive a response from your Custom Resource.",
            }
        assert answer["PhysicalResourceId"] == (self.physical_id or answer["PhysicalResourceId"]), "a replacement"
        return answer

    def request(self, kind: str, properties: Json, before: Json | None = None) -> Json:
        event = {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "ResponseURL": self.answers.url,
            "ResourceType": "Custom::MuxSetup",
            "LogicalResourceId": LOGICAL_ID,
            "StackId": STACK_ID,
            "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:videos-MuxSetupFunction",
            "ResourceProperties": properties,
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical_id
        if before is not None:
            event["OldResourceProperties"] = before
        return event

    def _all(self, properties: Json) -> Json:
        usual = {"ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:videos-MuxSetupFunction"}
        usual |= {"ServiceTimeout": "900", "MuxSetup": "automatic", "MuxEnvironmentId": "", "StackTag": STACK}
        return usual | properties
