"""Lambda's own runtime client in a bare interpreter, in place of `local.bootstrap`, for what `sam build` made.

`local.lambda_runtime FOLDER`, in a worker of the host: FOLDER holds awslambdaric and what it needs. The process finds
the function, its layers, FOLDER and the standard library; nothing of the project and no other installed package.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")


def link_client(folder: Path) -> None:
    """Fill `folder` with links to the runtime client that is installed here."""
    for name in CLIENT:
        for top in {file.parts[0] for file in distribution(name).files or () if file.suffix in {".py", ".so"}}:
            (folder / top).symlink_to(str(distribution(name).locate_file(top)))


def command(handler: str) -> list[str]:
    """The client's program for one handler."""
    # The interpreter itself, not the virtual environment's link to it; -S leaves its own site-packages out.
    return [os.path.realpath(sys.executable), "-S", "-m", "awslambdaric", handler]


def main(folder: str) -> NoReturn:
    path = os.pathsep.join((os.environ["PYTHONPATH"], folder))
    os.chdir(os.environ["LAMBDA_TASK_ROOT"])
    arguments = command(os.environ["_HANDLER"])
    os.execve(arguments[0], arguments, {**os.environ, "PYTHONPATH": path})  # noqa: S606 - the process that is asked for


if __name__ == "__main__":
    main(sys.argv[1])
