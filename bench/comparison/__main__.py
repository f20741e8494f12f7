"""`python -m bench.comparison`: what `make build` made, beside what one would build instead.

Cold starts, warm cost, memory and size, in one interleaved run; with --write figures and chart go into docs/.
"""

import os

# Read when the layer is imported; the scenarios run functions in this process, whose logs are not wanted.
os.environ |= {
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}

import argparse
import logging
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Final

from bench import performance_page
from bench.comparison.chart import svg
from bench.comparison.measure import measure
from bench.comparison.report import tables
from bench.comparison.variants import variants
from bench.stage import Stage
from tests.artifacts.built import ROOT

CHART: Final = ROOT / "docs" / "performance.svg"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.comparison", description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="cold starts of each (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds under load (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=200, help="requests in a round (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, Stage() as stage:
        print("building the plain and the Node.js variant", file=sys.stderr)
        ways = variants(Path(folder))
        results = measure(stage, ways, starts=options.starts, rounds=options.rounds, requests=options.requests)
        figures = f"{_circumstances(options)}\n\n{tables(results, ways)}\n"
    print(figures)
    if options.write:
        CHART.write_text(svg(results, ways), encoding="utf-8")
        performance_page.write("figures", f"\n{figures}\n")


def _circumstances(options: argparse.Namespace) -> str:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    optimised = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))
    python = f"Python {platform.python_version()} {'with' if optimised else 'without'} PGO"
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores of {platform.machine()}, {python}, "
        f"Node.js {node.removeprefix('v')}; medians of {options.starts} cold starts and of {options.rounds} rounds "
        f"with {options.requests} requests each."
    )


if __name__ == "__main__":
    main()
