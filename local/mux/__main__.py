"""`python -m local.mux`: the emulator as a process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from itertools import zip_longest
from pathlib import Path

from local.mux.environment import Options
from local.mux.server import serve


def main() -> None:
    arguments = _parser().parse_args()
    if len(arguments.webhook_secret) > len(arguments.webhook):
        sys.exit("each --webhook-secret needs its --webhook")
    asyncio.run(_run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.mux", description="Emulate the Mux Video API.")
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one (default: 8001)")
    parser.add_argument("--webhook", action="append", default=[], metavar="URL", help="send events here")
    parser.add_argument(
        "--webhook-secret",
        action="append",
        default=[],
        metavar="SECRET",
        help="signing secret of the --webhook in the same place (default: generated and printed)",
    )
    parser.add_argument("--environment-id", default=Options.environment_id, metavar="ID")
    parser.add_argument(
        "--processing-seconds",
        type=float,
        default=float(os.environ.get("MUX_PROCESSING_SECONDS") or Options.processing_seconds),
        help="from complete upload to ready (default: MUX_PROCESSING_SECONDS, else 2)",
    )
    parser.add_argument("--encode", action="store_true", help="make everything playable, where there is an ffmpeg")
    parser.add_argument("--folder", type=Path, help="an empty folder for files (default: a temporary one)")
    parser.add_argument("--seed", type=int, help="make the chance in faults repeatable")
    return parser


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = Options(
        environment_id=arguments.environment_id,
        processing_seconds=arguments.processing_seconds,
        seed=arguments.seed,
        encode=arguments.encode,
        folder=arguments.folder,
    )
    async with serve(arguments.port, options) as server:
        for address, secret in zip_longest(arguments.webhook, arguments.webhook_secret):
            registered = await server.control.register_webhook(address, secret)
            print(f"Webhook {address} signing secret {registered['signing_secret']}", flush=True)
        if server.control.encoder:
            print(f"Encoding with {server.control.encoder}", flush=True)
        print(f"Mux emulator ready on {server.url}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    main()
