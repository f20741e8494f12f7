"""Imports that wait: a statement at the top of a module moves into the functions that use what it brings.

What a request never needs is then never loaded; Python 3.15 will do the same where a module says `lazy import`.
Nothing else changes: a name that is used while its module loads, that other modules take from it, or that a function
gives another meaning, stays where it is.
"""

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from layer.errors import MovedError
from layer.imports import dotted_name, is_for_type_checkers, origin, package_of

NOTICE = "# Changed for this layer: some imports are made where they are used.\n"

type Function = ast.FunctionDef | ast.AsyncFunctionDef
type Import = ast.Import | ast.ImportFrom


def defer(folder: Path, modules: Collection[str], *, untouched: str) -> None:
    """Let every module below `folder`, but for the package `untouched`, wait with its imports of `modules`.

    What is below one of `modules` is meant as well; a package among them stays as it is. Raises MovedError for one
    that no module can wait with any more.
    """
    paths = {path: dotted_name(folder, path) for path in sorted(folder.rglob("*.py"))}
    trees = {path: ast.parse(path.read_bytes()) for path in paths}
    taken = {name for path, tree in trees.items() for name in _taken(tree, paths[path], package_of(paths[path], path))}
    moved: set[str] = set()
    for path, module in paths.items():
        if module.partition(".")[0] in {untouched, *modules}:
            continue
        wanted = _Wanted(package_of(module, path), modules)
        statements = list(_movable(trees[path], wanted, {name for origin, name in taken if origin == module}))
        if statements:
            path.write_text(_moved(path.read_text(encoding="utf-8"), trees[path], statements), encoding="utf-8")
            moved |= {name for statement in statements for name in wanted.matches(statement)}
    if missing := set(modules) - moved:
        raise MovedError(f"no module waits with its import of {', '.join(sorted(missing))}")


@dataclass(frozen=True)
class _Wanted:
    """Which imports of a module in `package` shall wait."""

    package: str
    modules: Collection[str]

    def matches(self, statement: Import) -> set[str]:
        """Those of `modules` that the whole statement is about."""
        if isinstance(statement, ast.Import):
            targets = [alias.name for alias in statement.names]
        else:
            base = origin(statement, self.package)
            if self._of(base):
                return self._of(base)
            targets = [f"{base}.{alias.name}" for alias in statement.names]
        found = [self._of(target) for target in targets]
        return set().union(*found) if all(found) else set()

    def _of(self, name: str) -> set[str]:
        return {module for module in self.modules if f"{name}.".startswith(f"{module}.")}


def _movable(tree: ast.Module, wanted: _Wanted, taken: Collection[str]) -> Iterator[Import]:
    at_load = list(_outside(tree))
    inside = [node for function in _functions(tree) for node in (function.args, *function.body)]
    fixed = _read(at_load) | _bound(at_load) | _bound(inside) | {*taken, "*"}
    statements = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    brought = [name for statement in statements for name in _brought(statement)]
    for statement in statements:
        names = _brought(statement)
        once = all(brought.count(name) == 1 for name in names)
        if wanted.matches(statement) and once and not names & fixed and "*" not in taken:
            yield statement


def _moved(source: str, tree: ast.Module, statements: list[Import]) -> str:
    lines = source.splitlines(keepends=True)
    edits = [(node.lineno - 1, node.end_lineno or node.lineno, "") for node in statements]
    for function in _functions(tree):
        read = _read(function.body)
        if needed := [node for node in statements if _brought(node) & read]:
            first = _first_statement(function)
            indent = " " * first.col_offset
            text = "".join(f"{indent}{ast.unparse(node)}\n" for node in needed)
            edits.append((first.lineno - 1, first.lineno - 1, text))
    for start, end, text in sorted(edits, reverse=True):
        lines[start:end] = [text]
    return NOTICE + "".join(lines)


def _first_statement(function: Function) -> ast.stmt:
    """Where imports can stand. Raises MovedError if it shares its line with something else."""
    has_text = ast.get_docstring(function, clean=False) is not None
    first = function.body[has_text and len(function.body) > 1]
    if getattr(first, "decorator_list", []) or first.lineno == function.lineno:
        raise MovedError(f"there is no line for an import in {function.name}")
    return first


def _functions(node: ast.AST) -> Iterator[Function]:
    """Functions and methods, without those inside them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _functions(child)


def _outside(node: ast.AST) -> Iterator[ast.AST]:
    """The parts that run while the module loads: all but the bodies of functions, and what is for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from child.decorator_list
            yield child.args
            yield from [child.returns] if child.returns else []
        elif is_for_type_checkers(child):
            yield child.test
            yield from child.orelse
        elif any(isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.If) for part in ast.walk(child)):
            yield from _outside(child)
        else:
            yield child


def _taken(tree: ast.Module, module: str, package: str) -> Iterator[tuple[str, str]]:
    """What other modules must find: pairs of a module and a name in it."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=names):
                base = origin(node, package)
                yield from ((base, alias.name) for alias in names)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                texts = (node.value for node in ast.walk(value) if isinstance(node, ast.Constant))
                yield from ((module, text) for text in texts if isinstance(text, str))


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    found = (node for top in nodes for node in ast.walk(top))
    return {node.id for node in found if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _bound(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that get a meaning other than by an import."""
    names: set[str] = set()
    for node in (node for top in nodes for node in ast.walk(top)):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Global(names=several) | ast.Nonlocal(names=several):
                names.update(several)
    return names


def _brought(statement: Import) -> set[str]:
    return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
