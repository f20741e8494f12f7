"""Answers that are no answers: cut, reset, endless, not JSON, not what was asked for."""

import json

import pytest

from mux_lifecycle.errors import LifecycleError, MuxMalformed, MuxOutcomeUnknown, MuxUnavailable
from tests.client.conftest import CALLS, REPEATABLE, MakeClient
from tests.client.hostile import HostileServer, Script, answer, cut_off, flood, message, reset

ASSET = {"data": {"id": "a1", "status": "ready", "url": "https://example.com/u", "environment_id": "k3v9zq"}}
WHOLE = message(201, json.dumps(ASSET).encode())
CHUNKS = message(201, b"", {"Transfer-Encoding": "chunked", "Content-Length": ""})

BROKEN: dict[str, Script] = {
    "reset before a byte": reset(),
    "closed before a byte": cut_off(b""),
    "cut in the status line": cut_off(WHOLE[:9]),
    "cut before the body": cut_off(WHOLE[: WHOLE.index(b"\r\n\r\n") + 4]),
    "half a body": cut_off(WHOLE[:-20]),
    "all but one byte": cut_off(WHOLE[:-1]),
    "half a body, then reset": reset(WHOLE[:-20]),
    "half a chunk": cut_off(CHUNKS + b"30\r\n" + b'{"data": {'),
    "no last chunk": cut_off(CHUNKS + b"4\r\nnull\r\n"),
    "chunks without sizes": cut_off(CHUNKS + b"zz\r\nnull\r\n0\r\n\r\n"),
    "another protocol": cut_off(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "a header without end": cut_off(b"HTTP/1.1 201 Created\r\nX: " + b"y" * 70_000),
    "too many headers": cut_off(b"HTTP/1.1 201 Created\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
}
SERVER_ERRORS: dict[str, Script] = {
    "500": answer(500, {"error": {"type": "internal", "messages": ["sorry"]}}),
    "502 in HTML": answer(502, b"<html>502</html>", {"Content-Type": "text/html"}),
    "503": answer(503),
    "504 that looks like a success": answer(504, ASSET),
}
MALFORMED: dict[str, Script] = {
    "HTML": answer(201, b"<html><h1>It works!</h1></html>", {"Content-Type": "text/html"}),
    "empty": answer(201, b""),
    "a list": answer(201, [1, 2]),
    "null": answer(201, b"null"),
    "an empty object": answer(201, {}),
    "data null": answer(201, {"data": None}),
    "data as a list": answer(201, {"data": [ASSET["data"]]}),
    "no id": answer(201, {"data": {"status": "ready"}}),
    "id null": answer(201, {"data": ASSET["data"] | {"id": None}}),
    "id as a number": answer(201, {"data": ASSET["data"] | {"id": 17}}),
    "id empty": answer(201, {"data": ASSET["data"] | {"id": ""}}),
    "id as a path": answer(201, {"data": ASSET["data"] | {"id": "../../system/v1/signing-keys"}}),
    "id with a line feed": answer(201, {"data": ASSET["data"] | {"id": "a1\n"}}),
    "id not ASCII": answer(201, {"data": ASSET["data"] | {"id": "aß"}}),
    "id too long": answer(201, {"data": ASSET["data"] | {"id": "a" * 129}}),
    "not UTF-8": answer(201, b'{"data": "\xff\xfe"}'),
    "too deep": answer(201, b'{"data":' * 100_000),
    "a number too long to read": answer(201, b'{"data": {"id": ' + b"9" * 10_000 + b"}}"),
    "compressed though not asked for": answer(201, b"\x1f\x8b\x08\x00\x00", {"Content-Encoding": "gzip"}),
    "not modified": answer(304),
    "an unknown success": answer(299, b"not JSON"),
    "cut in a header, so that no length is known": cut_off(WHOLE[:40]),
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", ["create_upload", "get_asset"])
def test_a_broken_answer_is_asked_for_once_more(
    make_client: MakeClient, naps: list[float], name: str, how: str
) -> None:
    with HostileServer(BROKEN[how], answer(200, ASSET)) as server:
        assert CALLS[name](make_client(server.url)) == ASSET["data"]
        assert len(server.requests) == 2
    assert len(naps) == 1


@pytest.mark.parametrize("how", BROKEN | SERVER_ERRORS)
def test_after_two_broken_answers_a_call_is_unavailable(make_client: MakeClient, naps: list[float], how: str) -> None:
    with HostileServer((BROKEN | SERVER_ERRORS)[how]) as server:
        with pytest.raises(MuxUnavailable):
            make_client(server.url).get_asset("a1")
        assert len(server.requests) == 2


@pytest.mark.parametrize("name", REPEATABLE)
@pytest.mark.parametrize("how", SERVER_ERRORS)
def test_a_server_error_is_repeated_once_where_that_is_safe(
    make_client: MakeClient, naps: list[float], name: str, how: str
) -> None:
    with HostileServer(SERVER_ERRORS[how]) as server:
        with pytest.raises(MuxUnavailable):
            CALLS[name](make_client(server.url))
        assert len(server.requests) == 2


@pytest.mark.parametrize("how", BROKEN | SERVER_ERRORS)
def test_a_create_with_a_broken_answer_is_never_repeated_and_its_outcome_unknown(
    make_client: MakeClient, naps: list[float], how: str
) -> None:
    with HostileServer((BROKEN | SERVER_ERRORS)[how]) as server:
        with pytest.raises(MuxOutcomeUnknown) as raised:
            CALLS["create_asset"](make_client(server.url))
        assert len(server.requests) == 1
    assert raised.value.retry_after >= 60
    assert not naps


@pytest.mark.parametrize("name", ["create_upload", "create_asset", "get_asset"])
@pytest.mark.parametrize("how", MALFORMED)
def test_an_answer_of_another_shape_is_malformed_and_not_asked_for_again(
    make_client: MakeClient, name: str, how: str
) -> None:
    with HostileServer(MALFORMED[how]) as server:
        with pytest.raises(MuxMalformed):
            CALLS[name](make_client(server.url))
        assert len(server.requests) == 1


@pytest.mark.parametrize("url", [None, 7, ["https://example.com"]])
def test_an_upload_without_a_url_is_malformed(make_client: MakeClient, url: object) -> None:
    with (
        HostileServer(answer(201, {"data": {"id": "u1", "status": "waiting", "url": url}})) as server,
        pytest.raises(MuxMalformed),
    ):
        make_client(server.url).create_upload({})


@pytest.mark.parametrize("data", [None, {}, "a1", [None], [["a1"]], [{"id": "a1"}, "a2"]])
def test_a_list_that_is_none_is_malformed(make_client: MakeClient, data: object) -> None:
    with HostileServer(answer(200, {"data": data})) as server, pytest.raises(MuxMalformed):
        make_client(server.url).list_assets()


@pytest.mark.parametrize("cursor", [None, "", 7, ["next"]])
def test_a_list_whose_cursor_is_no_text_is_the_last_page(make_client: MakeClient, cursor: object) -> None:
    with HostileServer(answer(200, {"data": [], "next_cursor": cursor})) as server:
        assert make_client(server.url).list_assets().next_cursor is None


@pytest.mark.parametrize("data", [None, [], {}, {"environment_id": None}, {"environment_id": ""}])
def test_an_identity_without_environment_is_malformed_and_not_remembered(make_client: MakeClient, data: object) -> None:
    with HostileServer(answer(200, {"data": data}), answer(200, ASSET)) as server:
        mux = make_client(server.url)
        with pytest.raises(MuxMalformed):
            mux.environment_id()
        assert mux.environment_id() == "k3v9zq"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(message(200, b"", length=10**10), id="ten gigabytes announced"),
        pytest.param(message(200, b"", {"Content-Length": "", "Connection": "close"}), id="no length"),
        pytest.param(message(200, b"", {"Content-Encoding": "gzip"}, length=10**10), id="compressed"),
        pytest.param(message(302, b"", {"Location": "https://example.com/"}, length=10**10), id="a redirect"),
        pytest.param(message(404, b"", length=10**10), id="not found"),
        pytest.param(message(503, b"", length=10**10), id="a failure"),
    ],
)
@pytest.mark.parametrize("name", ["get_asset", "create_asset"])
def test_an_endless_answer_is_read_only_so_far(make_client: MakeClient, name: str, head: bytes) -> None:
    with HostileServer(flood(head)) as server:
        with pytest.raises(LifecycleError):
            CALLS[name](make_client(server.url, calls=1))
        # 4 MiB are read; what is in the sockets' buffers by then comes on top.
        assert server.bytes_sent < 24 * 1024 * 1024
        assert (server.completed, len(server.requests)) == (0, 1)


def test_an_answer_that_is_long_but_not_too_long_is_taken(make_client: MakeClient) -> None:
    asset = {"id": "a1", "filler": "x" * 3_000_000}
    with HostileServer(answer(200, {"data": asset})) as server:
        assert make_client(server.url).get_asset("a1") == asset


def test_a_delete_needs_no_body(make_client: MakeClient) -> None:
    with HostileServer(answer(204)) as server:
        make_client(server.url).delete_asset("a1")
        assert [(request.method, request.path) for request in server.requests] == [("DELETE", "/video/v1/assets/a1")]
