"""What a package can reach: the closure of its import statements, read from the sources, which never run."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Final, TypeIs

_DOTTED: Final = re.compile(r"\w+(\.\w+)+")


def reachable(folder: Path, modules: Iterable[str], *, never: Collection[str] = ()) -> set[Path]:
    """The files below `folder` that `modules` (dotted names) may load, directly or not, their own included.

    What is below one of the names in `never` is not followed.

    A module that is not there (the standard library's, an optional one) is left out. Statements inside functions count:
    they run later. Those for type checkers only do not. A text that is a module's dotted name counts as well: that is
    how modules are loaded otherwise, binaries by ctypes for instance.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        for name in _with_parents(waiting.pop()):
            if name in never:
                break
            file = None if name in found else _file(folder, name)
            if file is None:
                continue
            found[name] = file
            if file.suffix == ".py":
                waiting += imported(file.read_bytes(), package_of(name, file))
    return set(found.values())


def all_modules(folder: Path, package: str) -> list[str]:
    """The dotted names of every Python module below a top-level package."""
    return [dotted_name(folder, path) for path in (folder / package).rglob("*.py")]


def imported(source: bytes, package: str) -> Iterator[str]:
    """The names in a module's import statements and texts, made absolute; not all are modules."""
    for node in _statements(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(names=names):
                start = origin(node, package)
                yield start
                yield from (f"{start}.{alias.name}" for alias in names if alias.name != "*")
            case ast.Constant(value=str(text)) if _DOTTED.fullmatch(text):
                yield text


def origin(statement: ast.ImportFrom, package: str) -> str:
    """The absolute name of what a module in `package` imports from."""
    parts = package.split(".")
    base = parts[: len(parts) + 1 - statement.level] if statement.level else []
    return ".".join([*base, *([statement.module] if statement.module else [])])


def dotted_name(folder: Path, source: Path) -> str:
    """The name of the module in the file `source` below `folder`."""
    return ".".join(source.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def package_of(module: str, file: Path) -> str:
    """Where the relative imports of a module begin: in itself, if it is a package."""
    return module if file.name == "__init__.py" else module.rpartition(".")[0]


def is_for_type_checkers(node: ast.AST) -> TypeIs[ast.If]:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if is_for_type_checkers(child):
            for alternative in child.orelse:
                yield alternative
                yield from _statements(alternative)
        else:
            yield child
            yield from _statements(child)


def _with_parents(name: str) -> Iterator[str]:
    return accumulate(name.split("."), lambda parent, part: f"{parent}.{part}")


def _file(folder: Path, module: str) -> Path | None:
    path = folder.joinpath(*module.split("."))
    candidates = [path / "__init__.py", path.with_suffix(".py"), *path.parent.glob(f"{path.name}.*so")]
    return next((candidate for candidate in candidates if candidate.is_file()), None)
