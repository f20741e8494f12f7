"""`make mutate`: what is checked most is changed a little, in every place, and the tests have to notice.

mutmut makes the changes and runs the tests, in a copy of the project per module under .mutate/; docs/mutation.md tells
why what survived may survive. Ends with 1 when the tests notice less than 90 % in any module.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).parent.parent
WORK: Final = ROOT / ".mutate"
LEAST_SHARE: Final = 0.9
NOTICED: Final = ("killed", "timeout")

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
        "tests/quotas/test_limits.py",
    ),
}
# mutmut names a change after its file's path, so the package has to lie where it is imported from.
PACKAGE: Final = "mux_lifecycle"
COPIED: Final = ("tests", "mutation", "functions", "local", "events", "template.yaml", "pyproject.toml")
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
    chosen = parser.parse_args().modules or list(names)
    if unknown := {*chosen} - {*names}:
        parser.error(f"not among the modules: {', '.join(sorted(unknown))}")
    outcomes = {names[name]: _outcomes(names[name], WORK / name) for name in chosen}
    shares = {module: sum(found[kind] for kind in NOTICED) / found.total() for module, found in outcomes.items()}
    print(f"\n{'module':24}{'changes':>8}{'noticed':>9}")
    for module, found in outcomes.items():
        print(f"{module:24}{found.total():8}{shares[module]:9.1%}")
    sys.exit(min(shares.values()) < LEAST_SHARE)


def _outcomes(module: str, place: Path) -> Counter[str]:
    """How often the changes of a module had each outcome; those that were not noticed are printed."""
    print(f"changing {module}", file=sys.stderr)
    _prepare(place, module)
    with (place / "mutmut.log").open("w") as log:
        run = _mutmut(place, "run", output=None if sys.stdout.isatty() else log)
    if run.returncode:
        raise SystemExit(f"mutmut ended with {run.returncode}, see {place / 'mutmut.log'}")
    results = [line.strip().split(": ") for line in _mutmut(place, "results", "--all", "true").stdout.splitlines()]
    for change, outcome in results:
        if outcome not in NOTICED:
            print(_mutmut(place, "show", change).stdout)
    return Counter(outcome for _, outcome in results)


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
        "timeout_multiplier": ("4",),
        "timeout_constant": ("5",),
    }
    lines = [name + " =" + "".join(f"\n    {value}" for value in values) for name, values in settings.items()]
    (place / "setup.cfg").write_text("\n".join(["[mutmut]", *lines]) + "\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    else:
        shutil.copy(source, target)


def _mutmut(
    place: Path, *arguments: str, output: IO[str] | int | None = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("mutmut")), *arguments],
        cwd=place,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=output,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    main()
