"""Bodies that callers should not send: refused in words that help, before anything happens."""

import json

import pytest

from tests.handlers import contract
from tests.handlers.client import FILM, Client, label
from tests.world import Json, http_event

JSON = {"content-type": "application/json"}
MAX_BODY = 65_536


NO_JSON_OBJECTS: dict[str, bytes] = {
    "text": b"title=Harbour",
    "white space": b"   ",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a string": b'"title"',
    "true": b"true",
    "cut short": b'{"title": "Harb',
    "two objects": b"{}{}",
    "a comma too many": b'{"title": "a",}',
    "single quotes": b"{'title': 'a'}",
    "a comment": b"{} // done",
    "NaN": b'{"title": NaN}',
    "infinity": b'{"title": -Infinity}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a NUL": b'{"title": "a"}\x00',
    "a raw line break in a string": b'{"title": "a\nb"}',
    "a name twice": b'{"title": "a", "title": "b"}',
    "a name twice, deep inside": b'{"title": {"a": 1, "a": 2}}',
    "a number of 5,000 digits": b'{"title": ' + b"9" * 5000 + b"}",
    "lists in lists": b"[" * 60_000,
    "objects in objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep inside a field": b'{"title":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
}


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize("body", NO_JSON_OBJECTS.values(), ids=NO_JSON_OBJECTS)
@pytest.mark.parametrize("base64_body", [False, True])
def test_what_is_no_json_object_is_refused(standing: Client, function: str, body: bytes, base64_body: bool) -> None:
    messages = standing.refused(function, 400, body=body, headers=JSON, base64_body=base64_body)
    assert len(messages) == 1
    assert messages[0].startswith(("body:", "title:"))


NO_TEXT: dict[str, bytes] = {
    "Latin-1": '{"title": "Møller"}'.encode("latin-1"),
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "a surrogate in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "overlong": b'{"title": "\xc0\xaf"}',
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
}


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize("body", NO_TEXT.values(), ids=NO_TEXT)
def test_what_is_not_utf8_is_refused(standing: Client, function: str, body: bytes) -> None:
    standing.refused(function, 400, body=body, headers=JSON, base64_body=True)


def test_a_surrogate_that_no_encoding_has_is_refused(standing: Client) -> None:
    event = http_event("create_upload", headers=JSON) | {"body": '{"title": "\ud800"}'}
    assert standing.handle("create_upload", event).status == 400


NO_BASE64 = ["{}", "e30", "e3=0", "e30=\n", " e30=", "é30=", "e30=====", "====", "%%%%", "e-_="]


@pytest.mark.parametrize("function", contract.ALL)
@pytest.mark.parametrize("body", NO_BASE64)
def test_a_flag_without_base64_is_no_accident_of_ours(standing: Client, function: str, body: str) -> None:
    event = http_event(function, id="missing1", headers=JSON) | {"body": body, "isBase64Encoded": True}
    answer = standing.handle(function, event)
    assert answer.status == 400
    assert answer.messages == ["body: not valid base64"]


@pytest.mark.parametrize("body", [7, True, ["{}"], {"title": "a"}, 1.5])
@pytest.mark.parametrize("flag", [False, True])
def test_a_body_that_no_gateway_sends_is_refused(standing: Client, body: object, flag: bool) -> None:
    event = http_event("create_upload", headers=JSON) | {"body": body, "isBase64Encoded": flag}
    assert standing.handle("create_upload", event).status == 400


@pytest.mark.parametrize("base64_body", [False, True])
def test_a_body_may_come_either_way(standing: Client, base64_body: bool) -> None:
    body = json.dumps({"title": "Harbour 港"}).encode()
    assert standing.call("create_upload", body=body, headers=JSON, base64_body=base64_body).status == 201


@pytest.mark.parametrize("function", contract.CREATING)
def test_a_body_too_large_is_refused_however_it_is_packed(standing: Client, function: str) -> None:
    small = json.dumps({"title": "a", "input": FILM}).encode()
    for base64_body in (False, True):
        for size in (MAX_BODY + 1, 300_000, 6_000_000):
            body = small.ljust(size)
            event = {"body": body, "headers": JSON, "base64_body": base64_body}
            assert standing.refused(function, 413, **event) == [f"body: at most {MAX_BODY} bytes"]


def test_the_largest_body_is_taken(standing: Client) -> None:
    body = b'{"title": "a"}'.ljust(MAX_BODY)
    assert standing.call("create_upload", body=body, headers=JSON).status == 201


MEDIA_TYPES: list[tuple[str | None, int]] = [
    ("application/json", 201),
    ("Application/JSON; charset=utf-8", 201),
    ("application/json;charset=UTF-8", 201),
    (" application/json ", 201),
    (None, 415),
    ("", 415),
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("multipart/form-data; boundary=x", 415),
    ("application/octet-stream", 415),
    ("application/jsonp", 415),
    ("application/json, text/plain", 415),
    ("text/html; application/json", 415),
    (";application/json", 415),
    ("application/json\x00", 415),
    ("x" * 9000, 415),
]


@pytest.mark.parametrize(("media_type", "status"), MEDIA_TYPES, ids=label)
def test_a_body_must_be_declared_as_json(standing: Client, media_type: str | None, status: int) -> None:
    """What a plain HTML form can send without asking first is not taken."""
    headers = {} if media_type is None else {"content-type": media_type}
    answer = standing.call("create_upload", body=b"{}", headers=headers)
    assert answer.status == status
    if status == 415:
        assert "application/json" in answer.messages[0]


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, JSON])
def test_an_upload_needs_no_body(standing: Client, headers: dict[str, str]) -> None:
    assert standing.call("create_upload", headers=headers).status == 201
    assert standing.call("create_asset", headers=headers).messages == ["input: is required"]


WRONG_VALUES: dict[str, list[object]] = {
    "title": [
        *("", "x" * 513, "🙂" * 513, None, 7, True, [], {}, ["Harbour"]),
        *(f"a{character}b" for character in "\x00\x07\t\n\r\x1b\x7f\x85\ud800\udfff"),
    ],
    "playback_policy": [
        *("", "drm", "Public", "signed ", "public,signed", "none", None, 1, [], ["public"], {"policy": "public"}),
    ],
    "captions": ["", "EN", "en-US", "tlh", "english", "en ", None, 1, True, ["en"], {"en": 1}],
}
WRONG = [(field, value) for field, values in WRONG_VALUES.items() for value in values]


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize(("field", "value"), WRONG, ids=label)
def test_a_wrong_value_is_named(standing: Client, function: str, field: str, value: object) -> None:
    body = ({"input": FILM} if function == "create_asset" else {}) | {field: value}
    [message] = standing.refused(function, 400, json_body=body)
    assert message.startswith(f"{field}: must")


NOT_FOR_CALLERS: list[str] = [
    *("id", "owner", "status", "passthrough", "visibility", "created_at", "expires_at", "asset_id", "upload_id", "url"),
    *("video_quality", "encoding_tier", "max_resolution_tier", "timeout", "test", "cors_origin", "meta", "inputs"),
    *("new_asset_settings", "playback_policies", "advanced_playback_policies", "static_renditions", "mp4_support"),
    *("master_access", "normalize_audio", "per_title_encode", "copy_overlays", "generate_shots", "directives"),
    *(
        "captions_name",
        "Title",
        "title ",
        "",
        "__proto__",
        "$ref",
        "constructor",
        "x" * 5000,
        "a\nb",
        "é",
        "\ud800",
        "🙂" * 64,
    ),
]


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize("field", NOT_FOR_CALLERS, ids=label)
def test_a_field_that_callers_may_not_choose_is_refused(standing: Client, function: str, field: str) -> None:
    body: Json = {"input": FILM} if function == "create_asset" else {}
    [message] = standing.refused(function, 400, json_body=body | {field: "signed"})
    assert message.startswith("unknown field ")
    assert message.endswith(": remove it")


def test_an_upload_takes_no_url(standing: Client) -> None:
    [message] = standing.refused("create_upload", 400, json_body={"input": FILM})
    assert message == "unknown field 'input': remove it"


def test_all_that_is_wrong_is_said_at_once(standing: Client) -> None:
    body = {"title": "", "captions": "x", "playback_policy": "x", "owner": "bob", "input": "http://x"}
    messages = standing.refused("create_asset", 400, json_body=body)
    assert sorted(message.partition(":")[0] for message in messages) == [
        *("captions", "input", "playback_policy", "title", "unknown field 'owner'"),
    ]


def test_the_complaint_about_five_hundred_fields_stays_short(standing: Client) -> None:
    body = {f"{number}{'🙂' * 6}": None for number in range(500)}
    assert len(json.dumps(standing.refused("create_upload", 400, json_body=body))) < 4096


INPUTS = [
    *("", " ", "film.mp4", "//storage.example.com/film.mp4", "https:/storage.example.com/film.mp4", "https://"),
    *(
        "http://storage.example.com/film.mp4",
        "ftp://storage.example.com/f",
        "file:///etc/passwd",
        "data:video/mp4;base64,AA",
    ),
    *(
        "mux://assets/Xw4mT02kQe7RzL9bVd01sYhNpC8uGf6J",
        "mux://assets/a/b",
        "javascript:alert(1)",
        "s3://bucket/film.mp4",
    ),
    *(
        "https://localhost/f",
        "https://localhost./f",
        "https://intranet/f",
        "https://host.local/f",
        "https://a.localhost/f",
    ),
    *("https://metadata.google.internal/computeMetadata/v1/", "https://1.0.0.127.in-addr.arpa/f", "https://x.onion/f"),
    *("https://127.0.0.1/f", "https://127.1/f", "https://2130706433/f", "https://0x7f000001/f", "https://0177.0.0.1/f"),
    *("https://0x7f.1/f", "https://1.2.3.0x4/f", "https://169.254.169.254/latest/meta-data/", "https://127.0.0.1./f"),
    *("https://[::1]/f", "https://[::ffff:127.0.0.1]/f", "https://[fe80::1%25eth0]/f", "https://[/f", "https://]/f"),
    *(
        "https://user:pass@storage.example.com/f",
        "https://user@storage.example.com/f",
        "https://@storage.example.com/f",
    ),
    *("https://storage.example.com:8443/f", "https://storage.example.com:80/f", "https://storage.example.com:99999/f"),
    *("https://storage.example.com:x/f", "https://storage.example.com:-1/f", "https://storage.example.com:٤٤٣/f"),
    *(
        "https://storage.example.com\\@127.0.0.1/f",
        "https://127.0.0.1\\.example.com/f",
        "https://storage.example.com /f",
    ),
    *("https://storage.example.com/a b", "https://storage.example.com/f\n", "\thttps://storage.example.com/f"),
    *(
        "https://storage.example.com/\x00",
        "https://exämple.com/f",
        "https://①②⑦.⓪.⓪.①/f",
        "https://storage。example。com/f",
    ),
    *("https://-a.example.com/f", "https://a-.example.com/f", "https://a..example.com/f", "https://.example.com/f"),
    *("https://%31%32%37.0.0.1/f", "https://example.com%00.evil.test/f", f"https://{'a' * 64}.example.com/f"),
    *(
        f"https://{'a.' * 130}com/f",
        f"https://storage.example.com/{'a' * 2048}",
        "https://example.1/f",
        "https://ex_ample.com/f",
    ),
    *(None, 7, True, [], [FILM], {"url": FILM}, "\ud800"),
]


@pytest.mark.parametrize("value", INPUTS, ids=label)
def test_only_https_on_a_public_host_name_is_passed_on(standing: Client, value: object) -> None:
    messages = standing.refused("create_asset", 400, json_body={"input": value})
    assert len(messages) == 1
    assert messages[0].startswith("input: ")


@pytest.mark.parametrize(
    "value",
    [
        *(
            FILM,
            "https://storage.example.com:443/f.mp4?X-Amz-Signature=ab%2Fc&v=1#t=1",
            "HTTPS://Storage.Example.COM/f",
        ),
        *(
            "https://xn--exmple-cua.com/f",
            "https://a.b.c.d.example.museum",
            "https://1.example.com/f",
            "https://1e100.net",
        ),
    ],
)
def test_a_public_url_reaches_mux_as_it_was_given(standing: Client, value: str) -> None:
    assert standing.call("create_asset", json_body={"input": value}).status == 201
    last = [request for request in standing.world.mux.requests() if request["method"] == "POST"][-1]
    assert json.loads(last["body"])["inputs"] == [{"url": value}]
