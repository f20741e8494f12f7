"""`python -m layer FOLDER`: leave in FOLDER, where pip has installed the requirements, what `mux_lifecycle` uses."""

import sys
from collections.abc import Iterable
from pathlib import Path

from layer.aws_data import spoken, trim
from layer.bytecode import compile_all
from layer.deferral import defer
from layer.distributions import Distribution, installed
from layer.errors import MovedError
from layer.imports import all_modules, reachable

PACKAGE = "mux_lifecycle"
# Reached by an import statement, but not by us: Powertools' event handlers turn pydantic models into dictionaries.
NEVER = ("aws_lambda_powertools.event_handler",)
# What the code opens besides modules. botocore's own certificates are for those who have no certifi.
DATA = ("botocore/data/*", "certifi/cacert.pem")
# Imported while a function starts, and hardly ever used: what writes help texts, parses dates, streams and the like.
SELDOM = (
    *("aws_lambda_powertools.utilities", "botocore.crt", "botocore.docs", "botocore.endpoint_provider"),
    *("botocore.eventstream", "botocore.paginate", "dateutil", "importlib.metadata", "jmespath"),
)


def main(folder: Path) -> None:
    used = reachable(folder, all_modules(folder, PACKAGE), never=NEVER)
    trim(folder / "botocore" / "data", spoken(path.read_bytes() for path in (folder / PACKAGE).rglob("*.py")))
    used |= {path for pattern in DATA for path in _existing(folder, pattern)}
    used |= {path for found in installed(folder) for path in _papers(found, used)}
    _remove_all_but(folder, used)
    defer(folder, SELDOM, untouched=PACKAGE)
    compile_all(folder)


def _existing(folder: Path, pattern: str) -> list[Path]:
    found = [path for match in folder.glob(pattern) for path in (match.rglob("*") if match.is_dir() else [match])]
    if not found:
        raise MovedError(f"there is no {pattern} any more")
    return [path for path in found if path.is_file()]


def _papers(distribution: Distribution, used: set[Path]) -> Iterable[Path]:
    """Name, version and licence of what is used: scanners such as Amazon Inspector read them."""
    return distribution.papers if used & distribution.files else ()


def _remove_all_but(folder: Path, used: set[Path]) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in used:
            path.unlink()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except MovedError as error:
        sys.exit(f"layer: {error}")
