"""`python -m bench.memory`: the most memory that each function of what `make build` made uses, on all of its routes.

With --write the table goes into docs/performance.md. Exits with 1 if a function uses more than it may.
"""

import os

# Read when the layer is imported; the scenarios run functions in this process, whose logs are not wanted.
os.environ |= {
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}

import argparse
import contextlib
import logging
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest import mock

from bench import performance_page
from bench.comparison.process import FunctionProcess, patiently
from bench.comparison.variants import Variant, built
from bench.footprint import Peaks, table, too_many
from bench.scenarios import SCENARIOS
from bench.stage import Stage
from local.template import Function
from mux_lifecycle import aws

THOROUGH: Final[Mapping[str, list[dict[str, Any]]]] = {
    "reconcile": [{"start": True}],
    "mux_setup": [{"check": True}],
}
"""Runs that do their work, after those that find nothing to do. The walk adopts what the others left at Mux."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--events", type=int, default=20, help="events per route (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # moto searches the whole table for each query; its time is not ours.
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(aws, "READ_SECONDS", 60), Stage() as stage:
        found = peaks(stage, built(Path(folder)), options.events)
    print(table(found))
    if options.write:
        performance_page.write("memory", f"{table(found)}\n")
    sys.exit(bool(too_many(found)))


def peaks(stage: Stage, way: Variant, count: int) -> Peaks:
    routes: dict[str, list[str]] = defaultdict(list)
    for route in SCENARIOS:
        routes[route.partition(":")[0]].append(route)
    functions = {function.handler.partition(".")[0]: function for function in stage.template.functions.values()}
    found: Peaks = {}
    for name, function in functions.items():
        print(f"measuring {name}", file=sys.stderr)
        stage.empty_table()
        # What the functions print while they prepare are their metrics.
        with contextlib.redirect_stdout(None):
            events = [event for route in routes[name] for event in SCENARIOS[route](stage, count)]
        found[name] = function.memory, _peak(stage, way, function, events + THOROUGH.get(name, []))
    return found


def _peak(stage: Stage, way: Variant, function: Function, events: list[dict[str, Any]]) -> int:
    with FunctionProcess(way.start(function, stage.environment(function.logical_id)), function.arn) as process:
        for event in events:
            patiently(partial(process.next, event))
        return process.peak_bytes()


if __name__ == "__main__":
    main()
