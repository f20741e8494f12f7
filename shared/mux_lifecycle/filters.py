"""Which records a search finds: by their title, by their visibility."""

from collections.abc import Callable

from mux_lifecycle import titles, views
from mux_lifecycle.store.table import Item


def filter_of(words: str, visibility: str) -> Callable[[Item], bool] | None:
    """Whether a record's title contains `words` and it has this `visibility`; `""` for any. None if all records do."""
    if not words and not visibility:
        return None
    wanted = titles.folded(words)

    def matches(record: Item) -> bool:
        if visibility and views.visibility(record) != visibility:
            return False
        return not wanted or wanted in titles.folded(views.title(record))

    return matches
