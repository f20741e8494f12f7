"""The audit of what is printed must be able to fail."""

import json
import logging

import pytest

from mux_lifecycle import telemetry
from mux_lifecycle.mux import webhooks as signatures
from tests.faults.audit import Output, leaks
from tests.world import SIGNING_SECRET

SENT = signatures.sign(b"{}", SIGNING_SECRET, timestamp=1_700_000_000)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps({"token": {"token_secret": "local-token-secret"}}), id="token secret"),
        pytest.param("local-token-id", id="token id"),
        pytest.param("Basic bG9jYWwtdG9rZW4taWQ6bG9jYWwtdG9rZW4tc2VjcmV0", id="Authorization"),
        pytest.param("{'a': 'bG9jYWwtdG9rZW4taWQ6bG9jYWwtdG9rZW4tc2VjcmV0'}", id="encoded token"),
        pytest.param(SIGNING_SECRET, id="signing secret"),
        pytest.param(SENT, id="signature header"),
        pytest.param(SENT.partition("v1=")[2], id="signature"),
        pytest.param("https://direct-uploads.mux.com/upload/a1?token=b2", id="upload URL"),
        pytest.param("http://127.0.0.1:8001/upload/a1", id="upload path"),
        pytest.param("https://stream.mux.com/a1.m3u8?token=b2", id="playback URL"),
        pytest.param("https://master.mux.com/a1/master.mp4?skid=default&signature=b2", id="master URL"),
        pytest.param("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", id="playback token"),
    ],
)
def test_a_leak_is_found(text: str) -> None:
    assert leaks(f'{{"message": "{text}"}}', [SENT])


def test_an_ordinary_line_is_none() -> None:
    line = (
        '{"level":"INFO","message":"request handled","route":"POST /uploads","record":"IDEMPOTENCY#' + "0f" * 32 + '"}'
    )
    assert not leaks(line, [SENT])


def test_everything_printed_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    with output.heard():
        telemetry.logger.info("ours", answer=42)
        logging.getLogger("urllib3.connectionpool").warning("somebody else's %s", "line")
        telemetry.count("WebhookApplied")
        telemetry.flush()
        print("plain")
    telemetry.logger.info("later")
    heard = output.text.getvalue()
    for said in ('"message":"ours"', '"answer":42', "somebody else's line", '"WebhookApplied":[1.0]', "plain"):
        assert said in heard
    assert "later" not in heard
