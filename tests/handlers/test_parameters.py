"""Paths, queries and headers that callers should not send: refused in words that help, before anything happens."""

import json

import pytest

from tests.handlers import contract
from tests.handlers.client import FILM, Client, label
from tests.world import ROOT, Json, http_event

GOOD: dict[str, Json] = {
    "create_upload": {"json_body": {}},
    "create_asset": {"json_body": {"input": FILM}},
    "list_assets": {},
    **{function: {"id": "missing1"} for function in contract.ID_ROUTES},
}

NO_IDS = [
    *("", ".", "..", "%2F", "..%2F..%2Fsystem%2Fv1%2Fwhoami", "../../system/v1/whoami", "a/b", "a\\b", "a?b=c", "a%00"),
    *("\x00", "a\x00", "a\n", "\na", " a", "a b", "a+b", "a#b", "UPLOAD#a", "a;b", "a,b", "a.json", "{id}", "*", "%"),
    *(
        "é",
        "ａ",
        "a\u200b",
        "\ud800",
        "🙂",
        "a" * 129,
        "a" * 4096,
        "<script>",
        "'or'1'='1",
        "${jndi:ldap://x}",
        "a\r\nb: c",
    ),
]


@pytest.mark.parametrize("function", contract.ID_ROUTES)
@pytest.mark.parametrize("object_id", NO_IDS, ids=label)
def test_what_cannot_be_an_id_is_not_found(standing: Client, function: str, object_id: str) -> None:
    standing.refused(function, 404, id=object_id)


@pytest.mark.parametrize("function", contract.ID_ROUTES)
@pytest.mark.parametrize("path", [None, {}, {"id": None}, {"id": 7}, {"id": ["a"]}, {"ID": "a"}])
def test_a_path_without_an_id_is_not_found(standing: Client, function: str, path: object) -> None:
    event = http_event(function) | {"pathParameters": path}
    assert standing.handle(function, event).status == 404


BAD_QUERIES = [
    *("a=b", "a", "=", "=b", "a=&b=", "id=x", "Limit=5", "limit%20=5", "limit[]=5"),
    *(
        "fields=passthrough",
        "page=2",
        "%FF=1",
        "%ff%fe",
        "\ud800=1",
        "é=ü",
        "__proto__=1",
        "a" * 5000,
        "&".join(["a=b"] * 1000),
    ),
    *("a=%0d%0aSet-Cookie:x", "a%0ab=1", "a=%", "%=", "a=%zz", "+", "%20", "%00=%00", "🙂" * 64 + "=1"),
]


@pytest.mark.parametrize("function", contract.ALL)
@pytest.mark.parametrize("query", BAD_QUERIES, ids=label)
def test_a_query_that_the_route_does_not_know_is_refused(standing: Client, function: str, query: str) -> None:
    messages = standing.refused(function, 400, **GOOD[function], query=query)
    assert messages[0].startswith(("unknown parameter '", "query: "))


@pytest.mark.parametrize("function", contract.ALL)
@pytest.mark.parametrize("query", ["", "&", "&&&"])
def test_a_query_that_says_nothing_is_none(standing: Client, function: str, query: str) -> None:
    assert standing.call(function, **GOOD[function], query=query).status in {200, 201, 404}


@pytest.mark.parametrize("function", [function for function in contract.ALL if function != "list_assets"])
@pytest.mark.parametrize("query", ["limit=5", "cursor=x", "status=ready"])
def test_only_the_list_takes_parameters(standing: Client, function: str, query: str) -> None:
    [message] = standing.refused(function, 400, **GOOD[function], query=query)
    assert message == f"unknown parameter '{query.partition('=')[0]}': remove it"


@pytest.mark.parametrize(
    "query",
    [
        *("limit=5&limit=5", "limit=5&limit=6", "limit=&limit=5", "cursor=a&cursor=b", "status=ready&status=errored"),
        *("limit=5&status=ready&limit=5", "l%69mit=5&limit=5"),
    ],
)
def test_a_repeated_parameter_is_refused(standing: Client, query: str) -> None:
    [message] = standing.refused("list_assets", 400, query=query)
    assert message.endswith(": give it once")


LIMITS = [
    *(
        "",
        "0",
        "-1",
        "-0",
        "101",
        "1000",
        "1.5",
        "1e2",
        "1e1",
        "+5",
        " 5",
        "5 ",
        "%2B5",
        "%20 5",
        "5%00",
        "0x10",
        "1_0",
        "5,6",
    ),
    *(
        "1" + "0" * 400,
        "9" * 4000,
        "５",
        "%EF%BC%95",
        "%D9%A5",
        "٥",
        "²",
        "½",
        "NaN",
        "Infinity",
        "-Infinity",
        "true",
        "null",
    ),
    *("ten", "5;", "5.0", "\ud800", "%ED%A0%80", "%FF"),
]


@pytest.mark.parametrize("limit", LIMITS, ids=label)
def test_a_limit_that_is_no_number_from_1_to_100_is_refused(standing: Client, limit: str) -> None:
    [message] = standing.refused("list_assets", 400, query=f"limit={limit}")
    assert message in {"limit: must be a whole number from 1 to 100", "query: not valid"}


@pytest.mark.parametrize("limit", ["1", "25", "99", "100"])
def test_a_limit_from_1_to_100_is_taken(standing: Client, limit: str) -> None:
    assert standing.call("list_assets", query=f"limit={limit}").status == 200


@pytest.mark.parametrize(
    "status", ["", "Ready", "ready ", "deleted", "waiting", "ready,errored", "*", "ready%00", "a" * 4000]
)
def test_a_status_that_assets_do_not_have_is_refused(standing: Client, status: str) -> None:
    [message] = standing.refused("list_assets", 400, query=f"status={status}")
    assert message == "status: must be one of preparing, ready, errored, deleting"


def test_everything_wrong_with_a_query_is_said_at_once(standing: Client) -> None:
    messages = standing.refused("list_assets", 400, query="limit=0&status=gone&cursor=")
    assert sorted(message.partition(":")[0] for message in messages) == ["cursor", "limit", "status"]


CURSORS = [
    *(
        "",
        "x",
        "AAAA",
        "=",
        "====",
        "!!!!",
        "null",
        "0",
        "{}",
        "eyJwayI6IngifQ",
        "gASVAAAAAAAAAACMAXiULg",
        "%00",
        "%F0%9F%99%82",
    ),
    *(
        "a" * 511,
        "a" * 512,
        "a" * 513,
        "a" * 4000,
        "_" * 64,
        "-" * 64,
        "é",
        "\ud800",
        "A A",
        "AAAA%0A",
        "..",
        "%2e%2e%2f",
    ),
]


@pytest.mark.parametrize("cursor", CURSORS, ids=label)
@pytest.mark.parametrize("status", ["", "&status=ready"])
def test_a_cursor_that_no_list_gave_is_refused(standing: Client, cursor: str, status: str) -> None:
    [message] = standing.refused("list_assets", 400, query=f"cursor={cursor}{status}")
    assert message.startswith("cursor: ")


KEYS = [
    *("", " ", "a b", "a\tb", "a\n", "é", "ключ", "🙂", "\x00", "\x7f", "\ud800", "a" * 256, "a" * 9000),
    # How API Gateway hands over two headers of one name.
    "a, b",
]


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize("key", KEYS, ids=label)
def test_an_idempotency_key_must_be_visible_ascii(standing: Client, function: str, key: str) -> None:
    request = GOOD[function] | {"headers": {"idempotency-key": key}}
    assert standing.refused(function, 400, **request) == ["Idempotency-Key: must be 1 to 255 visible ASCII characters"]


@pytest.mark.parametrize("function", contract.CREATING)
@pytest.mark.parametrize(
    "key", ["!", "~" * 255, "a,b", '"quoted"', "#", "a#b", "%00", "../x", "7d0f7c52-9f1e-4c55-8d55-1b0a6e1f2c33"]
)
def test_any_other_idempotency_key_is_taken(standing: Client, function: str, key: str) -> None:
    # One key space for both routes: each takes its own.
    request = GOOD[function] | {"headers": {"idempotency-key": key}, "owner": function}
    assert standing.call(function, **request).status == 201


ODD_HEADERS: list[object] = [
    None,
    {},
    {"x-odd": "x" * 9000},
    {"\x00": "\x00", "": "", "é": "🙂", "\ud800": "\ud800"},
    {"x-forwarded-for": "a, b", "cookie": "a=b; c", "forwarded": "for=127.0.0.1", "x-http-method-override": "DELETE"},
    {"content-length": "-1", "transfer-encoding": "chunked", "expect": "100-continue"},
    {"mux-signature": "t=0,v1=", "authorization": "x" * 9000},
    {"accept": "text/html", "accept-encoding": "*;q=0", "range": "bytes=0-1", "if-match": "*"},
    {"x-number": 7, "x-null": None, "x-list": ["a"]},
]


@pytest.mark.parametrize("function", contract.ALL)
@pytest.mark.parametrize("headers", ODD_HEADERS, ids=label)
def test_headers_that_are_none_of_our_business_change_nothing(
    standing: Client, function: str, headers: dict[str, str] | None
) -> None:
    declared = {"content-type": "application/json"} if "json_body" in GOOD[function] else {}
    event = http_event(function, id="missing1", body=b'{"input": "https://x.example.com"}' if declared else None)
    if function == "create_upload":
        event["body"] = "{}"
    event["headers"] = None if headers is None and not declared else declared | (headers or {})
    assert standing.handle(function, event).status in {200, 201, 404}


def test_header_names_may_come_in_any_case(standing: Client) -> None:
    event = http_event("create_upload", body=b'{"title": "a"}')
    event["headers"] = {"Content-Type": "application/json", "ORIGIN": "https://evil.example.com"}
    assert standing.handle("create_upload", event).status == 403
    event["headers"]["ORIGIN"] = "https://www.example.com"
    assert standing.handle("create_upload", event).status == 201


@pytest.mark.parametrize("function", contract.ALL)
def test_the_event_of_the_examples_is_served(standing: Client, function: str) -> None:
    """The events that come with the project work as they are: `sam local invoke -e` uses them too."""
    text = (ROOT / "events" / f"{function}.json").read_text(encoding="utf-8")
    assert standing.handle(function, json.loads(text)).status in {200, 201, 404}
