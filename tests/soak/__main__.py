"""`make soak`: many worlds side by side, each with some hundred lives of videos in it.

The exit code is 1 when anything was lost, doubled, touched though foreign, or is otherwise not as it should be.
"""

import argparse
import os
import sys
import time

from tests.soak.report import Progress, table
from tests.soak.worlds import sizes, soaked


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--lives", type=int, default=2000, help="how many videos (default: %(default)s)")
    parser.add_argument("--seed", default="1", help="the same seed tries the same (default: %(default)s)")
    cores = os.process_cpu_count() or 1
    parser.add_argument("--processes", type=int, default=cores, help="at a time (default: %(default)s)")
    options = parser.parse_args()
    begun = time.monotonic()
    lives = sizes(options.lives, options.processes)
    results = soaked(lives, options.seed, options.processes, Progress(sum(lives), len(lives)))
    print(table(results, wall_seconds=time.monotonic() - begun))
    return 0 if all(result.is_clean for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
