"""DynamoDB's capacity units of a call, computed from the items it touched: moto does not count them.

Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import math
from collections.abc import Mapping
from typing import Any

type Item = Mapping[str, Mapping[str, Any]]

KILOBYTE = 1024


def size(item: Item) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def read_units(items: list[Item], *, consistent: bool) -> float:
    """Units of one GetItem or Query over `items`."""
    blocks = max(1, math.ceil(sum(map(size, items)) / (4 * KILOBYTE)))
    return blocks * (1 if consistent else 0.5)


def write_units(before: Item | None, after: Item | None, indexes: list[Mapping[str, Any]]) -> int:
    """Units of one write: the item itself, and every index whose projection of it changes."""
    own = max(_write_blocks(before), _write_blocks(after), 1)
    return own + sum(_index_units(before, after, index) for index in indexes)


def refused_write_units(before: Item | None) -> int:
    """Units of one write whose condition did not hold: it costs what stands there."""
    return max(_write_blocks(before), 1)


def _index_units(before: Item | None, after: Item | None, index: Mapping[str, Any]) -> int:
    keys = [element["AttributeName"] for element in index["KeySchema"]]
    old, new = _projected(before, index, keys), _projected(after, index, keys)
    if old == new:
        return 0
    if old and new and all(old[key] == new[key] for key in keys):
        return max(_write_blocks(old), _write_blocks(new))
    return _write_blocks(old) + _write_blocks(new)


def _projected(item: Item | None, index: Mapping[str, Any], keys: list[str]) -> Item | None:
    if item is None or any(key not in item for key in keys):
        return None
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return item
    shown = {"pk", *keys, *projection.get("NonKeyAttributes", [])}
    return {name: value for name, value in item.items() if name in shown}


def _write_blocks(item: Item | None) -> int:
    return math.ceil(size(item) / KILOBYTE) if item else 0


def _value_size(value: Mapping[str, Any]) -> int:
    if "N" in value:
        return math.ceil(len(value["N"].strip("-")) / 2) + 1
    return len(str(next(iter(value.values()))).encode())
