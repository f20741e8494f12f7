"""Starts the stack's processes, each tied to this one, and follows what they print."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from local.logs import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.logs import Logs

PROJECT = Path(__file__).resolve().parent.parent


class Child:
    """A running process of the stack."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: asyncio.Task[None]) -> None:
        self.name = name
        self._process = process
        self._log = log

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        logs: Logs,
        *,
        descriptors: Sequence[int] = (),
        terminal: bool = True,
    ) -> Self:
        """Run a Python module with arguments; its environment is `environment` and nothing else.

        What it prints goes to the log `name`. It inherits `descriptors`.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local.tether",
            *command,
            cwd=PROJECT,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_LIMIT,
            pass_fds=descriptors,
            # Ctrl-C reaches the whole terminal group; only the stack itself is to hear it.
            start_new_session=True,
        )
        output = cast("asyncio.StreamReader", process.stdout)
        return cls(name, process, asyncio.create_task(logs.follow(name, output, terminal=terminal)))

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def ended(self) -> int:
        """Wait for its end; answers the exit status, negative for a signal."""
        return await self._process.wait()

    async def kill(self) -> None:
        """End it and all that it started at once, and read the last it printed."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self.ended()
        # A process it started may still hold its output open.
        await asyncio.wait({self._log}, timeout=1)
        self._log.cancel()
