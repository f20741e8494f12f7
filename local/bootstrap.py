"""The runtime inside a worker: loads one handler and feeds it events from the Lambda Runtime API.

It is the only part of the local stack in the function's process, and can be exchanged for awslambdaric.
An event may come with a clock offset; while it is handled, the function lives that many seconds ahead.
"""

from __future__ import annotations

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Handler = Callable[[Any, Any], Any]

API = "/2018-06-01/runtime"
CLOCK_HEADER = "Local-Clock-Offset"


@dataclass(frozen=True)
class LambdaContext:
    """What a handler gets beside the event; `deadline` is in Unix seconds on the clock it lives at."""

    aws_request_id: str
    invoked_function_arn: str
    deadline: float
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    client_context: None = None
    identity: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self.deadline - time.time()) * 1000), 0)


class RuntimeApi:
    """A client of the Lambda Runtime API at `address` (host and port)."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next_event(self) -> tuple[http.client.HTTPMessage, bytes]:
        """Wait for an event; answers its headers and its JSON."""
        self._connection.request("GET", f"{API}/invocation/next")
        response = self._connection.getresponse()
        return response.headers, response.read()

    def post(self, path: str, body: bytes) -> None:
        self._connection.request("POST", API + path, body, {"Content-Type": "application/json"})
        self._connection.getresponse().read()


def load_handler(name: str) -> Handler:
    """The function that `name` (module.function, slashes for packages) points at."""
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    return handler


def describe(error: BaseException, request_id: str) -> bytes:
    """An error as Lambda reports it; the traceback also goes to the log."""
    print(f"[ERROR] {''.join(traceback.format_exception(error))}", file=sys.stderr, flush=True)
    description = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
    return json.dumps(description).encode()


def marshal(result: Any) -> bytes:
    """A handler's result as JSON; a Decimal becomes a number, as in Lambda."""
    return json.dumps(result, ensure_ascii=False, default=_number).encode()


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def clock(offset: float) -> AbstractContextManager[object]:
    """The time `offset` seconds ahead, running on; the wall clock itself is left alone when it will do."""
    if not offset:
        return nullcontext()
    import time_machine  # noqa: PLC0415 (most workers never need it)

    return time_machine.travel(time.time() + offset, tick=True)


def handle(handler: Handler, headers: http.client.HTTPMessage, body: bytes) -> tuple[str, bytes]:
    """Run the handler on one event; answers the Runtime API's verb for the outcome, and its body."""
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    offset = float(headers.get(CLOCK_HEADER, "0"))
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
    context = LambdaContext(
        aws_request_id=request_id,
        invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
        deadline=int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 + offset,
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
    )
    try:
        with clock(offset):
            return "response", marshal(handler(json.loads(body), context))
    except Exception as error:
        return "error", describe(error, request_id)


def main() -> NoReturn:
    """Initialise the function once, then handle events until the process is ended."""
    logging.basicConfig(format="[%(levelname)s] %(message)s", level=logging.WARNING)
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        api.post("/init/error", describe(error, ""))
        sys.exit(1)
    while True:
        headers, body = api.next_event()
        verb, answer = handle(handler, headers, body)
        api.post(f"/invocation/{headers['Lambda-Runtime-Aws-Request-Id']}/{verb}", answer)


if __name__ == "__main__":
    main()
