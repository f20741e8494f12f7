"""`make bench`: what each route and schedule costs, and what a page of each list reads, as two tables.

Import and first call are medians of fresh interpreters on the built artefacts; a warm call is the function's own time,
without the waiting for (emulated) AWS and Mux; units are DynamoDB's, computed from the items.
"""

import os

# Read when the layer is imported; what the functions log is not what is measured here.
os.environ |= {
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}

import argparse
import contextlib
import json
import logging
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final
from unittest import mock

from bench import pages
from bench.ledger import Ledger, ledger
from bench.scenarios import SCENARIOS, expected
from bench.stage import Stage, child_environment
from mux_lifecycle import aws
from tests.artifacts.built import BUILD, NATIVE
from tests.world import Context, entry_point

COLUMNS: Final = (
    ("function", "{}"),
    ("import ms", "{:.0f}"),
    ("first ms", "{:.0f}"),
    ("warm ms", "{:.2f}"),
    ("peak MB", "{:.0f}"),
    ("Mux calls", "{:.0f}"),
    ("table calls", "{}"),
    ("read units", "{:g}"),
    ("write units", "{:g}"),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--events", type=int, default=20, help="warm calls per function (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=5, help="fresh interpreters per function (default: %(default)s)")
    parser.add_argument("--only", default="", help="one function, such as list_assets, and no pages")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="*",
        default=[100, 10_000, 50_000],
        metavar="ASSETS",
        help="sizes of the libraries whose pages are read (default: %(default)s)",
    )
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # moto searches the whole table for each query; its time is not ours.
    with mock.patch.object(aws, "READ_SECONDS", 60), Stage() as stage:
        if unknown := expected(stage.template) ^ SCENARIOS.keys():
            raise SystemExit(f"not in template.yaml, or nothing in bench/scenarios.py: {', '.join(sorted(unknown))}")
        if options.only not in ("", *map(_module, SCENARIOS)):
            parser.error(f"no function is called {options.only}")
        _print(COLUMNS, _functions(stage, options.only, options.events, options.starts))
        if not options.only:
            print(f"filling libraries of {options.sizes} assets", file=sys.stderr)
            print()
            with _quiet():
                lists = list(pages.rows(stage, options.sizes))
            _print(pages.COLUMNS, lists)


def _functions(stage: Stage, only: str, warm_calls: int, starts: int) -> list[list[Any]]:
    logical_ids = {_module(function.handler): name for name, function in stage.template.functions.items()}
    rows = []
    for name, scenario in sorted(SCENARIOS.items()):
        if only in ("", _module(name)):
            print(f"measuring {name}", file=sys.stderr)
            with _quiet():
                events = scenario(stage, warm_calls + 2 * starts + 2)
                rows.append(_row(stage, logical_ids[_module(name)], name, events, starts))
    return rows


def _module(name: str) -> str:
    """The function's module, from a name in SCENARIOS or from a handler."""
    return name.partition(":")[0].partition(".")[0]


def _quiet() -> contextlib.redirect_stdout[None]:
    """What the functions print are their metrics."""
    return contextlib.redirect_stdout(None)


def _row(stage: Stage, logical_id: str, name: str, events: list[dict[str, Any]], starts: int) -> list[Any]:
    book = _booked(name, events.pop())
    module = _module(name)
    runs = [_measured(stage, logical_id, module, [events.pop(), events.pop()]) for _ in range(starts - 1)]
    runs.append(_measured(stage, logical_id, module, events))
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    calls = ", ".join(f"{book.calls.count(call)} {call}" for call in sorted(set(book.calls)))
    last = runs[-1]
    shown = (median["import_ms"], median["first_ms"], last["warm_ms"], last["peak_mb"], last["mux_calls"])
    return [name, *shown, calls, book.read_units, book.write_units]


def _booked(name: str, event: dict[str, Any]) -> Ledger:
    """One call in this process, with every table call written down."""
    with ledger() as book:
        entry_point(name)(event, Context())
    return book


def _measured(stage: Stage, logical_id: str, module: str, events: list[dict[str, Any]]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.json"
        file.write_text(json.dumps(events))
        command = [sys.executable, "-S", "-P", str(Path(__file__).parent / "child.py"), module, str(file)]
        run = subprocess.run(
            command,
            env=child_environment(stage.environment(logical_id), [BUILD / logical_id, NATIVE]),
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        raise SystemExit(f"{module} failed:\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}")
    measured: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return measured


def _print(columns: tuple[tuple[str, str], ...], rows: list[list[Any]]) -> None:
    cells = [[title for title, _ in columns]]
    cells += [[form.format(value) for (_, form), value in zip(columns, row, strict=True)] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(columns))]
    for line in cells:
        print(" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
