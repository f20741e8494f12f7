"""Bytecode beside every source, as Lambda takes it: the same from every build, wherever it ran."""

import py_compile
from pathlib import Path

MOUNTED_AT = "/opt/python"


def compile_all(folder: Path) -> None:
    """Compile what is below `folder` for the place where Lambda mounts it.

    Lambda cannot write bytecode next to the code: without it every cold start compiles all sources. A hash that is not
    checked depends neither on file times, which packaging changes, nor on the folder of this build. One process in one
    order: what marshal writes depends on the strings that were seen before.
    """
    for source in sorted(folder.rglob("*.py")):
        py_compile.compile(
            str(source),
            dfile=f"{MOUNTED_AT}/{source.relative_to(folder).as_posix()}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
