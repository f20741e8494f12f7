"""What is refused before anything is asked of AWS or Mux: no token, foreign sites, odd ids, unusable bodies."""

import json
from typing import Any

import pytest

from tests.resources.site import CAPTIONS, CHANGING, ROUTES, Route, Site, named
from tests.world import Json

BODIES = [route for route in ROUTES if route.body is not None]
TRACK: Json = {"url": CAPTIONS, "type": "text", "language_code": "de"}
SUBTITLES = "tracks:POST generate-subtitles"


def refused(site: Site, route: Route, status: int, **request: Any) -> list[str]:
    """The messages of a refusal of a call about an asset that does not exist; nobody may notice that."""
    before = site.calls()
    event = {"id": "missing1"} | site.made_up_part(route) | {"json_body": route.body} | request
    answer = site.call(route.function, **event)
    assert answer.status == status, answer
    assert site.calls() == before
    return answer.messages


def by_function(function: str) -> Route:
    return next(route for route in ROUTES if route.function == function)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_without_a_token_nothing_is_told(standing: Site, route: Route) -> None:
    assert refused(standing, route, 401, owner=None) == ["Unauthorized"]


@pytest.mark.parametrize("route", CHANGING, ids=named)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "null",
        "",
        "http://www.example.com",
        "https://www.example.com/",
        "https://example.com",
    ],
)
def test_a_foreign_site_changes_nothing(standing: Site, route: Route, origin: str) -> None:
    refused(standing, route, 403, headers={"origin": origin})


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_an_unknown_query_parameter_is_a_typo(standing: Site, route: Route) -> None:
    assert refused(standing, route, 400, query="expand=tracks") == ["unknown parameter 'expand': remove it"]


@pytest.mark.parametrize("route", ROUTES, ids=named)
@pytest.mark.parametrize("name", ["id", "pid", "tid", "rid"])
def test_what_cannot_be_an_id_is_missing_and_mux_hears_nothing_of_it(standing: Site, route: Route, name: str) -> None:
    ids = {"id": "missing1"} | standing.made_up_part(route)
    asked = standing.calls()[1]
    for bad in ("..", "a/b", "a%2Fb", "a b", "ü", "x" * 129, "a?b", "a#b"):
        answer = standing.call(route.function, json_body=route.body, **ids | {name: bad})
        assert (bad, answer.status) == (bad, 404)
    assert standing.calls()[1] == asked


@pytest.mark.parametrize("route", BODIES, ids=named)
@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b'"title"', b"{", b'{"title": NaN}', b'{"a": 1, "a": 2}', b"\xff\xfe{}"],
)
def test_a_body_that_is_no_json_object_is_refused(standing: Site, route: Route, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    refused(standing, route, 400, json_body=None, body=body, headers=headers, base64_body=True)


@pytest.mark.parametrize("route", BODIES, ids=named)
def test_a_body_of_another_type_or_size_is_refused(standing: Site, route: Route) -> None:
    text = json.dumps(route.body).encode()
    refused(standing, route, 415, json_body=None, body=text, headers={"content-type": "text/plain"})
    large = b'{"title": "%s"}' % (b"x" * 70_000)
    refused(standing, route, 413, json_body=None, body=large, headers={"content-type": "application/json"})


@pytest.mark.parametrize("route", BODIES, ids=named)
@pytest.mark.parametrize("field", ["passthrough", "owner", "id", "policy_", "__proto__", "\u202etitle", "x" * 500])
def test_a_field_that_callers_may_not_choose_is_named_and_refused(standing: Site, route: Route, field: str) -> None:
    [message] = refused(standing, route, 400, json_body=(route.body or {}) | {field: "x"})
    assert "only field" in message if route.function == SUBTITLES else message.startswith("unknown field '")


BAD: list[tuple[str, Json, str]] = [
    ("update_asset", {}, "title or visibility"),
    ("update_asset", {"title": ""}, "title"),
    ("update_asset", {"title": None}, "title"),
    ("update_asset", {"title": 5}, "title"),
    ("update_asset", {"title": "x" * 513}, "title"),
    ("update_asset", {"title": "line\nline"}, "title"),
    ("update_asset", {"title": "\ud800"}, "title"),
    ("update_asset", {"visibility": ""}, "visibility"),
    ("update_asset", {"visibility": "Public"}, "visibility"),
    ("update_asset", {"visibility": True}, "visibility"),
    ("update_asset", {"visibility": ["public"]}, "visibility"),
    ("playback_ids:POST", {}, "policy: is required"),
    ("playback_ids:POST", {"policy": "drm"}, "policy"),
    ("playback_ids:POST", {"policy": ["public"]}, "policy"),
    ("playback_ids:POST", {"policy": None}, "policy"),
    ("playback_tokens", {"playback_id": ""}, "playback_id"),
    ("playback_tokens", {"playback_id": "a/b"}, "playback_id"),
    ("playback_tokens", {"playback_id": 5}, "playback_id"),
    ("playback_tokens", {"ttl_seconds": 0}, "ttl_seconds"),
    ("playback_tokens", {"ttl_seconds": -1}, "ttl_seconds"),
    ("playback_tokens", {"ttl_seconds": 604_801}, "ttl_seconds"),
    ("playback_tokens", {"ttl_seconds": 10**40}, "ttl_seconds"),
    ("playback_tokens", {"ttl_seconds": True}, "ttl_seconds"),
    ("playback_tokens", {"ttl_seconds": 60.0}, "ttl_seconds"),
    ("playback_tokens", {"ttl_seconds": "60"}, "ttl_seconds"),
    ("playback_tokens", {"ttl_seconds": None}, "ttl_seconds"),
    ("playback_tokens", {"thumbnail": []}, "thumbnail"),
    ("playback_tokens", {"thumbnail": None}, "thumbnail"),
    ("playback_tokens", {"thumbnail": {"sub": "x"}}, "thumbnail"),
    ("playback_tokens", {"thumbnail": {"aud": "v"}}, "thumbnail"),
    ("playback_tokens", {"thumbnail": {"exp": 10**10}}, "thumbnail"),
    ("playback_tokens", {"thumbnail": {"playback_restriction_id": "x"}}, "thumbnail"),
    ("playback_tokens", {"thumbnail": {"time": -1}}, "thumbnail.time"),
    ("playback_tokens", {"thumbnail": {"time": "1"}}, "thumbnail.time"),
    ("playback_tokens", {"thumbnail": {"time": True}}, "thumbnail.time"),
    ("playback_tokens", {"thumbnail": {"time": 10**400}}, "thumbnail.time"),
    ("playback_tokens", {"thumbnail": {"width": 5000}}, "thumbnail.width"),
    ("playback_tokens", {"thumbnail": {"fit_mode": "cover"}}, "thumbnail.fit_mode"),
    ("playback_tokens", {"thumbnail": {"fit_mode": ["crop"]}}, "thumbnail.fit_mode"),
    ("playback_tokens", {"thumbnail": {"fit_mode": {}}}, "thumbnail.fit_mode"),
    ("playback_tokens", {"animated": {"fps": 31}}, "animated.fps"),
    ("playback_tokens", {"animated": {"width": 641}}, "animated.width"),
    ("playback_tokens", {"animated": {"time": 1}}, "animated"),
    ("tracks:POST", {}, "url: is required"),
    ("tracks:POST", {"url": CAPTIONS, "type": "text"}, "language_code: is required"),
    ("tracks:POST", TRACK | {"type": "video"}, "type"),
    ("tracks:POST", TRACK | {"language_code": ""}, "language_code"),
    ("tracks:POST", TRACK | {"language_code": "e"}, "language_code"),
    ("tracks:POST", TRACK | {"language_code": "en_US"}, "language_code"),
    ("tracks:POST", TRACK | {"language_code": None}, "language_code"),
    ("tracks:POST", TRACK | {"name": ""}, "name"),
    ("tracks:POST", TRACK | {"name": "x" * 256}, "name"),
    ("tracks:POST", TRACK | {"name": "a\tb"}, "name"),
    ("tracks:POST", TRACK | {"closed_captions": "true"}, "closed_captions"),
    ("tracks:POST", TRACK | {"closed_captions": 1}, "closed_captions"),
    ("tracks:POST", TRACK | {"text_type": "captions"}, "text_type"),
    ("tracks:POST", TRACK | {"type": "audio", "text_type": "subtitles"}, "text_type"),
    ("tracks:POST", TRACK | {"type": "audio", "closed_captions": True}, "closed_captions"),
    ("tracks:POST", TRACK | {"type": "audio", "closed_captions": False}, "closed_captions"),
    ("tracks:POST", TRACK | {"url": "http://storage.example.com/a.vtt"}, "url: must begin with https://"),
    ("tracks:POST", TRACK | {"url": "https://169.254.169.254/latest"}, "url"),
    ("tracks:POST", TRACK | {"url": "https://localhost/a.vtt"}, "url"),
    ("tracks:POST", TRACK | {"url": "https://user:pass@storage.example.com/a.vtt"}, "url"),
    ("tracks:POST", TRACK | {"url": ["https://storage.example.com/a.vtt"]}, "url"),
    ("tracks:PATCH", {}, "language_code, name or closed_captions"),
    ("tracks:PATCH", {"name": None}, "name"),
    ("tracks:PATCH", {"closed_captions": None}, "closed_captions"),
    ("tracks:PATCH", {"closed_captions": 0}, "closed_captions"),
    ("tracks:PATCH", {"language_code": "español"}, "language_code"),
    ("tracks:PATCH", {"type": "audio"}, "unknown field 'type'"),
    ("tracks:PATCH", {"url": CAPTIONS}, "unknown field 'url'"),
    (SUBTITLES, {}, "generated_subtitles"),
    (SUBTITLES, {"generated_subtitles": []}, "generated_subtitles"),
    (SUBTITLES, {"generated_subtitles": {}}, "generated_subtitles"),
    (SUBTITLES, {"generated_subtitles": ["en"]}, "generated_subtitles"),
    (SUBTITLES, {"generated_subtitles": [{}]}, "language_code: is required"),
    (SUBTITLES, {"generated_subtitles": [{"language_code": "tlh"}]}, "language_code: must be one of"),
    (SUBTITLES, {"generated_subtitles": [{"language_code": "en", "name": ""}]}, "name"),
    (SUBTITLES, {"generated_subtitles": [{"language_code": "en", "passthrough": "x"}]}, "unknown field"),
    (SUBTITLES, {"generated_subtitles": [{"language_code": "en"}] * 11}, "generated_subtitles"),
    ("static_renditions:POST", {}, "resolution: is required"),
    ("static_renditions:POST", {"resolution": "8k"}, "resolution"),
    ("static_renditions:POST", {"resolution": 720}, "resolution"),
    ("static_renditions:POST", {"resolution": "highest", "passthrough": "x"}, "passthrough"),
    ("static_renditions:PUT", {}, "mp4_support: is required"),
    ("static_renditions:PUT", {"mp4_support": "high"}, "mp4_support"),
    ("static_renditions:PUT", {"mp4_support": False}, "mp4_support"),
    ("master_access", {}, "master_access: is required"),
    ("master_access", {"master_access": "permanent"}, "master_access"),
    ("master_access", {"master_access": True}, "master_access"),
]


@pytest.mark.parametrize(("function", "body", "word"), BAD)
def test_a_field_with_a_value_that_makes_no_sense_is_named(
    standing: Site, function: str, body: Json, word: str
) -> None:
    messages = refused(standing, by_function(function), 400, json_body=body)
    assert any(word in message for message in messages), messages


@pytest.mark.parametrize("route", [route for route in ROUTES if route.body], ids=named)
def test_an_empty_body_is_an_empty_object(standing: Site, route: Route) -> None:
    refused(standing, route, 400, json_body=None)


def test_all_that_is_wrong_is_said_at_once(standing: Site) -> None:
    body = {"url": "ftp://x", "type": "video", "language_code": "", "colour": "red"}
    messages = refused(standing, by_function("tracks:POST"), 400, json_body=body)
    assert len(messages) == 4
