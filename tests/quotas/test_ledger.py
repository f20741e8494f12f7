"""The ledger as a law: whatever is taken and given back, in any order and repeatedly, no limit is ever exceeded."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.mux import MuxEmulator
from mux_lifecycle import request_ids, runtime
from mux_lifecycle.store import keys
from mux_lifecycle.store.ledger import OF_ASSET, OF_UPLOAD, Account, Ledger
from mux_lifecycle.store.records import members
from mux_lifecycle.store.table import Refused
from tests.quotas.conftest import held
from tests.world import World

NOW = 1_800_000_000
LIMITS: dict[Account, int] = {"open": 2, "assets": 3, "day": 5}
REQUESTS = [f"request-{number}" for number in range(8)]
ACCOUNTS: tuple[Account, ...] = ("open", "assets", "day")

steps = st.lists(
    st.tuples(
        st.sampled_from(["upload", "asset", "became an asset", "ended", "gone", "never made"]),
        st.sampled_from(REQUESTS),
        st.integers(1, 3),
    ),
    max_size=20,
)


@pytest.fixture(scope="module")
def stack(emulator: MuxEmulator) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world


class Model:
    """What a ledger holds, as plain sets."""

    def __init__(self) -> None:
        self.sets: dict[str, set[str]] = {"open": set(), "assets": set(), "day": set()}

    def take(self, request: str, accounts: tuple[Account, ...]) -> bool:
        room = all(len(self.sets[name]) < LIMITS[name] or request in self.sets[name] for name in accounts)
        for name in accounts if room else ():
            self.sets[name].add(request)
        return room

    def end(self, what: str, request: str) -> None:
        gone: tuple[str, ...] = {
            "became an asset": ("open",),
            "ended": ("open", "assets") if request in self.sets["open"] else (),
            "gone": ("assets",),
            "never made": ("open", "assets", "day"),
        }[what]
        for name in gone:
            self.sets[name].discard(request)


@settings(max_examples=30)
@given(steps)
def test_a_repetition_changes_nothing_and_no_limit_is_ever_exceeded(
    stack: World, history: list[tuple[str, str, int]]
) -> None:
    stack.replace_items([])
    ledger, model = Ledger(runtime._table(), LIMITS), Model()
    # Without an audit nothing is believed; this one found nothing.
    ledger.close_audit("ada", audited_at=NOW, until=NOW)
    for what, request, times in history:
        for _ in range(times):
            if what in ("upload", "asset"):
                accounts = OF_UPLOAD if what == "upload" else OF_ASSET
                assert taken(ledger, request, accounts) == model.take(request, accounts)
            else:
                give_back(ledger, what, request)
                model.end(what, request)
        item = runtime._table().get(keys.quota("ada")) or {}
        found = {name: set(members(item, name)) for name in ACCOUNTS}
        assert found == model.sets
        assert all(len(found[name]) <= LIMITS[name] for name in ACCOUNTS)


def taken(ledger: Ledger, request: str, accounts: tuple[Account, ...], instead_of: str = "") -> bool:
    try:
        ledger.take("ada", request, accounts, instead_of=instead_of, audited_after=0, until=NOW)
    except Refused:
        return False
    return True


def give_back(ledger: Ledger, what: str, request: str) -> None:
    match what:
        case "became an asset":
            ledger.end_upload("ada", request, became_asset=True)
        case "ended":
            ledger.end_upload("ada", request, became_asset=False)
        case "gone":
            ledger.give_back("ada", request, "assets")
        case _:
            ledger.give_back("ada", request, *OF_UPLOAD)


def test_one_request_may_take_the_place_of_another_but_not_of_one_that_is_gone(stack: World) -> None:
    stack.replace_items([])
    ledger = Ledger(runtime._table(), {"open": 1})
    assert taken(ledger, "a", OF_UPLOAD)
    assert not taken(ledger, "b", OF_UPLOAD)
    assert taken(ledger, "b", OF_UPLOAD, instead_of="a")
    assert held(stack, "open") == {"a", "b"}
    assert not taken(ledger, "c", OF_UPLOAD)
    ledger.give_back("ada", "a", "open")
    assert not taken(ledger, "c", OF_UPLOAD, instead_of="a")
    assert held(stack, "open") == {"b"}


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        ({"open": 1}, {"open"}),
        ({"assets": 1}, {"open", "assets"}),
        ({"day": 1}, {"day"}),
        ({"open": 0, "assets": 0, "day": 0}, set()),
    ],
)
def test_only_what_is_limited_is_kept_and_what_that_needs(
    stack: World, limits: dict[Account, int], kept: set[str]
) -> None:
    stack.replace_items([])
    ledger = Ledger(runtime._table(), limits)
    ledger.close_audit("ada", audited_at=NOW, until=NOW)
    assert taken(ledger, "a", OF_UPLOAD)
    assert {name for name in ACCOUNTS if held(stack, name)} == kept


def test_giving_back_what_was_never_taken_leaves_nothing_behind(stack: World) -> None:
    stack.replace_items([])
    ledger = Ledger(runtime._table(), LIMITS)
    ledger.give_back("ada", "a", "assets")
    ledger.end_upload("ada", "a", became_asset=False)
    assert stack.items() == []


def test_a_request_id_says_when_it_was_made_and_is_never_the_same() -> None:
    made = {request_ids.new(NOW + 0.9) for _ in range(1000)}
    assert len(made) == 1000
    assert {len(request) for request in made} == {22}
    assert {request_ids.made_at(request, now=NOW) for request in made} == {NOW}


@pytest.mark.parametrize(
    "request_id", ["", "a", "a" * 21, "a" * 23, "Ä" * 22, "#" * 22, "Sea02kQe7RzL9bVd01sYhNpC8uGf6JtA"]
)
def test_an_id_that_does_not_say_so_was_made_long_ago(request_id: str) -> None:
    assert request_ids.made_at(request_id, now=NOW) == 0


def test_nor_is_one_from_the_future_believed() -> None:
    """An older release made them of random bytes alone."""
    assert request_ids.made_at(request_ids.new(NOW + 300), now=NOW) == NOW + 300
    assert request_ids.made_at(request_ids.new(NOW + 301), now=NOW) == 0
