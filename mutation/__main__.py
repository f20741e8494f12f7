"""`make mutate`: what is checked most is changed a little, in every place, and the tests have to notice.

mutmut makes the changes and runs the tests, in a copy of the project per module under .mutate/; docs/mutation.md tells
why what survived may survive. Ends with 1 when the tests notice less than 90 % in any module.
"""

import argparse
import math
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
WORK: Final = ROOT / ".mutate"
LEAST_SHARE: Final = 0.9

# The tests that have to notice: those about the module itself, for every change runs them until one fails.
TESTS: Final = {
    "mux/webhooks.py": ("tests/unit/test_webhooks.py",),
    "store/projection.py": ("tests/unit/test_changes.py", "tests/unit/test_projection.py"),
    "mux/tag.py": ("tests/unit/test_tag.py",),
    "store/cursors.py": ("tests/unit/test_cursors.py",),
    "input_url.py": ("tests/unit/test_input_url.py",),
    "store/intents.py": ("tests/unit/test_intents.py",),
    "workflows/creation.py": (
        "tests/handlers/test_idempotency.py",
        "tests/handlers/test_lost_answers.py",
        *(
            f"tests/handlers/test_contract.py::{test}"
            for test in (
                "test_the_upload_opens_to_the_site_that_asks",
                "test_what_costs_money_is_chosen_by_the_stack",
                "test_a_new_asset_is_answered_as_it_is_read_afterwards",
            )
        ),
        *(
            f"tests/quotas/test_limits.py::{test}"
            for test in (
                "test_what_mux_refused_counts_for_nothing",
                "test_nor_does_an_upload_whose_url_was_lost",
                "test_a_request_that_is_sent_again_keeps_its_place",
                "test_so_does_one_that_died_before_mux_heard_of_it",
                "test_a_key_that_was_refused_works_once_there_is_room",
            )
        ),
        "tests/quotas/test_too_long.py::test_and_holds_for_what_was_made_under_it_when_it_is_lifted",
    ),
}
# mutmut names a change after its file's path, so the package has to lie where it is imported from.
PACKAGE: Final = "mux_lifecycle"
COPIED: Final = ("tests", "mutation", "functions", "local", "events", "template.yaml", "pyproject.toml")
MUTMUT: Final = str(Path(sys.executable).with_name("mutmut"))
ENVIRONMENT: Final = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUNBUFFERED": "1"}
PROGRESS: Final = re.compile(r"\S+ (\d+)/(\d+) ")
# One run of pytest per change, so only with the plugins that the tests need.
PYTEST: Final = (
    *("-p", "_hypothesis_pytestplugin", "-p", "pytest_socket", "-p", "pytest_timeout"),
    *("-p", "mutation.hypothesis_profile", "--timeout=60"),
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"),
)


def main() -> None:
    names = {Path(module).stem: module for module in TESTS}
    parser = argparse.ArgumentParser(
        prog="python -m mutation", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("modules", nargs="*", metavar="module", help=f"some of: {', '.join(names)} (default: all)")
    parser.add_argument("--processes", type=int, metavar="N", help="at the same time (default: one per core)")
    arguments = parser.parse_args()
    chosen = arguments.modules or list(names)
    if unknown := {*chosen} - {*names}:
        parser.error(f"not among the modules: {', '.join(sorted(unknown))}")
    processes = arguments.processes or os.cpu_count() or 1
    outcomes = {names[name]: _outcomes(names[name], WORK / name, processes) for name in chosen}
    shares = {module: found["killed"] / found.total() for module, found in outcomes.items()}
    print(f"\n{'module':24}{'changes':>9}{'killed':>9}{'survived':>10}{'share':>9}")
    for module, found in outcomes.items():
        survived = found.total() - found["killed"]
        # Rounded down, so that nothing below the limit looks like it.
        share = math.floor(shares[module] * 1000) / 10
        print(f"{module:24}{found.total():9}{found['killed']:9}{survived:10}{share:8.1f}%")
    sys.exit(1 if min(shares.values()) < LEAST_SHARE else 0)


def _outcomes(module: str, place: Path, processes: int) -> Counter[str]:
    """How often the changes of a module had each outcome; those that were not noticed are printed."""
    print(f"{module}: running its tests without a change", flush=True)
    _prepare(place, module)
    _run(place, module, processes)
    results = [line.strip().split(": ") for line in _mutmut(place, "results", "--all", "true").splitlines()]
    for change, outcome in results:
        if outcome != "killed":
            print(_mutmut(place, "show", change), flush=True)
    return Counter(outcome for _, outcome in results)


def _run(place: Path, module: str, processes: int) -> None:
    """Let mutmut try every change, and say at every tenth how far it is; all it says is kept in its log."""
    log, said = place / "mutmut.log", -1
    command = [MUTMUT, "run", "--max-children", str(processes)]
    with (
        log.open("w") as kept,
        subprocess.Popen(
            command, cwd=place, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as run,
    ):
        # mutmut begins what it says with \r, which ends a line in text mode.
        for line in run.stdout or ():
            kept.write(line)
            if (counted := PROGRESS.match(line)) and (tenth := 10 * int(counted[1]) // int(counted[2])) > said:
                said = tenth
                print(f"{module}: {counted[1]} of {counted[2]} changes tried", flush=True)
    if run.returncode:
        raise SystemExit(f"mutmut ended with {run.returncode}, see {log}")


def _prepare(place: Path, module: str) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    _copy(ROOT / "shared" / PACKAGE, place / PACKAGE)
    for name in COPIED:
        _copy(ROOT / name, place / name)
    settings = {
        "source_paths": (PACKAGE,),
        "only_mutate": (f"{PACKAGE}/{module}",),
        "also_copy": COPIED,
        "pytest_add_cli_args": PYTEST,
        "pytest_add_cli_args_test_selection": TESTS[module],
        # A test that hangs is ended by pytest-timeout, and then it has noticed. What mutmut ends does not count as
        # noticed, and it is in no hurry: a busy machine must not be taken for a hanging test.
        "timeout_multiplier": ("10",),
        "timeout_constant": ("60",),
    }
    lines = [name + " =" + "".join(f"\n    {value}" for value in values) for name, values in settings.items()]
    (place / "setup.cfg").write_text("\n".join(["[mutmut]", *lines]) + "\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    else:
        shutil.copy(source, target)


def _mutmut(place: Path, *arguments: str) -> str:
    return subprocess.run(
        [MUTMUT, *arguments], cwd=place, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main()
