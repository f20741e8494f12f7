"""The tag comes back as it was left, and nobody else's text is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle.mux.tag import MAX_OWNER, Tag, is_owner

REQUEST = "kR7dQ2wXn0VbLs5TzYpHfA"
TEXT = f"mxl1#videos#ada#{REQUEST}#private"
visible = st.text(alphabet=[chr(n) for n in range(0x21, 0x7F) if chr(n) != "#"], min_size=1)


@given(
    visible.filter(lambda s: len(s) <= 32),
    visible.filter(lambda s: len(s) <= 128),
    st.sampled_from(["private", "public"]),
    st.integers(0, 99_999),
)
def test_it_comes_back_as_it_was(stack: str, owner: str, visibility: str, max_duration: int) -> None:
    tag = Tag(stack, owner, REQUEST, visibility, max_duration)
    assert Tag.decode(tag.encode(), stack=stack) == tag


def test_its_text() -> None:
    assert Tag("videos", "ada", REQUEST).encode() == TEXT
    assert Tag("videos", "ada", REQUEST, "public").encode() == TEXT.replace("private", "public")
    assert Tag("videos", "ada", REQUEST, max_duration=600).encode() == f"{TEXT}#600"
    assert Tag.decode(TEXT, stack="videos") == Tag("videos", "ada", REQUEST, "private", 0)
    assert Tag.decode(f"{TEXT}#600", stack="videos") == Tag("videos", "ada", REQUEST, "private", 600)


def test_the_longest_parts_fit_into_passthrough() -> None:
    text = Tag("s" * 32, "o" * MAX_OWNER, REQUEST, "private", 99_999).encode()
    assert len(text) <= 255
    assert Tag.decode(text, stack="s" * 32)


@pytest.mark.parametrize(
    "text",
    [
        *(None, 7, [], {}, b"x", "", "#", "####", "vid_7f3c2a", TEXT.encode()),
        *(TEXT + "#", "#" + TEXT, TEXT + " ", " " + TEXT, TEXT.upper(), TEXT.replace("#", ":"), TEXT[:-1], TEXT[1:]),
        *(
            TEXT.replace("mxl1", "mxl2"),
            TEXT.replace("mxl1", ""),
            TEXT.replace("videos", "video"),
            TEXT.replace("videos", "Videos"),
        ),
        *(
            TEXT.replace("ada", ""),
            TEXT.replace("ada", "a" * 129),
            TEXT.replace("ada", "ädä"),
            TEXT.replace("ada", "a a"),
        ),
        *(
            TEXT.replace("ada", "a\n"),
            TEXT.replace("ada", "a\x7f"),
            TEXT.replace(REQUEST, ""),
            TEXT.replace(REQUEST, "a b"),
        ),
        *(
            f"{TEXT}#{limit}"
            for limit in ("0", "060", "-1", "+1", "1.5", "6e2", " 6", "6 ", "60\n", "100000", "٦", "a", "60#", "60#60")
        ),
        *(TEXT.replace("private", ""), TEXT.replace("private", "Private"), TEXT.replace("private", "unlisted")),
    ],
    ids=repr,
)
def test_what_this_stack_did_not_write_is_no_tag(text: object) -> None:
    assert Tag.decode(text, stack="videos") is None


def test_a_text_of_more_than_255_characters_is_no_tag() -> None:
    def text(length: int) -> str:
        rest = len(f"mxl1#videos#{'o' * MAX_OWNER}##private")
        return f"mxl1#videos#{'o' * MAX_OWNER}#{'r' * (length - rest)}#private"

    assert Tag.decode(text(256), stack="videos") is None
    assert Tag.decode(text(255), stack="videos") is not None


@pytest.mark.parametrize(
    "text", ["a", "!", "~", "a" * 128, "3f6c1d0a-58e2-4b7f-9a61-0c2d4e8f7b15", "auth0|65", "a@b.c", "$"]
)
def test_an_owner(text: str) -> None:
    assert is_owner(text)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a#b", "#", "a" * 129, "é", "\x7f", "\x1f", "a\n", "\u200b", None, 7, ["a"], b"a"]
)
def test_no_owner(text: object) -> None:
    assert not is_owner(text)
