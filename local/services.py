"""The processes beside the functions: AWS (moto), and the Mux emulator unless a real Mux is used."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp

from local import aws
from local.children import Child
from local.host import INHERITED
from local.ports import PortInUseError, check_free, listen, port_of, url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from local.logs import Logs
    from local.settings import Settings

    Probe = Callable[[], AbstractAsyncContextManager[aiohttp.ClientResponse]]

READY = re.compile(r"ready on (http://\S+)")
PLAYING = "Encoding with "
PAUSE_SECONDS = 0.05


class ServiceError(Exception):
    """A process of the stack did not start; the text holds what it printed."""


class Services:
    """Starts, watches and ends the processes. `failed` is done when one ended by itself; its result says which.

    `playing` says whether the emulator has an ffmpeg.
    `media` is the folder of the emulator's files, there only while it runs.
    """

    def __init__(self, settings: Settings, logs: Logs, session: aiohttp.ClientSession, media: Path) -> None:
        self._settings = settings
        self._media = media
        self._logs = logs
        self._session = session
        self._children: list[Child] = []
        self._watches: set[asyncio.Task[None]] = set()
        self._probes: dict[str, Probe] = {}
        self.aws = aws.Account("", aws.new_access_key())
        self.mux_url = settings.mux.url if settings.mux else ""
        self.playing = False
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        """Start the processes side by side and wait until they serve. Raises PortInUseError and ServiceError."""
        settings = self._settings
        if not settings.mux:
            check_free(settings.mux_port, "MUX_PORT")
        moto = await self._start_aws()
        mux = None if settings.mux else await self._start_mux()
        while not await self._answers(self._probes["aws"]):
            await self._pause(moto)
        if mux:
            while not (said := READY.search(self._logs.text("mux"))):
                await self._pause(mux)
            self.mux_url = said[1]
            self.playing = PLAYING in self._logs.text("mux")
            self._probes["mux"] = lambda: self._session.get(f"{self.mux_url}/_emulator/state")

    async def health(self) -> dict[str, bool]:
        """Which of the processes answer."""
        # While the stack starts, a process may join during the wait.
        probes = dict(self._probes)
        answers = await asyncio.gather(*(self._answers(probe) for probe in probes.values()))
        return dict(zip(probes, answers, strict=True))

    async def stop(self) -> None:
        """End the processes."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*(child.kill() for child in self._children))
        await asyncio.to_thread(self._clear_media)

    async def _start_aws(self) -> Child:
        # The child has its own copy; were this one kept open, nobody would notice the child's end.
        with contextlib.closing(listen(self._settings.aws_port, "AWS_PORT")) as listener:
            self.aws = replace(self.aws, url=url(port_of(listener)))
            self._probes["aws"] = self._ask_aws
            descriptor = listener.fileno()
            # Others may read the command line of a process; its environment is this user's own.
            key = {aws.ACCESS_KEY: self.aws.access_key}
            return await self._start_child("aws", ("local.aws", str(descriptor)), key, descriptor)

    async def _start_mux(self) -> Child:
        seconds = self._settings.processing_seconds
        variables = {} if seconds is None else {"MUX_PROCESSING_SECONDS": str(seconds)}
        self._clear_media()
        self._media.mkdir(parents=True)
        await asyncio.to_thread(_forget_killed, self._media.parent)
        command = ["local.mux", "--port", str(self._settings.mux_port), "--folder", str(self._media)]
        if self._settings.encode:
            command.append("--encode")
        return await self._start_child("mux", command, variables)

    def _clear_media(self) -> None:
        shutil.rmtree(self._media, ignore_errors=True)

    async def _start_child(
        self, name: str, command: Sequence[str], variables: dict[str, str], *descriptors: int
    ) -> Child:
        inherited = {variable: os.environ[variable] for variable in INHERITED if variable in os.environ}
        child = await Child.start(
            name, command, {**inherited, **variables}, self._logs, descriptors=descriptors, terminal=False
        )
        self._children.append(child)
        self._watches.add(asyncio.create_task(self._watch(child)))
        return child

    async def _watch(self, child: Child) -> None:
        code = await child.ended()
        if not self.failed.done():
            self.failed.set_result(f"{child.name} ended with {code}; see {self._logs.path(child.name)}")

    async def _pause(self, child: Child) -> None:
        """Give a starting process a moment. Raises ServiceError when it has ended instead."""
        if not child.running:
            await child.kill()
            raise ServiceError(f"{child.name} did not start:\n{self._logs.text(child.name)}")
        await asyncio.sleep(PAUSE_SECONDS)

    def _ask_aws(self) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        call = aws.list_tables(self.aws)
        return self._session.post(f"{self.aws.url}/", headers=dict(call.headers.items()), data=call.data)

    async def _answers(self, probe: Probe) -> bool:
        try:
            async with probe() as response:
                return response.ok
        except (aiohttp.ClientError, TimeoutError):
            return False


def _forget_killed(folder: Path) -> None:
    """Remove what stacks that were killed have left: folders named after an API port on which nobody listens."""
    for left in filter(lambda entry: entry.name.isdigit(), folder.iterdir()):
        with contextlib.suppress(PortInUseError):
            check_free(int(left.name), "API_PORT")
            shutil.rmtree(left, ignore_errors=True)
