"""One function in a fresh interpreter: imports it, runs events through it, prints what that took as JSON.

Run with nothing but the function and the layer on the path: `python -S child.py MODULE EVENTS_FILE`.
The time spent waiting for AWS and Mux is measured apart: what remains is the function's own.
"""

import importlib
import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    """As much of Lambda's context as the functions use."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


class Waiting:
    """Adds up the time spent in the two places where bytes leave, and counts what leaves for Mux."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.mux_calls = 0

    def watch(self) -> None:
        httpsession = importlib.import_module("botocore.httpsession")
        self._time(httpsession.URLLib3Session, "send")
        if "mux_lifecycle.mux.transport" in sys.modules:
            self._time(sys.modules["urllib3"].PoolManager, "request", mux_calls=1)

    def _time(self, owner: Any, method: str, mux_calls: int = 0) -> None:
        send = getattr(owner, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return send(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - began
                self.mux_calls += mux_calls

        setattr(owner, method, timed)


def main(module: str, events: list[dict[str, Any]]) -> dict[str, float]:
    began = time.perf_counter()
    handler = importlib.import_module(module).handler
    imported = time.perf_counter() - began
    waiting, own = Waiting(), []
    first = _run(handler, events[0])
    waiting.watch()
    for event in events[1:]:
        waiting.seconds = 0.0
        own.append(_run(handler, event) - waiting.seconds)
    return {
        "import_ms": imported * 1000,
        "first_ms": first * 1000,
        "warm_ms": statistics.median(own) * 1000,
        "peak_mb": _peak_mb(),
        "mux_calls": waiting.mux_calls / len(own),
    }


def _peak_mb() -> float:
    """Linux's ru_maxrss also counts what the parent had before exec, so it is only asked elsewhere (macOS: bytes)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    [peak] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(peak) / 1024


def _run(handler: Any, event: dict[str, Any]) -> float:
    began = time.perf_counter()
    result = handler(event, Context())
    elapsed = time.perf_counter() - began
    if result.get("statusCode", 200) >= 300:
        raise SystemExit(f"not a success: {result}")
    return elapsed


if __name__ == "__main__":
    # Logs go to the same stdout; the last line is ours.
    print(json.dumps(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))))
