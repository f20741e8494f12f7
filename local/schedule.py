"""Starts functions at the rates of the template, as EventBridge Scheduler does."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.worker import FunctionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.template import Schedule

    Invoke = Callable[[str, object], Awaitable[Any]]


async def run(schedule: Schedule, invoke: Invoke) -> None:
    """Start the schedule's function once per period, for ever; a run that fails leaves its error in the log."""
    while True:
        await asyncio.sleep(schedule.period)
        try:
            await invoke(schedule.function, scheduled_event(schedule))
        except FunctionError:
            continue


def scheduled_event(schedule: Schedule) -> Any:
    """What the function receives: the schedule's own input, else what EventBridge Scheduler sends."""
    if schedule.input is not None:
        return json.loads(schedule.input)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [schedule.name],
        "detail": "{}",
    }
