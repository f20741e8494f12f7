"""Pages of a list to which assets come, and from which they go, between two of them."""

import itertools
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.handlers.client import Client
from tests.handlers.listing import ids, page, put, remove

EXAMPLES: Final = itertools.count()
CHANGES = st.lists(
    st.lists(st.tuples(st.sampled_from(["put", "remove"]), st.integers(0, 9), st.integers(0, 3)), max_size=3),
    max_size=6,
)


@given(present=st.sets(st.integers(0, 9), max_size=8), limit=st.integers(1, 4), changes=CHANGES)
@settings(max_examples=12)
def test_what_is_there_throughout_is_seen_exactly_once(
    standing: Client, present: set[int], limit: int, changes: list[list[tuple[str, int, int]]]
) -> None:
    """While others come and go between two pages. Each example is an owner of its own."""
    name = f"o{next(EXAMPLES)}"
    for number in present:
        put(standing, f"{name}x{number}", owner=name, age=number // 2)
    lasting, fresh = {f"{name}x{number}" for number in present}, 0
    pages = [page(standing, name, limit=limit)]
    while cursor := pages[-1].body["next_cursor"]:
        for action, number, age in changes.pop() if changes else []:
            if action == "put":
                fresh += 1
                put(standing, f"{name}y{fresh}", owner=name, age=age)
            else:
                remove(standing, f"{name}x{number}")
                lasting.discard(f"{name}x{number}")
        pages.append(page(standing, name, limit=limit, cursor=cursor))
    seen = ids(pages)
    assert len(seen) == len(set(seen))
    assert lasting <= set(seen)
    assert {asset_id for asset_id in seen if "y" not in asset_id} <= {f"{name}x{number}" for number in present}
