"""JSON that says one thing only: UTF-8, each name once, no NaN or Infinity."""

import json
from typing import Any, NoReturn


def parse(body: bytes) -> Any:
    """The value that `body` holds. Raises ValueError."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_no_repeats, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
