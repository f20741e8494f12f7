"""One function in a process, the Runtime API it speaks to, and what it took: time, processor time, memory."""

import json
import os
import queue
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench.comparison.variants import Start
from bench.loopback import Handler, Server

PATIENCE_SECONDS: Final = 60
_ATTEMPTS: Final = 5
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class UnsuccessfulError(Exception):
    """A function did not answer with a success; the text is what it said."""


def patiently[Result](ask: Callable[[], Result]) -> Result:
    """Ask, again if need be: on a busy machine moto may be slower than a function waits for DynamoDB."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return ask()
        except UnsuccessfulError as error:
            print(f"again: {error}", file=sys.stderr)
    return ask()


class FunctionProcess:
    """A process from its start on; a context manager."""

    def __init__(self, start: Start, arn: str) -> None:
        self._start = start
        self._arn = arn
        self._events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[float, str, bytes]] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._server = Server(_handler(self))

    def __enter__(self) -> Self:
        self._server.start()
        address = f"127.0.0.1:{self._server.server_port}"
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            self._start.command,
            cwd=self._start.folder,
            env={**self._start.environment, "AWS_LAMBDA_RUNTIME_API": address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._events.put(b"")
        self._server.stop()

    def first(self, event: dict[str, Any]) -> tuple[float, float]:
        """Seconds from the start to the first question for an event, and to the first answer."""
        self._events.put(json.dumps(event).encode())
        answered = self._answer()
        return self._ready.get(timeout=PATIENCE_SECONDS) - self._began, answered - self._began

    def next(self, event: dict[str, Any]) -> float:
        """Seconds that a further event took."""
        began = time.perf_counter()
        self._events.put(json.dumps(event).encode())
        return self._answer() - began

    def processor_seconds(self) -> float:
        """The processor time used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_bytes(self) -> int:
        """The most memory that was used at once."""
        status = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

    def asked(self) -> bytes | None:
        """The next event, once there is one; None at the end."""
        self._ready.put(time.perf_counter())
        return self._events.get() or None

    def answered(self, path: str, body: bytes) -> None:
        self._answers.put((time.perf_counter(), path, body))

    def headers(self) -> dict[str, str]:
        deadline = int((time.time() + PATIENCE_SECONDS) * 1000)
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
        }

    def _answer(self) -> float:
        """When the answer came. Raises UnsuccessfulError."""
        at, path, body = self._answers.get(timeout=PATIENCE_SECONDS)
        result = json.loads(body)
        # What a schedule is answered has no status.
        if not path.endswith("/response") or result.get("statusCode", 200) >= 300:
            raise UnsuccessfulError(f"{self._start.command[-1]}: {body.decode()[:2000]}")
        return at


def _handler(process: FunctionProcess) -> type[Handler]:
    class RuntimeApi(Handler):
        def respond(self) -> None:
            if self.command == "POST":
                process.answered(self.path, self.body())
                self.answer(202, b"{}", {})
            elif (event := process.asked()) is not None:
                self.answer(200, event, process.headers())

    return RuntimeApi
