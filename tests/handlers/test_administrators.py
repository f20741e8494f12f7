"""Who is an administrator: a member of the admin group by the array of the verified token, and nobody else.

Here every caller asks for everybody's assets: an administrator gets them, anybody else a 403.
"""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mux_lifecycle import telemetry
from tests.handlers.client import Client
from tests.tokens import compact, sign_in
from tests.world import FUNCTIONS, ROOT, Json, http_event

CLAIMS: Json = {
    "iss": "https://issuer.example.com",
    "sub": "bob",
    "aud": "client",
    "iat": 1_795_600_500,
    "exp": 1_795_604_400,
    "cognito:groups": ["admin"],
}
OFTEN = settings(max_examples=300)
NEAR = st.sampled_from(
    ["admin", "Admin", "ADMIN", "admin ", " admin", "video admin", "not admin", "x\tadmin", "[admin]"]
)
GROUPS = st.lists(st.text() | st.text("admin []\t\u3000", max_size=12) | NEAR, max_size=6)


def request(claims: Json, **headers: str) -> Json:
    event = http_event("list_assets", query="scope=all&limit=1")
    sign_in(event, claims)
    event["headers"] |= headers
    return event


def is_admin(client: Client, event: Json) -> bool:
    answer = client.handle("list_assets", event)
    assert answer.status in {200, 403}, answer
    return answer.status == 200


@pytest.fixture
def renamed(standing: Client) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield monkeypatch
    standing.world.cold_start()


@given(groups=GROUPS)
@example(groups=["video admin"])
@example(groups=["not admin"])
@example(groups=["x\tadmin"])
@example(groups=["editor", "admin"])
@example(groups=["admin", "editor"])
@example(groups=["\ud800", "admin"])
@OFTEN
def test_only_exact_members_of_the_admin_group_are_administrators(standing: Client, groups: list[str]) -> None:
    expected = "admin" in groups
    assert is_admin(standing, request(CLAIMS | {"cognito:groups": groups})) == expected
    assert is_admin(standing, request(CLAIMS | {"cognito:groups": groups[::-1]})) == expected


@given(group=st.text() | NEAR)
@OFTEN
def test_a_claim_that_is_plain_text_is_one_group(standing: Client, group: str) -> None:
    assert is_admin(standing, request(CLAIMS | {"cognito:groups": group})) == (group == "admin")


@pytest.mark.parametrize("group", ["[admin]", "[editor admin]", "admin editor", "editor,admin", '["admin"]', "admin]x"])
def test_text_that_looks_like_a_list_is_one_group_of_that_name(standing: Client, group: str) -> None:
    assert not is_admin(standing, request(CLAIMS | {"cognito:groups": group}))
    assert not is_admin(standing, request(CLAIMS | {"cognito:groups": [group]}))


@pytest.mark.parametrize(
    "groups",
    [
        *(None, 7, True, {}, {"admin": True}, {"admin": "admin"}, [], [["admin"]], [None], [{"admin": 1}], ""),
        *(["admin", None], ["admin", 7], [["admin"], "admin"], {"0": "admin"}),
    ],
)
def test_any_other_value_makes_no_administrator_and_no_error(standing: Client, groups: object) -> None:
    assert not is_admin(standing, request(CLAIMS | {"cognito:groups": groups}))


@pytest.mark.parametrize(("claim", "group"), [("roles", "ops"), ("https://example.com/roles", "a/b:c.d-e")])
def test_claim_and_group_are_the_operators_choice(
    standing: Client, renamed: pytest.MonkeyPatch, claim: str, group: str
) -> None:
    renamed.setenv("GROUPS_CLAIM", claim)
    renamed.setenv("ADMIN_GROUP", group)
    standing.world.cold_start()
    assert not is_admin(standing, request(CLAIMS | {"cognito:groups": ["admin", group]}))
    assert not is_admin(standing, request(CLAIMS | {claim: ["admin"]}))
    assert is_admin(standing, request(CLAIMS | {claim: [group]}))


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", ""])
def test_the_scheme_is_read_as_the_authorizer_reads_it(standing: Client, scheme: str) -> None:
    assert is_admin(standing, request(CLAIMS, authorization=scheme + compact(CLAIMS)))


TOKEN = compact(CLAIMS)
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Bearer", "Bearer ", "Bearer admin", "Bearer ..", "Bearer a.b.c", f"Basic {TOKEN}"),
        *(f"Bearer {TOKEN},Bearer {TOKEN}", f"Bearer {TOKEN}, {TOKEN}", f"{TOKEN} {TOKEN}", f"Bearer Bearer {TOKEN}"),
        *(
            f"Bearer {TOKEN}.{SIGNATURE}",
            f"Bearer {HEADER}.{PAYLOAD}",
            f"Bearer {HEADER}.{PAYLOAD}.",
            f"Bearer {TOKEN} ",
        ),
        *(f"Bearer {HEADER}.{PAYLOAD}=.{SIGNATURE}", f"Bearer {HEADER}.{PAYLOAD}\n.{SIGNATURE}", f"\nBearer {TOKEN}"),
        *(f"Bearer {TOKEN}\n", f"Bearer\t{TOKEN}", f"Bearer\u00a0{TOKEN}", f"Bearer {HEADER}.{PAYLOAD}é.{SIGNATURE}"),
        f"Bearer {HEADER}.{PAYLOAD}.{'x' * 20_000}",
    ],
)
def test_anything_but_one_token_makes_no_administrator(standing: Client, authorization: str) -> None:
    assert not is_admin(standing, request(CLAIMS, authorization=authorization))


def test_without_the_header_nobody_is_an_administrator(standing: Client) -> None:
    event = request(CLAIMS)
    del event["headers"]["authorization"]
    assert not is_admin(standing, event)


def with_payload(payload: bytes) -> str:
    return f"Bearer {HEADER}.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}.{SIGNATURE}"


SAID = json.dumps(CLAIMS)


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"null", b"7", b'"admin"', b'["admin"]', b"{}", b"\xff", b"{" * 5000, b"[" * 5000, b'{"a":' * 1000),
        *(SAID[:-1].encode(), (SAID + "x").encode(), SAID.encode("utf-16"), b"\xef\xbb\xbf" + SAID.encode()),
        SAID.replace('"admin"', '"admin", NaN').encode(),
        SAID.replace('"cognito:groups": [', '"cognito:groups": ["x"], "cognito:groups": [').encode(),
        SAID.replace('"sub": "bob"', '"sub": "ada", "sub": "bob"').encode(),
        SAID.replace("{", '{"more": {"a": 1, "a": 2}, ', 1).encode(),
        SAID.replace("{", '{"more": ' + "7" * 5000 + ", ", 1).encode(),
    ],
)
def test_a_payload_that_is_not_one_json_object_makes_no_administrator(standing: Client, payload: bytes) -> None:
    assert not is_admin(standing, request(CLAIMS, authorization=with_payload(payload)))


@given(payload=st.binary(max_size=400))
@OFTEN
def test_any_payload(standing: Client, payload: bytes) -> None:
    assert not is_admin(standing, request(CLAIMS, authorization=with_payload(payload)))


@given(authorization=st.text() | st.text("Bearer .,-_eyJ0", max_size=60))
@OFTEN
def test_any_authorization_header(standing: Client, authorization: str) -> None:
    assert not is_admin(standing, request(CLAIMS, authorization=authorization))


@pytest.mark.parametrize(
    "other",
    [
        *({"sub": "ada"}, {"sub": "Bob"}, {"sub": None}, {"sub": 7}, {"sub": ["bob"]}, {"sub": "bob "}),
        *({"iss": "https://issuer.example.com/"}, {"iss": None}, {"iss": ["https://issuer.example.com"]}),
        *({"exp": 1_795_604_401}, {"exp": None}, {"exp": "soon"}, {"exp": True}, {"exp": 1_795_604_400.5}),
        *({"iat": 1_795_600_499}, {"iat": None}, {"iat": [1_795_600_500]}, {"iat": 10**400}, {"iat": -1_795_600_500}),
    ],
)
def test_the_token_of_another_sign_in_makes_no_administrator(standing: Client, other: Json) -> None:
    """What the authorizer tells is bob's; the header has a token that differs in one claim."""
    assert not is_admin(standing, request(CLAIMS, authorization=f"Bearer {compact(CLAIMS | other)}"))


@pytest.mark.parametrize("name", ["iss", "sub", "exp", "iat"])
def test_a_claim_that_only_one_of_both_has_makes_no_administrator(standing: Client, name: str) -> None:
    fewer = {known: value for known, value in CLAIMS.items() if known != name}
    assert not is_admin(standing, request(CLAIMS, authorization=f"Bearer {compact(fewer)}"))
    if name != "sub":
        assert not is_admin(standing, request(fewer, authorization=f"Bearer {TOKEN}"))
        assert is_admin(standing, request(fewer))


@pytest.mark.parametrize("exp", ["1795604400", "1.7956044E9", "1.7956044e+09", "1795604400.0", 1_795_604_400])
def test_a_time_is_the_same_in_each_way_to_write_it(standing: Client, exp: object) -> None:
    event = request(CLAIMS)
    event["requestContext"]["authorizer"]["jwt"]["claims"]["exp"] = exp
    assert is_admin(standing, event)


@pytest.mark.parametrize(
    "exp", ["", " 1795604400", "1795604400 ", "0x6b0", "nan", "inf", "1e999", "1_795_604_400", "²", None]
)
def test_a_time_that_cannot_be_read_makes_no_administrator(standing: Client, exp: object) -> None:
    event = request(CLAIMS)
    event["requestContext"]["authorizer"]["jwt"]["claims"]["exp"] = exp
    assert not is_admin(standing, event)


def test_a_claim_with_a_list_instead_of_its_text_counts_by_the_token_alone(standing: Client) -> None:
    """No HTTP API hands over a list, but another gateway may."""
    event = request(CLAIMS | {"cognito:groups": ["video admin"]})
    event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = ["admin"]
    assert not is_admin(standing, event)
    event = request(CLAIMS)
    event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = ["admin"]
    assert is_admin(standing, event)


def test_the_authorizer_has_a_say_too(standing: Client) -> None:
    event = request(CLAIMS)
    del event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"]
    assert not is_admin(standing, event)


def test_the_token_and_its_claims_stay_out_of_the_log(
    standing: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", log)
    claims = CLAIMS | {"email": "bob@example.com", "cognito:groups": ["admin", "secret project"]}
    assert is_admin(standing, request(claims))
    assert not is_admin(standing, request(claims, authorization=f"Bearer {compact(claims | {'sub': 'eve'})}"))
    written = log.getvalue() + "".join(capsys.readouterr())
    assert "request handled" in written
    for part in (*compact(claims).split("."), "bob@example.com", "secret project"):
        assert part not in written


EXAMPLES = sorted(path for path in (ROOT / "events").glob("*.json") if path.stem in {*FUNCTIONS})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_events_have_the_token_whose_claims_the_authorizer_tells(path: Any) -> None:
    event = json.loads(path.read_text())
    authorizer = event["requestContext"].get("authorizer")
    if authorizer is None:
        assert "authorization" not in event["headers"]
        return
    payload = event["headers"]["authorization"].removeprefix("Bearer ").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    again: Json = {"headers": {}, "requestContext": {}}
    sign_in(again, claims)
    assert again["requestContext"]["authorizer"] == authorizer
