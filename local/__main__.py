"""`make run`: starts the local stack, says where it is, and ends it on Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from local.intrinsics import TemplateError
from local.ports import PortInUseError
from local.services import ServiceError
from local.settings import PROJECT, Settings, SettingsError
from local.site import elements_missing
from local.stack import Stack, StackError

if TYPE_CHECKING:
    from pathlib import Path

NO_FFMPEG = "without ffmpeg nothing plays, all else works; install it and start again"


def main() -> int:
    """Run the stack; answers the exit status."""
    arguments = _parser().parse_args()
    try:
        settings = Settings.from_env(os.environ)
        return asyncio.run(_run(replace(settings, samples=settings.samples if arguments.samples else ())))
    except (PortInUseError, ServiceError, SettingsError, StackError, TemplateError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make run", description="The whole stack on this machine.")
    parser.add_argument("--no-samples", dest="samples", action="store_false", help="begin without sample videos")
    return parser


async def _run(settings: Settings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        stopping.cancel()
        return await serving
    _say("ending")
    serving.cancel()
    await asyncio.wait({serving})
    return 0


async def _serve(settings: Settings) -> int:
    """Serve until a part ends by itself."""
    async with Stack(settings, _say) as stack:
        _say(_ready(stack, settings))
        ended = await stack.failure()
    print(f"error: {ended}", file=sys.stderr)
    return 1


def _ready(stack: Stack, settings: Settings) -> str:
    api = stack.api_url
    site = f"\n  site  {stack.site_url}" if stack.site_url else ""
    if site and elements_missing(settings.site):
        site += "  (not built: install Node.js 20 with npm, and run make run again)"
    emulator = "" if settings.mux else f"  (emulator: {'what is uploaded plays' if stack.plays else NO_FFMPEG})"
    pages = f"\n  pages {', '.join(settings.origins)}  (may use the API, too)" if settings.origins else ""
    return f"""
Ready. Ctrl-C ends everything.

  API   {api}
  Mux   {stack.mux_url}{emulator}
  AWS   {stack.aws_url}  (moto: DynamoDB, Secrets Manager; for a shell: . {_shown(stack.aws_file)}){site}
  logs  {stack.log_folder}
  look  {api}/_local/  (status, faults, clock, schedules){pages}

Try it:

TOKEN=$(curl -s {api}/_local/token -d '{{"sub": "alice"}}' | sed 's/.*"token": "//; s/".*//')
curl -s {api}/uploads -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{{"title": "My first video"}}'
curl -s {api}/assets -H "Authorization: Bearer $TOKEN"
"""


def _shown(file: Path) -> Path:
    """As one types it in the project's folder."""
    return file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
