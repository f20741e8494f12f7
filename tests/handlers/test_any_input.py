"""Whatever comes in, no function answers with a 5xx or falls over, and what it answers is within the contract."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.handlers import contract
from tests.handlers.client import FILM, Client
from tests.world import ORIGIN, Json, http_event

OFTEN = settings(max_examples=60)

TEXT = st.text(max_size=40) | st.text(st.characters(max_codepoint=0x2FF), max_size=40)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
FIELDS = st.sampled_from(["title", "playback_policy", "captions", "input", "owner", "passthrough"]) | TEXT
GOOD_VALUES = st.sampled_from(["Harbour", "public", "signed", "en", FILM])
BODIES = st.dictionaries(FIELDS, VALUES | GOOD_VALUES, max_size=4)
ALMOST_JSON = st.builds(
    lambda body, start, end, junk: json.dumps(body).encode()[start:] + junk + json.dumps(body).encode()[:end],
    BODIES,
    st.integers(0, 3),
    st.integers(0, 9),
    st.binary(max_size=4),
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "origin", "idempotency-key", "Content-Type", "ORIGIN", "host", "cookie"]) | TEXT,
    st.sampled_from(["application/json", "application/json; charset=x", ORIGIN, "key-1", ""]) | TEXT,
    max_size=5,
)
PARAMETERS = st.sampled_from(["limit", "cursor", "status", "scope", "owner"]) | TEXT
QUERIES = st.lists(
    st.tuples(PARAMETERS, st.sampled_from(["1", "100", "ready", "deleting", "all", ""]) | TEXT), max_size=4
).map(lambda pairs: urlencode(pairs, errors="replace")) | st.text(max_size=60)


def answered(client: Client, function: str, event: Json) -> int:
    """The status, which a healthy world never needs a 5xx for."""
    answer = client.handle(function, event)
    assert answer.status < 500, (event, answer)
    return answer.status


@pytest.mark.parametrize("function", contract.ALL)
@given(body=st.binary(max_size=300) | ALMOST_JSON, flag=st.booleans(), headers=HEADERS)
@OFTEN
def test_any_bytes_as_a_body(standing: Client, function: str, body: bytes, flag: bool, headers: dict[str, str]) -> None:
    event = http_event(function, id="missing1", headers={"content-type": "application/json"} | headers)
    event |= {"body": base64.b64encode(body).decode() if flag else body.decode("latin-1"), "isBase64Encoded": flag}
    answered(standing, function, event)


@pytest.mark.parametrize("function", contract.CREATING)
@given(body=BODIES | VALUES)
@OFTEN
def test_any_json_as_a_body(standing: Client, function: str, body: object) -> None:
    event = http_event(function, body=json.dumps(body).encode(), headers={"content-type": "application/json"})
    status = answered(standing, function, event)
    known = {"title", "playback_policy", "captions"} | ({"input"} if function == "create_asset" else set())
    if not isinstance(body, dict) or body.keys() - known:
        assert status == 400


@pytest.mark.parametrize("function", contract.ALL)
@given(query=QUERIES)
@OFTEN
def test_any_query(standing: Client, function: str, query: str) -> None:
    answered(standing, function, http_event(function, id="missing1", query=query))


@pytest.mark.parametrize("function", contract.ID_ROUTES)
@given(object_id=st.text(max_size=200) | st.text("aZ09_-", max_size=140))
@OFTEN
def test_any_id(standing: Client, function: str, object_id: str) -> None:
    assert answered(standing, function, http_event(function, id=object_id)) == 404


@pytest.mark.parametrize("function", contract.ALL)
@given(headers=st.dictionaries(TEXT, VALUES, max_size=4) | HEADERS, claims=st.dictionaries(TEXT, VALUES, max_size=3))
@OFTEN
def test_any_headers_and_claims(standing: Client, function: str, headers: Any, claims: Any) -> None:
    event = http_event(function, id="missing1") | {"headers": headers}
    event["requestContext"]["authorizer"]["jwt"]["claims"] |= claims | {
        "cognito:groups": next(iter(claims.values()), "")
    }
    answered(standing, function, event)


@given(sub=VALUES)
@OFTEN
def test_any_sub(standing: Client, sub: object) -> None:
    event = http_event("list_assets")
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = sub
    owner = (
        isinstance(sub, str) and 0 < len(sub) <= 128 and all("!" <= letter <= "~" and letter != "#" for letter in sub)
    )
    assert answered(standing, "list_assets", event) == (200 if owner else 403)


@given(
    cursor=st.text("abcABC019_-=", max_size=80)
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
@OFTEN
def test_any_cursor(standing: Client, cursor: str) -> None:
    event = http_event("list_assets", query=urlencode({"cursor": cursor}))
    assert answered(standing, "list_assets", event) == 400


@pytest.mark.parametrize("function", contract.ALL)
@pytest.mark.parametrize(
    "missing", ["headers", "pathParameters", "rawQueryString", "body", "isBase64Encoded", "requestContext", "routeKey"]
)
def test_an_event_without_one_of_its_parts(standing: Client, function: str, missing: str) -> None:
    for change in ("taken away", "null"):
        event = http_event(function, id="missing1", headers={"content-type": "application/json"}, body=b"{}")
        if change == "null":
            event[missing] = None
        else:
            event.pop(missing, None)
        answered(standing, function, event)


def test_an_empty_event_is_nobodys(standing: Client) -> None:
    for function in contract.ALL:
        assert answered(standing, function, {}) == 401
