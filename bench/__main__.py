"""`make bench`: what each function costs, as one table.

Import and first call are medians of fresh interpreters on the built artefacts; a warm call is the function's own time,
without the waiting for (emulated) AWS and Mux; units are DynamoDB's, computed from the items.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import scenarios
from bench.ledger import Ledger, ledger
from bench.stage import Stage, child_environment
from tests.world import ROOT, Context, entry_point

BUILD: Final = ROOT / ".aws-sam" / "build"
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
    parser.add_argument("--only", default="", help="one function, such as list_assets")
    options = parser.parse_args()
    rows = []
    with Stage() as stage:
        print("preparing uploads and assets", file=sys.stderr)
        prepared = scenarios.events(stage, options.events + 2 * options.starts + 2)
        for logical_id, function in sorted(stage.template.functions.items()):
            name = function.handler.partition(".")[0]
            if name in prepared and options.only in ("", name):
                print(f"measuring {name}", file=sys.stderr)
                rows.append(_row(stage, logical_id, name, prepared[name], options.starts))
    _print(rows)


def _row(stage: Stage, logical_id: str, name: str, events: list[dict[str, Any]], starts: int) -> list[Any]:
    book = _booked(name, events.pop())
    runs = [_measured(stage, logical_id, name, [events.pop(), events.pop()]) for _ in range(starts - 1)]
    runs.append(_measured(stage, logical_id, name, events))
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


def _measured(stage: Stage, logical_id: str, name: str, events: list[dict[str, Any]]) -> dict[str, float]:
    path = [BUILD / logical_id, BUILD / "SharedLayer" / "python"]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(events, file)
        file.flush()
        command = [sys.executable, "-S", "-P", str(Path(__file__).parent / "child.py"), name, file.name]
        run = subprocess.run(
            command,
            env=child_environment(stage.environment(logical_id), path),
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        raise SystemExit(f"{name} failed:\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}")
    measured: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return measured


def _print(rows: list[list[Any]]) -> None:
    cells = [[title for title, _ in COLUMNS]]
    cells += [[form.format(value) for (_, form), value in zip(COLUMNS, row, strict=True)] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    for line in cells:
        print(" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


if __name__ == "__main__":
    main()
