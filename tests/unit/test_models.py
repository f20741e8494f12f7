"""What callers may ask for: everything else is refused, with all complaints at once."""

from typing import Any

import pytest

from mux_lifecycle.errors import InvalidRequest, quoted
from mux_lifecycle.models import AssetWish, ListQuery, UrlWish

URL = "https://example.com/video.mp4"
TITLE = "title: must be text of 1 to 512 characters"
CONTROL = "title: must not hold control characters"
POLICY = "playback_policy: must be one of public, signed"


NO_TEXT: tuple[object, ...] = ("", "x" * 513, None, 7, True, [], {}, ["a"])
NO_POLICY: tuple[object, ...] = ("", "drm", "PUBLIC", "public ", None, 1, ["public"], {})


def complaints(parse: Any, body: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidRequest) as raised:
        parse(body)
    return raised.value.messages


def test_nothing_need_be_chosen() -> None:
    assert AssetWish.parse({}) == AssetWish("", "", "")
    assert UrlWish.parse({"input": URL}) == UrlWish(URL, AssetWish("", "", ""))


def test_everything_may_be_chosen() -> None:
    choices = {"title": "Überfahrt 🚢", "playback_policy": "public", "captions": "de"}
    assert AssetWish.parse(choices) == AssetWish("Überfahrt 🚢", "public", "de")
    assert UrlWish.parse(choices | {"input": URL}) == UrlWish(URL, AssetWish("Überfahrt 🚢", "public", "de"))


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        *(("title", value, TITLE) for value in NO_TEXT),
        *(
            ("title", value, CONTROL)
            for value in ("a\nb", "\x00", "a\x1f", "\x7f", "\x80", "\x9f", "a\ud800", "\udfff")
        ),
        *(("playback_policy", value, POLICY) for value in NO_POLICY),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_bad_choice_says_what_would_do(field: str, value: object, complaint: str) -> None:
    assert complaints(AssetWish.parse, {field: value}) == [complaint]
    assert complaints(UrlWish.parse, {field: value, "input": URL}) == [complaint]


@pytest.mark.parametrize("title", ["x", "x" * 512, " ", "\xa0", "~", "\ud7ff", "\ue000", "<b>", "'\"\\"])
def test_a_title(title: str) -> None:
    assert AssetWish.parse({"title": title}).title == title


@pytest.mark.parametrize("captions", ["auto", "en", "uk"])
def test_captions(captions: str) -> None:
    assert AssetWish.parse({"captions": captions}).captions == captions


@pytest.mark.parametrize("captions", ["", "EN", "xx", "de-DE", None, True, ["de"]], ids=repr)
def test_no_captions(captions: object) -> None:
    [complaint] = complaints(AssetWish.parse, {"captions": captions})
    assert complaint.startswith("captions: must be one of auto, bg, ca, ")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "owner",
            "id",
            "status",
            "passthrough",
            "cors_origin",
            "playback_policies",
            "new_asset_settings",
            "test",
            "timeout",
        ),
        *(
            "video_quality",
            "max_resolution_tier",
            "mp4_support",
            "master_access",
            "inputs",
            "meta",
            "Title",
            "",
            "__class__",
        ),
    ],
)
def test_any_other_field_is_refused(name: str) -> None:
    assert complaints(AssetWish.parse, {name: "x"}) == [f"unknown field '{name}': remove it"]
    assert complaints(UrlWish.parse, {name: "x", "input": URL}) == [f"unknown field '{name}': remove it"]


def test_an_upload_takes_no_input() -> None:
    assert complaints(AssetWish.parse, {"input": URL}) == ["unknown field 'input': remove it"]


def test_an_asset_needs_its_input() -> None:
    assert complaints(UrlWish.parse, {}) == ["input: is required"]
    assert complaints(UrlWish.parse, {"input": None}) == ["input: must be a URL as text"]


def test_all_complaints_come_at_once() -> None:
    body = {"b": 1, "a": 2, "title": "", "playback_policy": "x"}
    unknown = ["unknown field 'a': remove it", "unknown field 'b': remove it"]
    assert complaints(UrlWish.parse, body) == [*unknown, "input: is required", TITLE, POLICY]


def test_complaints_are_few_and_short_whatever_is_sent() -> None:
    found = complaints(AssetWish.parse, {f"{n}" + "\n🚢" * 1000: 1 for n in range(100)})
    assert len(found) == 10
    assert all(len(complaint) < 120 and complaint.isascii() and complaint.isprintable() for complaint in found)


@pytest.mark.parametrize(
    ("name", "shown"), [("a", "'a'"), ("a\nb", "'a\\nb'"), ("é", "'\\xe9'"), ("x" * 62, f"'{'x' * 62}'")]
)
def test_a_made_up_name_is_quoted(name: str, shown: str) -> None:
    assert quoted(name) == shown


def test_a_list_may_be_asked_for_without_anything() -> None:
    assert ListQuery.parse({}) == ListQuery(25, "", "")
    assert ListQuery.parse({"limit": "7", "cursor": "c", "status": "ready"}) == ListQuery(7, "c", "ready")


@pytest.mark.parametrize(("text", "limit"), [("1", 1), ("25", 25), ("100", 100), ("007", 7)])
def test_a_limit(text: str, limit: int) -> None:
    assert ListQuery.parse({"limit": text}).limit == limit


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "+1", "101", "999", "0100", "1.5", "1e1", " 1", "１", "²", "all", "9" * 400]
)
def test_no_limit(text: str) -> None:
    assert complaints(ListQuery.parse, {"limit": text}) == ["limit: must be a whole number from 1 to 100"]


@pytest.mark.parametrize("status", ["preparing", "ready", "errored", "deleting"])
def test_a_status(status: str) -> None:
    assert ListQuery.parse({"status": status}).status == status


@pytest.mark.parametrize("status", ["", "deleted", "READY", "ready ", "waiting", "ready,errored"])
def test_no_status(status: str) -> None:
    assert complaints(ListQuery.parse, {"status": status}) == [
        "status: must be one of preparing, ready, errored, deleting"
    ]


def test_an_empty_cursor_is_a_mistake() -> None:
    assert complaints(ListQuery.parse, {"cursor": ""}) == ["cursor: must not be empty; leave it out for the first page"]


def test_all_that_is_wrong_with_a_query_comes_at_once() -> None:
    assert len(complaints(ListQuery.parse, {"limit": "x", "status": "x", "cursor": ""})) == 3
