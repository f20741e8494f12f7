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
    """Every schema below `node` that says what type it describes."""
    if isinstance(node, dict):
        if isinstance(node.get("type"), str | list) and "in" not in node and "scheme" not in node:
            yield path, node
        for name, value in node.items():
            if name not in {"example", "examples", "enum", "const"}:
                yield from schemas(value, f"{path}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from schemas(value, f"{path}/{number}")
