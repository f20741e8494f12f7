"""Schedule, every 15 minutes: go on with the walk through Mux and the table, or begin the day's. By hand: README."""

from collections.abc import Mapping
from typing import Any

from mux_lifecycle import runtime, telemetry
from mux_lifecycle.workflows.reconcile import ReconcileOptions


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int | str]:
    options = ReconcileOptions.parse(event)
    try:
        return runtime.reconcile().run(options, lambda: context.get_remaining_time_in_millis() / 1000)
    finally:
        telemetry.flush()
