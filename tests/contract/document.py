"""openapi.yaml, read once."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]

type Json = dict[str, Any]


@cache
def document() -> Json:
    found: Json = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    return found


def operations() -> Iterator[tuple[str, Json]]:
    """Every operation as `("GET /assets", operation)`."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def resolved(node: Any) -> Any:
    """`node`, or what its `$ref` points at."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def schemas(node: Any, path: str = "#") -> Iterator[tuple[str, Json]]:
    """Every schema below `node` that is not just a reference to another."""
    for name, value in _entries(node):
        where = f"{path}/{name}"
        if name in {"schema", "items"}:
            found = {where: value}
        elif name in {"schemas", "properties", "allOf", "oneOf"}:
            found = {f"{where}/{key}": entry for key, entry in _entries(value)}
        else:
            found = {}
        yield from ((key, schema) for key, schema in found.items() if "$ref" not in schema)
        if name not in {"example", "examples", "enum", "const"}:
            yield from schemas(value, where)


def _entries(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from ((str(number), value) for number, value in enumerate(node))
