"""A cursor works for the list it was made for and for no other; whatever else comes is refused."""

import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle.errors import InvalidRequest
from mux_lifecycle.store import cursors

POSITION = "2026-11-22T12:00:00Z#Xw4mT02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00"
SCOPE = "ada#ready"
CURSOR = cursors.encode(POSITION, scope=SCOPE)


def refused(cursor: str, scope: str = SCOPE) -> bool:
    try:
        cursors.decode(cursor, scope=scope)
    except InvalidRequest as error:
        return error.messages == ["cursor: not a cursor of this list; start again without one"]
    return False


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=100), st.text(max_size=140))
def test_it_comes_back_as_it_was(position: str, scope: str) -> None:
    assert cursors.decode(cursors.encode(position, scope=scope), scope=scope) == position


def test_it_comes_back_whatever_it_ends_with() -> None:
    for start in ("", "x", "xx"):
        for position in (start + chr(last) for last in range(128)):
            assert cursors.decode(cursors.encode(position, scope=SCOPE), scope=SCOPE) == position


def test_it_is_safe_in_a_query() -> None:
    assert set(CURSOR) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "scope", ["bob#ready", "ada#errored", "ada#", "ada", "ada#ready#", "", "adb#ready", "ADA#ready"]
)
def test_it_is_refused_in_another_list(scope: str) -> None:
    assert refused(CURSOR, scope)


def test_scope_and_position_do_not_run_together() -> None:
    assert refused(cursors.encode("y:x", scope="ada"), "ada:y")
    assert cursors.encode("b", scope="a:") != cursors.encode(":b", scope="a")


@pytest.mark.parametrize("at", range(len(CURSOR)))
def test_one_changed_character_is_enough_to_be_refused(at: int) -> None:
    cursor = cursors.encode(POSITION, scope=SCOPE)
    for other in "Az0_":
        if cursor[at] != other:
            assert refused(cursor[:at] + other + cursor[at + 1 :])


@pytest.mark.parametrize(
    "cursor",
    [
        *(
            "",
            "a",
            "====",
            "!",
            "null",
            CURSOR[:-1],
            CURSOR[1:],
            CURSOR + "A",
            CURSOR + "=",
            CURSOR + " ",
            " " + CURSOR,
        ),
        *(
            CURSOR + "\n",
            CURSOR.upper(),
            CURSOR * 2,
            "é" + CURSOR,
            CURSOR + "\u200b",
            "A" * 512,
            "A" * 513,
            "A" * 100_000,
        ),
        base64.urlsafe_b64encode(POSITION.encode()).decode(),
        base64.urlsafe_b64encode(pickle.dumps({"pk": "ASSET#x"})).decode(),
        base64.urlsafe_b64encode(b"\xff" * 40).decode(),
        base64.urlsafe_b64encode(b"x" * 12).decode(),
        cursors.encode("", scope=SCOPE),
    ],
    ids=lambda cursor: repr(cursor[:20]),
)
def test_what_was_never_a_cursor_is_refused(cursor: str) -> None:
    assert refused(cursor)


def test_a_long_one_is_read_up_to_the_limit() -> None:
    for length, too_long in ((372, False), (373, True)):
        cursor = cursors.encode("x" * length, scope=SCOPE)
        assert (len(cursor) > 512) is too_long
        assert refused(cursor) is too_long


@given(st.text(max_size=80))
def test_any_text_is_refused(text: str) -> None:
    assert refused(text) or text == CURSOR
