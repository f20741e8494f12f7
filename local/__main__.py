"""`make run`: starts the local stack, says where it is, and ends it on Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from local.intrinsics import TemplateError
from local.ports import PortInUseError
from local.settings import Settings, SettingsError
from local.stack import Stack, StackError

READY = """
Ready.
  API           {api}
  Mux           {mux}
  AWS           {aws} (DynamoDB, Secrets Manager)
{site}  logs          {logs}

Try it:
  TOKEN=$(curl -s {api}/_local/token -d '{{"sub": "alice"}}' | sed 's/.*"token": *"\\([^"]*\\)".*/\\1/')
  curl -s {api}/uploads -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"title": "Hello"}}'
  curl -s {api}/assets -H "Authorization: Bearer $TOKEN"

Ctrl-C ends everything.
"""


def say(text: str) -> None:
    print(text, flush=True)


async def run(settings: Settings) -> int:
    """Run the stack until a signal arrives or a part of it ends; answers the exit status."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    starting = asyncio.ensure_future(_serve(settings, stop))
    return await starting
