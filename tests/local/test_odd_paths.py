"""Paths that no client would send: they are answered 404 or 400, and never with an error of ours."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_from_bytes, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from local import control, site
from local.mux import MuxEmulator
from tests.local.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.served import Gateway

CONFIG = dict.fromkeys(("api", "issuer", "stream", "image"), "http://127.0.0.1:1/")
LONG = "a" * 300
ODD_NAMES = ["", ".", "..", "%2e%2e", "%2f", "..%2f..%2fsecret.js", "%5c", "%00", "a%00.html", "index.html%00", "%ff"]
ODD_NAMES += [
    "%ed%a0%80",
    "%zz",
    "%",
    LONG,
    f"{LONG}.html",
    "a" * 1500,
    "js",
    "index.html",
    "elements",
    "dist",
    ".built",
    "[",
    ":",
]
NAMES = st.one_of(
    st.sampled_from(ODD_NAMES),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(lambda text: quote(text, safe="")),
    st.binary(max_size=30).map(quote_from_bytes),
)
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
RAW = st.binary(max_size=60).map(lambda name: re.sub(rb"[\r\n ]", b"_", name))
# A socket per example, and a stack behind it that may be slow.
MANY = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "secret.js").write_text("outside")
    files = folder / "site"
    (files / "js" / "folder.js").mkdir(parents=True)
    elements = folder / "elements" / "dist"
    (elements / "chunks").mkdir(parents=True)
    (elements / "index.js").write_text("inside")
    (elements / ".built").touch()
    (elements.parent / "secret.js").write_text("outside")
    (files / "index.html").write_text("inside")
    with serving(site.application(files, CONFIG)) as url:
        yield url


@pytest.fixture(scope="module")
def mux() -> Iterator[MuxEmulator]:
    with MuxEmulator(processing_seconds=0) as running:
        yield running


@pytest.fixture(scope="module")
def playback_id(mux: MuxEmulator) -> str:
    body = {"input": "https://storage.example.com/film.mp4", "playback_policy": ["public"]}
    auth = (mux.token_id, mux.token_secret)
    made = requests.post(f"{mux.url}/video/v1/assets", json=body, auth=auth, timeout=30).json()["data"]
    return str(made["playback_ids"][0]["id"])


@pytest.fixture(scope="module")
def control_url() -> Iterator[str]:
    """The stack's own routes, before a stack stands behind them."""
    with serving(control.application(Starting())) as url:
        yield url


class Starting:
    """A stack that is not there yet."""

    answered = ()
    origins = ()
    issuer_url = "http://127.0.0.1/_local"
    client_id = "client"

    async def invoke(self, function: str, event: object) -> Any:
        raise control.NotReadyError

    def __getattr__(self, name: str) -> Any:
        raise control.NotReadyError


def status(url: str, target: bytes, method: bytes = b"GET") -> int:
    """Of the answer to a request for exactly these bytes; 0 without one."""
    parts = urlsplit(url)
    with socket.create_connection(("127.0.0.1", parts.port or 0), timeout=30) as connection:
        connection.sendall(
            b"%b /%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % (method, target)
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(found[1]) if found else 0


@MANY
@given(path=PATHS)
@example(path="%00")
@example(path="js/%00.js")
@example(path=f"{LONG}.html")
@example(path="js/folder.js")
@example(path="..%2fsecret.js")
@example(path="elements/.built")
@example(path="elements/chunks")
@example(path="elements/..%2fsecret.js")
@example(path="elements/%2e%2e/secret.js")
@example(path=f"elements/{LONG}.js")
@example(path="elements/%00.js")
def test_the_site_has_no_odd_files(site_url: str, path: str) -> None:
    is_page = path in {"", "index.html"}
    assert status(site_url, path.encode()) == (200 if is_page else 404)


@MANY
@given(name=RAW)
def test_the_site_survives_any_bytes(site_url: str, name: bytes) -> None:
    assert status(site_url, b"x" + name) in {400, 404}


@MANY
@given(path=PATHS, method=st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE"]))
def test_the_api_has_no_odd_routes(gateway: Gateway, path: str, method: bytes) -> None:
    assert status(gateway.url, f"no-such-route/{path}".encode(), method) == 404


@MANY
@given(name=RAW)
def test_the_api_survives_any_bytes(gateway: Gateway, name: bytes) -> None:
    assert status(gateway.url, b"no-such-route" + name) in {400, 404}


@MANY
@given(path=PATHS, name=RAW)
def test_the_stacks_own_routes_survive_any_path(control_url: str, path: str, name: bytes) -> None:
    for target in (path.encode(), f"functions/{path}/invoke".encode(), b"x" + name):
        assert status(control_url, target) in {200, 400, 404, 405, 503}


@MANY
@given(path=PATHS, query=NAMES)
def test_the_emulator_delivers_no_odd_files(mux: MuxEmulator, playback_id: str, path: str, query: str) -> None:
    prefixes = ("", f"stream/{playback_id}/", f"stream/{playback_id}/renditions/", f"stream/{playback_id}/text/")
    for prefix in (*prefixes, f"image/{playback_id}/", "stream/", "image/", "mezzanine/", "upload/"):
        assert status(mux.url, f"{prefix}{path}?token={query}".encode()) in {400, 403, 404, 405}


@MANY
@given(value=NAMES)
def test_no_odd_parameter_of_a_picture_is_an_error_of_ours(mux: MuxEmulator, playback_id: str, value: str) -> None:
    for name in ("thumbnail.jpg", "animated.gif", "storyboard.vtt"):
        for parameter in ("time", "width", "fit_mode", "token", "download", value):
            target = f"image/{playback_id}/{name}?{parameter}={value}"
            assert 0 < status(mux.url, target.encode()) < 500, target


@pytest.mark.parametrize("url", ["http://[", "//[::1", "http://a:b:c/", "http://[x]/"])
def test_an_odd_address_to_come_back_to_is_refused(control_url: str, url: str) -> None:
    for path, name in (("authorize", "redirect_uri"), ("logout", "post_logout_redirect_uri")):
        assert requests.get(f"{control_url}/{path}", params={name: url}, timeout=30).status_code == 400


@pytest.mark.parametrize(
    "body", [r'{"a": "\ud800"}', "[" * 100_000, "{", b"\xff"], ids=["half", "deep", "open", "byte"]
)
def test_an_odd_event_is_refused(control_url: str, body: str | bytes) -> None:
    answer = requests.post(f"{control_url}/functions/CleanupFunction/invoke", data=body, timeout=30)
    assert answer.status_code == 400
