"""When Mux says no: whose fault it is, how often it is asked, how long a caller should wait."""

import pytest

from mux_lifecycle.errors import MuxNotFound, MuxOutcomeUnknown, MuxRateLimited, MuxRefused, MuxUnavailable
from mux_lifecycle.mux.client import Credentials
from tests.client.conftest import CALLS, TOKEN, MakeClient, Tokens, good
from tests.client.hostile import HostileServer, Script, answer, reset

GOOD = answer(200, {"data": {"id": "a1", "environment_id": "k3v9zq"}})
UNAUTHORIZED = answer(401, {"error": {"type": "unauthorized", "messages": ["Unauthorized request"]}})
BUSY = answer(429, {"errors": ["Too many requests, retry later."]})
ROTATED = Credentials("token-id-0002", "token-secret-0002")
BASIC = {
    TOKEN: "Basic dG9rZW4taWQtMDAwMTp0b2tlbi1zZWNyZXQtMDAwMQ==",
    ROTATED: "Basic dG9rZW4taWQtMDAwMjp0b2tlbi1zZWNyZXQtMDAwMg==",
}


def busy(retry_after: str) -> Script:
    return answer(429, {"errors": ["Too many requests, retry later."]}, {"Retry-After": retry_after})


@pytest.mark.parametrize("name", CALLS)
def test_a_refused_token_is_read_again_once_and_the_call_ends_there(
    make_client: MakeClient, tokens: Tokens, name: str
) -> None:
    with HostileServer(UNAUTHORIZED) as server:
        with pytest.raises(MuxRefused) as raised:
            CALLS[name](make_client(server.url))
        assert len(server.requests) == 1
    assert raised.value.status == 401
    assert tokens.refused == [TOKEN]


@pytest.mark.parametrize("name", CALLS)
def test_a_rotated_token_is_used_at_once(make_client: MakeClient, tokens: Tokens, name: str) -> None:
    tokens.fresh = ROTATED
    with HostileServer(UNAUTHORIZED, good(name)) as server:
        CALLS[name](make_client(server.url, calls=1))
        assert [request.headers["authorization"] for request in server.requests] == [BASIC[TOKEN], BASIC[ROTATED]]
    assert tokens.refused == [TOKEN]


def test_a_rotated_token_that_is_refused_too_is_not_read_a_third_time(
    make_client: MakeClient, tokens: Tokens, naps: list[float]
) -> None:
    tokens.fresh = ROTATED
    with HostileServer(UNAUTHORIZED) as server:
        with pytest.raises(MuxRefused):
            make_client(server.url).get_asset("a1")
        assert len(server.requests) == 2
    assert tokens.refused == [TOKEN]
    assert not naps


def test_a_rotation_does_not_use_up_the_repeats(make_client: MakeClient, tokens: Tokens, naps: list[float]) -> None:
    tokens.fresh = ROTATED
    with HostileServer(UNAUTHORIZED, BUSY, GOOD) as server:
        assert make_client(server.url).create_asset({})["id"] == "a1"
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 402, 403, 405, 408, 409, 410, 422, 451])
@pytest.mark.parametrize("name", ["create_upload", "create_asset", "delete_asset"])
def test_a_refusal_is_final(make_client: MakeClient, name: str, status: int) -> None:
    with HostileServer(answer(status, {"error": {"messages": ["no"]}})) as server:
        with pytest.raises(MuxRefused) as raised:
            CALLS[name](make_client(server.url))
        assert len(server.requests) == 1
    assert raised.value.status == status


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'{"error": []}', b'{"error": {"messages": {"a": [1]}}}'])
def test_the_body_of_a_refusal_does_not_matter(make_client: MakeClient, body: bytes) -> None:
    with HostileServer(answer(400, body)) as server, pytest.raises(MuxRefused):
        make_client(server.url).get_asset("a1")


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_there_is_not_found(make_client: MakeClient, name: str) -> None:
    with HostileServer(answer(404, {"error": {"type": "not_found"}})) as server:
        with pytest.raises(MuxNotFound):
            CALLS[name](make_client(server.url))
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "identifier", ["", ".", "..", "../whoami", "a/b", "a%2Fb", "a?b", "a#b", "a b", "ä", "a\n", "a" * 129]
)
@pytest.mark.parametrize("name", ["get_upload", "cancel_upload", "get_asset", "delete_asset"])
def test_what_cannot_be_an_id_never_gets_into_a_path(make_client: MakeClient, name: str, identifier: str) -> None:
    with HostileServer(GOOD) as server:
        with pytest.raises(MuxNotFound):
            getattr(make_client(server.url), name)(identifier)
        assert not server.requests


@pytest.mark.parametrize("name", CALLS)
def test_a_busy_mux_is_asked_once_more_also_for_a_create(make_client: MakeClient, naps: list[float], name: str) -> None:
    with HostileServer(BUSY, good(name)) as server:
        CALLS[name](make_client(server.url))
        assert len(server.requests) == 2
    assert len(naps) == 1


@pytest.mark.parametrize(
    "retry_after",
    ["", "0", "1", "2", "-1", "0.5", "+1", "²", "1e9", "99999999999", "3600", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"],
)
@pytest.mark.parametrize("name", ["create_asset", "get_asset"])
def test_a_mux_that_stays_busy_is_asked_at_most_twice(
    make_client: MakeClient, naps: list[float], name: str, retry_after: str
) -> None:
    with HostileServer(busy(retry_after)) as server:
        with pytest.raises(MuxRateLimited) as raised:
            CALLS[name](make_client(server.url))
        assert len(server.requests) <= 2
    assert 1 <= raised.value.retry_after <= 300
    assert sum(naps) <= 2


def test_a_short_wait_that_mux_asks_for_is_kept(make_client: MakeClient, naps: list[float]) -> None:
    with HostileServer(busy("2"), GOOD) as server:
        make_client(server.url).get_asset("a1")
    assert naps == [2]


def test_a_long_wait_is_the_callers(make_client: MakeClient, naps: list[float]) -> None:
    with HostileServer(busy("120"), GOOD) as server:
        with pytest.raises(MuxRateLimited) as raised:
            make_client(server.url).get_asset("a1")
        assert len(server.requests) == 1
    assert raised.value.retry_after == 120
    assert not naps


def test_with_one_call_allowed_a_busy_mux_is_asked_once(make_client: MakeClient, naps: list[float]) -> None:
    with HostileServer(BUSY) as server:
        with pytest.raises(MuxRateLimited):
            make_client(server.url, calls=1).get_asset("a1")
        assert len(server.requests) == 1
    assert not naps


@pytest.mark.parametrize(
    ("scripts", "error"),
    [
        pytest.param([BUSY, reset()], MuxOutcomeUnknown, id="busy, then lost"),
        pytest.param([BUSY, answer(500)], MuxOutcomeUnknown, id="busy, then failed"),
        pytest.param([UNAUTHORIZED, reset()], MuxOutcomeUnknown, id="rotated, then lost"),
        pytest.param([UNAUTHORIZED, BUSY, BUSY], MuxRateLimited, id="rotated, then busy"),
    ],
)
def test_the_last_answer_decides_what_is_known_of_a_create(
    make_client: MakeClient, tokens: Tokens, naps: list[float], scripts: list[Script], error: type[Exception]
) -> None:
    tokens.fresh = ROTATED
    with HostileServer(*scripts) as server:
        with pytest.raises(error):
            make_client(server.url).create_asset({})
        assert len(server.requests) == len(scripts)


def test_a_repeatable_call_survives_a_failure_of_each_kind_in_turn(
    make_client: MakeClient, tokens: Tokens, naps: list[float]
) -> None:
    """One repeat in all, whatever the mix: no layer multiplies another."""
    tokens.fresh = ROTATED
    with HostileServer(answer(503), UNAUTHORIZED, BUSY) as server:
        with pytest.raises((MuxRateLimited, MuxUnavailable)):
            make_client(server.url).get_asset("a1")
        assert len(server.requests) == 3


def test_no_repeat_is_begun_that_could_not_end_in_time(make_client: MakeClient, naps: list[float]) -> None:
    with HostileServer(answer(503)) as server:
        with pytest.raises(MuxUnavailable):
            make_client(server.url, seconds=1).get_asset("a1")
        assert len(server.requests) == 1
    assert not naps


def test_the_environment_is_asked_once_per_token(make_client: MakeClient, tokens: Tokens) -> None:
    other = answer(200, {"data": {"environment_id": "zzzzzz"}})
    with HostileServer(GOOD, other) as server:
        mux = make_client(server.url)
        assert [mux.environment_id(), mux.environment_id()] == ["k3v9zq", "k3v9zq"]
        tokens.current = ROTATED
        assert [mux.environment_id(), mux.environment_id()] == ["zzzzzz", "zzzzzz"]
        assert [request.path for request in server.requests] == ["/system/v1/whoami"] * 2


def test_a_page_is_asked_for_with_its_size_and_position(make_client: MakeClient) -> None:
    with HostileServer(
        answer(200, {"data": [{"id": "a1"}], "next_cursor": "more&x=1"}), answer(200, {"data": []})
    ) as server:
        mux = make_client(server.url)
        page = mux.list_assets(limit=7)
        assert (page.assets, page.next_cursor) == ([{"id": "a1"}], "more&x=1")
        assert mux.list_assets(cursor=page.next_cursor).assets == []
        assert [request.path for request in server.requests] == [
            "/video/v1/assets?limit=7",
            "/video/v1/assets?limit=100&cursor=more%26x%3D1",
        ]
