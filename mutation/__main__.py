"""`make mutate`: what is checked most is changed a little, in every place, and the tests have to notice.

mutmut makes the changes and runs the tests, in a copy of the project per suite under .mutate/; docs/mutation.md tells
why what survived may survive. Ends with 1 when the tests notice less than 90 % in any module.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
WORK: Final = ROOT / ".mutate"
LEAST_SHARE: Final = 0.9
NOTICED: Final = ("killed", "timeout")
# mutmut names a change after its file's path, so the package has to lie where it is imported from.
COPIED: Final = {name: name for name in ("tests", "mutation", "functions", "local", "events", "template.yaml")} | {
    "pyproject.toml": "pyproject.toml",
    "shared/mux_lifecycle": "mux_lifecycle",
}
# Every change is a run of pytest in a fork: only the plugins that the tests need, and no looking back at its end.
PYTEST: Final = (
    *("-p", "_hypothesis_pytestplugin", "-p", "pytest_socket", "-p", "pytest_timeout"),
    *("-p", "mutation.hypothesis_profile", "--timeout=60"),
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"),
)


@dataclass(frozen=True, slots=True)
class Suite:
    """Modules (paths in the package) and the tests that have to notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


SUITES: Final = {
    "webhooks": Suite(("mux/webhooks.py",), ("tests/unit/test_webhooks.py",)),
    "projection": Suite(("store/projection.py",), ("tests/unit/test_projection.py",)),
    "tag": Suite(("mux/tag.py",), ("tests/unit/test_tag.py",)),
    "cursors": Suite(("store/cursors.py",), ("tests/unit/test_cursors.py",)),
    "input_url": Suite(("input_url.py",), ("tests/unit/test_input_url.py",)),
    "idempotency": Suite(
        ("store/intents.py", "workflows/creation.py"),
        (
            "tests/handlers/test_idempotency.py",
            "tests/handlers/test_lost_answers.py",
            "tests/quotas/test_limits.py",
        ),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m mutation", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"some of: {', '.join(SUITES)}")
    chosen = parser.parse_args().suites or list(SUITES)
    if unknown := {*chosen} - {*SUITES}:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    outcomes: dict[str, Counter[str]] = {}
    for name in chosen:
        print(f"{name}: changing {', '.join(SUITES[name].modules)}", file=sys.stderr)
        outcomes |= _outcomes(name, SUITES[name])
    shares = {module: sum(found[kind] for kind in NOTICED) / found.total() for module, found in outcomes.items()}
    print(f"\n{'module':24}{'changes':>8}{'noticed':>9}")
    for module, found in outcomes.items():
        print(f"{module:24}{found.total():8}{shares[module]:9.1%}")
    sys.exit(min(shares.values()) < LEAST_SHARE)


def _outcomes(name: str, suite: Suite) -> dict[str, Counter[str]]:
    """How often each outcome came about, by module; what was not noticed is printed."""
    place = _prepared(WORK / name, suite)
    with (place / "mutmut.log").open("w") as log:
        run = _mutmut(place, "run", output=None if sys.stdout.isatty() else log)
    if run.returncode:
        raise SystemExit(f"mutmut failed, see {place / 'mutmut.log'}")
    outcomes: dict[str, Counter[str]] = {module: Counter() for module in suite.modules}
    for line in _mutmut(place, "results", "--all", "true").stdout.splitlines():
        change, outcome = line.strip().split(": ")
        [module] = [module for module in suite.modules if change.startswith(_import_name(module) + ".")]
        outcomes[module][outcome] += 1
        if outcome not in NOTICED:
            print(_mutmut(place, "show", change).stdout)
    return outcomes


def _prepared(place: Path, suite: Suite) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for source, target in COPIED.items():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place / target, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        else:
            shutil.copy(ROOT / source, place / target)
    settings = {
        "source_paths": ["mux_lifecycle"],
        "only_mutate": [f"mux_lifecycle/{module}" for module in suite.modules],
        "also_copy": [target for target in COPIED.values() if target != "mux_lifecycle"],
        "pytest_add_cli_args": PYTEST,
        "pytest_add_cli_args_test_selection": suite.tests,
        "timeout_multiplier": ["4"],
        "timeout_constant": ["10"],
    }
    lines = [name + " =" + "".join(f"\n    {value}" for value in values) for name, values in settings.items()]
    (place / "setup.cfg").write_text("\n".join(["[mutmut]", *lines]) + "\n")
    return place


def _mutmut(place: Path, *arguments: str, output: object = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("mutmut")), *arguments],
        cwd=place,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=output,  # type: ignore[call-overload]
        text=True,
        check=False,
    )


def _import_name(module: str) -> str:
    return "mux_lifecycle." + module.removesuffix(".py").replace("/", ".")


if __name__ == "__main__":
    main()
