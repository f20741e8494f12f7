"""Schedule, every few minutes: look at the records that are due. By hand also with `{"dry_run": true}`."""

from collections.abc import Mapping
from typing import Any

from mux_lifecycle import runtime, telemetry
from mux_lifecycle.workflows.cleanup import CleanupOptions


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int | str]:
    options = CleanupOptions.parse(event)
    try:
        return runtime.cleanup().run(options, lambda: context.get_remaining_time_in_millis() / 1000)
    finally:
        telemetry.flush()
