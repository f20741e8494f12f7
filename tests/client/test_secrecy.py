"""The access token is in the Authorization header and nowhere else: not in a log line, an error or a representation."""

import base64
import logging
import traceback

import pytest
from urllib3 import PoolManager

from mux_lifecycle.errors import LifecycleError
from mux_lifecycle.mux.client import Credentials
from mux_lifecycle.telemetry import logger
from tests.client.conftest import CALLS, TOKEN, MakeClient
from tests.client.hostile import HostileServer, Script, answer, cut_off, message, reset

BASIC = base64.b64encode(f"{TOKEN.token_id}:{TOKEN.token_secret}".encode()).decode()
UPLOAD_URL = "https://direct-uploads.example.mux.com/upload/u1?token=a-key-to-write-with"
CREDENTIALS = (TOKEN.token_id, TOKEN.token_secret, BASIC, BASIC[:20])
SECRETS = (*CREDENTIALS, UPLOAD_URL, "a-key-to-write-with")

UNPLEASANT: dict[str, Script] = {
    "reset": reset(),
    "cut": cut_off(message(201, b'{"data"', length=99)),
    "failing": answer(503, {"error": {"messages": ["sorry"]}}),
    "unauthorized": answer(401, {"error": {"type": "unauthorized", "messages": ["Unauthorized request"]}}),
    "quoting the upload's URL": answer(400, {"error": {"messages": [f"cannot write to {UPLOAD_URL} now"]}}),
    "quoting it in parts": answer(400, {"error": {"messages": [{"url": UPLOAD_URL}, [UPLOAD_URL]]}}),
    "quoting it in HTML": answer(403, f"<a href='{UPLOAD_URL}'>".encode()),
    "not an upload": answer(201, {"data": {"id": "../u1", "url": UPLOAD_URL}}),
    "not JSON": answer(201, f"url={UPLOAD_URL}".encode()),
    "redirecting": answer(302, {"data": {"url": UPLOAD_URL}}, {"Location": UPLOAD_URL}),
    "busy": answer(429, {"errors": [UPLOAD_URL]}),
}


@pytest.mark.parametrize("times", UNPLEASANT)
@pytest.mark.parametrize("name", ["create_upload", "create_asset", "list_assets", "delete_asset"])
def test_neither_log_nor_error_tells_a_secret(
    make_client: MakeClient, naps: list[float], caplog: pytest.LogCaptureFixture, name: str, times: str
) -> None:
    told = []
    with HostileServer(UNPLEASANT[times]) as server, caplog.at_level(logging.INFO):
        try:
            CALLS[name](make_client(server.url))
        except LifecycleError as error:
            told = [*error.messages, repr(error), "".join(traceback.format_exception(error))]
    told += [str(vars(record)) for record in caplog.records]
    assert told or name == "delete_asset"
    for secret in SECRETS:
        assert not [line for line in told if secret in line]


def test_representations_of_credentials_and_clients_tell_nothing(make_client: MakeClient) -> None:
    mux = make_client("http://127.0.0.1:9")
    for text in (
        repr(TOKEN),
        str(TOKEN),
        f"{TOKEN}",
        f"{[TOKEN]}",
        f"{ ({TOKEN: 1}) }",
        repr(mux),
        repr(mux._environments),
    ):
        assert not [secret for secret in CREDENTIALS if secret in text]


def test_credentials_are_compared_by_value() -> None:
    assert Credentials("a", "b") == Credentials("a", "b") != Credentials("a", "c")
    assert len({Credentials("a", "b"), Credentials("a", "b")}) == 1


def test_the_connections_remember_no_credentials(make_client: MakeClient, pools: PoolManager) -> None:
    with HostileServer(answer(200, {"data": {"id": "a1"}})) as server:
        make_client(server.url).get_asset("a1")
    [pool] = [pools.pools[key] for key in pools.pools.keys()]  # noqa: SIM118 - urllib3's container does not iterate
    for kept in (pools.headers, pool.headers):
        assert "authorization" not in {name.lower() for name in kept}


def test_what_mux_says_is_logged_as_one_short_line(make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    """A reason helps whoever reads the log; it must not forge lines or fill the log."""
    said = 'no\n{"level": "ERROR", "message": "forged"}\r\x1b[31m' + "x" * 10_000
    with HostileServer(answer(400, {"error": {"messages": [said]}})) as server, pytest.raises(LifecycleError):
        make_client(server.url).get_asset("a1")
    formatted = [logger.handlers[0].format(record) for record in caplog.records]
    assert len(formatted) == 1
    assert len(formatted[0]) < 1000
    assert not set("\n\r\x1b") & set(formatted[0])
