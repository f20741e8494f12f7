"""CloudFormation at a deployment, and a schedule: this stack's webhook and signing key at Mux. By hand: README."""

from collections.abc import Mapping
from typing import Any

from mux_lifecycle import cloudformation, runtime, telemetry
from mux_lifecycle.workflows.setup import SetupOptions


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    def remaining_seconds() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    def carry_out(request: cloudformation.StackRequest) -> Mapping[str, str]:
        setup, target = runtime.setup(), runtime.setup_target(request.properties)
        if request.kind == "Delete":
            return setup.remove(target, request.id, remaining_seconds)
        former = runtime.setup_target_before(request.former) if request.former else None
        return setup.establish(target, request.id, remaining_seconds, former=former)

    try:
        if cloudformation.is_request(event):
            cloudformation.answer(event, runtime.setup_resource(), carry_out, runtime.pools(), runtime.pause)
            return {}
        return runtime.setup().run(runtime.setup_target(), SetupOptions.parse(event))
    finally:
        telemetry.flush()
