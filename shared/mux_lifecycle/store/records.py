"""What a stored item means: typed reads of single attributes, so that a missing or foreign one has a default."""

from mux_lifecycle.store.table import Item


def text(item: Item, name: str) -> str:
    """The text attribute `name`, or `""`."""
    value = item.get(name)
    return value if isinstance(value, str) else ""


def number(item: Item, name: str) -> int:
    """The number attribute `name`, or 0."""
    value = item.get(name)
    return value if isinstance(value, int) else 0


def members(item: Item, name: str) -> frozenset[str]:
    """The members of the set attribute `name`; DynamoDB knows no empty set, so a missing one is empty."""
    value = item.get(name)
    return value if isinstance(value, frozenset) else frozenset()
