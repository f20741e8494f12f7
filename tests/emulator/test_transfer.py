"""The upload URL: every rule of the resumable protocol, as browsers and their clients meet it."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from local.mux import sample_mp4
from tests.emulator.doubles import eventually

if TYPE_CHECKING:
    from tests.emulator.doubles import Api

CHUNK = 256 * 1024
ORIGIN = "https://app.example.com"


@pytest.fixture
def film() -> bytes:
    """A film of two and a half chunks, no two chunks alike."""
    head = sample_mp4()
    size = 2 * CHUNK + CHUNK // 2
    padding = size - len(head)
    return head + (padding).to_bytes(4) + b"free" + os.urandom(padding - 8)


def put(upload: Any, content: bytes, start: int | None = None, total: int | None = None) -> requests.Response:
    """Send the whole file, or the part of it from `start`."""
    headers = {"Origin": ORIGIN}
    if start is not None:
        headers["Content-Range"] = f"bytes {start}-{start + len(content) - 1}/{total}"
    return requests.put(upload["url"], data=content, headers=headers, timeout=10)


def ask(upload: Any, total: int | str) -> requests.Response:
    """Ask how much is held."""
    return requests.put(upload["url"], headers={"Content-Range": f"bytes */{total}"}, timeout=10)


def held(response: requests.Response) -> int:
    """How many bytes a 308 says are held."""
    assert response.status_code == 308
    text = response.headers.get("Range", "bytes=0--1")
    return int(text.removeprefix("bytes=0-")) + 1


def status(api: Api, upload: Any) -> str:
    return str(api.get(f"/video/v1/uploads/{upload['id']}")["status"])


def received(api: Api, upload: Any) -> tuple[int, str]:
    transfer = api.mux.transfer(upload["id"])
    return transfer["received_bytes"], transfer["sha256"]


def of(content: bytes) -> tuple[int, str]:
    return len(content), hashlib.sha256(content).hexdigest()


def test_the_whole_file_in_one_request(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    assert put(upload, film).status_code == 200
    assert received(api, upload) == of(film)
    assert status(api, upload) == "asset_created"


def test_the_whole_file_as_a_single_range(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    assert put(upload, film, 0, len(film)).status_code == 200
    assert received(api, upload) == of(film)


def test_chunks_are_answered_308_with_what_is_held_and_the_last_200(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    assert held(put(upload, film[:CHUNK], 0, len(film))) == CHUNK
    assert received(api, upload) == of(film[:CHUNK])
    assert held(put(upload, film[CHUNK : 2 * CHUNK], CHUNK, len(film))) == 2 * CHUNK
    assert status(api, upload) == "waiting"
    assert put(upload, film[2 * CHUNK :], 2 * CHUNK, len(film)).status_code == 200
    assert received(api, upload) == of(film)
    assert status(api, upload) == "asset_created"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes 0-99",
        "bytes 0-99/",
        "bytes 0-99/*",
        "bytes 99-0/100",
        "bytes 0-100/100",
        "bytes -1-99/100",
        "bytes 0-99/100, 0-99/100",
        "items 0-99/100",
        "bytes 0-99/²",
        f"bytes 0-99/{'9' * 40}",
    ],
)
def test_a_range_that_makes_no_sense_is_400(api: Api, header: str) -> None:
    upload = api.create_upload()
    headers = {"Content-Range": header.encode()}
    assert requests.put(upload["url"], data=bytes(100), headers=headers, timeout=30).status_code == 400
    assert received(api, upload)[0] == 0


@pytest.mark.parametrize("length", [CHUNK - 1, CHUNK + 1, 2 * CHUNK, 1, 0])
def test_a_body_of_another_length_than_its_range_is_400_and_changes_nothing(api: Api, film: bytes, length: int) -> None:
    upload = api.create_upload()
    headers = {"Content-Range": f"bytes 0-{CHUNK - 1}/{len(film)}"}
    response = requests.put(upload["url"], data=film[:length], headers=headers, timeout=30)
    assert response.status_code == 400
    assert received(api, upload) == of(b"")


@pytest.mark.parametrize("length", [1, CHUNK - 1, CHUNK + 1, CHUNK + CHUNK // 2])
def test_chunks_but_the_last_are_multiples_of_256_kib(api: Api, film: bytes, length: int) -> None:
    upload = api.create_upload()
    assert put(upload, film[:length], 0, len(film)).status_code == 400
    assert received(api, upload)[0] == 0


def test_a_gap_is_answered_with_what_is_held(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    first = put(upload, film[CHUNK : 2 * CHUNK], CHUNK, len(film))
    assert held(first) == 0
    assert "Range" not in first.headers
    put(upload, film[:CHUNK], 0, len(film))
    assert held(put(upload, film[2 * CHUNK :], 2 * CHUNK, len(film))) == CHUNK
    assert received(api, upload) == of(film[:CHUNK])


def test_a_repeated_chunk_is_fine(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    put(upload, film[:CHUNK], 0, len(film))
    put(upload, film[CHUNK : 2 * CHUNK], CHUNK, len(film))
    assert held(put(upload, film[:CHUNK], 0, len(film))) == 2 * CHUNK
    assert held(put(upload, film[CHUNK : 2 * CHUNK], CHUNK, len(film))) == 2 * CHUNK
    assert received(api, upload) == of(film[: 2 * CHUNK])
    assert put(upload, film[2 * CHUNK :], 2 * CHUNK, len(film)).status_code == 200
    assert received(api, upload) == of(film)


def test_overlap_is_fine(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    put(upload, film[: 2 * CHUNK], 0, len(film))
    assert put(upload, film[CHUNK:], CHUNK, len(film)).status_code == 200
    assert received(api, upload) == of(film)


@pytest.mark.parametrize("resized", [0, 1000])
def test_starting_over_from_byte_0_with_another_file_makes_that_file(api: Api, film: bytes, resized: int) -> None:
    upload = api.create_upload()
    other = sample_mp4() + os.urandom(len(film) - len(sample_mp4()) - resized)
    put(upload, other[: 2 * CHUNK], 0, len(other))
    assert held(put(upload, film[:CHUNK], 0, len(film))) == CHUNK
    assert put(upload, film[CHUNK:], CHUNK, len(film)).status_code == 200
    assert received(api, upload) == of(film)


def test_starting_over_with_the_whole_file_replaces_what_is_held(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    put(upload, os.urandom(CHUNK), 0, 9 * CHUNK)
    assert put(upload, film).status_code == 200
    assert received(api, upload) == of(film)


def test_another_total_in_the_middle_is_400(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    put(upload, film[:CHUNK], 0, len(film))
    assert put(upload, film[CHUNK : 2 * CHUNK], CHUNK, len(film) + 1).status_code == 400
    assert received(api, upload) == of(film[:CHUNK])


def test_progress_can_be_asked_for(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    assert held(ask(upload, len(film))) == 0
    put(upload, film[:CHUNK], 0, len(film))
    assert held(ask(upload, len(film))) == CHUNK
    put(upload, film[CHUNK:], CHUNK, len(film))
    assert ask(upload, len(film)).status_code == 200


@pytest.mark.parametrize("start", [0, CHUNK])
def test_a_truncated_body_changes_nothing(api: Api, film: bytes, start: int) -> None:
    upload = api.create_upload()
    put(upload, film[:CHUNK], 0, len(film))
    url = urlsplit(upload["url"])
    with socket.create_connection(("127.0.0.1", url.port or 0)) as connection:
        connection.sendall(
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {len(film) - start}\r\n"
            f"Content-Range: bytes {start}-{len(film) - 1}/{len(film)}\r\n\r\n".encode()
            + film[start : start + CHUNK]
        )
    assert held(ask(upload, len(film))) == CHUNK
    assert put(upload, film[CHUNK:], CHUNK, len(film)).status_code == 200
    assert received(api, upload) == of(film)


def test_a_body_of_unannounced_length_is_counted(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    blocks = iter([film[:1000], film[1000:]])
    assert requests.put(upload["url"], data=blocks, timeout=30).status_code == 200
    assert received(api, upload) == of(film)


def test_the_last_range_repeated_after_success_gets_its_200_again(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    put(upload, film[: 2 * CHUNK], 0, len(film))
    for _ in range(3):
        assert put(upload, film[2 * CHUNK :], 2 * CHUNK, len(film)).status_code == 200
    assert put(upload, film).status_code == 200
    assert held(put(upload, film[:CHUNK], 0, len(film))) == len(film)
    assert len(api.get("/video/v1/assets")) == 1


def test_another_file_after_success_is_refused_for_good(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    put(upload, film)
    assert put(upload, film + b"more").status_code == 410
    assert put(upload, film[:CHUNK], 0, 9 * CHUNK).status_code == 410
    assert received(api, upload) == of(film)


def test_after_cancel_the_url_is_gone(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    put(upload, film[:CHUNK], 0, len(film))
    api.put(f"/video/v1/uploads/{upload['id']}/cancel")
    refused = put(upload, film[CHUNK:], CHUNK, len(film))
    assert refused.status_code == 410
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert api.get("/video/v1/assets") == []


def test_after_the_timeout_the_url_is_gone(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    api.mux.advance(3601)
    assert put(upload, film).status_code == 410
    assert api.get("/video/v1/assets") == []


def test_a_transfer_that_ends_after_cancel_makes_no_asset(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    url = urlsplit(upload["url"])
    connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=30)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(len(film)))
    connection.endheaders(film[:CHUNK])
    eventually(lambda: any(request["method"] == "PUT" for request in api.mux.requests()))
    api.put(f"/video/v1/uploads/{upload['id']}/cancel")
    connection.send(film[CHUNK:])
    assert connection.getresponse().status == 410
    connection.close()
    assert api.get("/video/v1/assets") == []


def test_two_requests_with_the_same_file_at_once_make_one_asset(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: put(upload, film).status_code, range(2)))
    assert answers == [200, 200]
    assert len(api.get("/video/v1/assets")) == 1
    assert received(api, upload) == of(film)


def test_form_data_and_other_methods_are_refused(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    assert requests.put(upload["url"], files={"file": film}, timeout=30).status_code == 400
    assert requests.post(upload["url"], data=film, timeout=30).status_code == 405
    assert requests.get(upload["url"], timeout=30).status_code == 405
    assert received(api, upload)[0] == 0


def test_the_token_is_the_right_to_transfer(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    bare = upload["url"].partition("?")[0]
    for url in (bare, f"{bare}?token=wrong"):
        refused = requests.put(url, data=film, headers={"Origin": ORIGIN}, timeout=30)
        assert refused.status_code == 403
        assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    unknown = requests.put(f"{api.mux.url}/upload/Unknown1?token=x", headers={"Origin": ORIGIN}, timeout=30)
    assert unknown.status_code == 404
    assert unknown.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_the_preflight_allows_what_browsers_send(api: Api) -> None:
    upload = api.create_upload()
    response = requests.options(
        upload["url"],
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-range,content-type",
        },
        timeout=30,
    )
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert {"content-range", "content-type"} <= {name.strip() for name in allowed.split(",")}


def test_every_answer_carries_cors_headers_and_exposes_range(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    answers = [
        put(upload, film[:CHUNK], CHUNK, len(film)),
        put(upload, film[:CHUNK], 0, len(film)),
        put(upload, film[:100], CHUNK, len(film)),
        put(upload, film[CHUNK:], CHUNK, len(film)),
    ]
    assert [answer.status_code for answer in answers] == [308, 308, 400, 200]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Access-Control-Expose-Headers"] == "Range"


@pytest.mark.parametrize("origin", ["*", None])
def test_the_allowed_origin_is_the_uploads_own(api: Api, film: bytes, origin: str | None) -> None:
    upload = api.post("/video/v1/uploads", {"cors_origin": origin})
    assert put(upload, film).headers.get("Access-Control-Allow-Origin") == origin


def test_an_interrupted_client_goes_on_where_it_was(api: Api, film: bytes) -> None:
    upload = api.create_upload()
    position = 0
    for attempt in range(10):
        size = CHUNK if position + CHUNK < len(film) else len(film) - position
        answer = put(upload, film[position : position + size], position, len(film))
        if answer.status_code == 200:
            break
        position = held(ask(upload, "*")) if attempt % 2 else held(answer)
    assert received(api, upload) == of(film)


def test_200_uploads_at_once(api: Api) -> None:
    uploads = [api.create_upload(passthrough=str(number)) for number in range(200)]
    films = [sample_mp4(1 + number / 100, size_bytes=3_000 + number) for number in range(200)]
    with ThreadPoolExecutor(50) as pool:
        codes = set(pool.map(lambda pair: put(*pair).status_code, zip(uploads, films, strict=True)))
    assert codes == {200}
    assert [received(api, upload) for upload in uploads] == [of(film) for film in films]

    def ready() -> list[Any]:
        assets = [asset for page in (1, 2) for asset in api.get("/video/v1/assets", limit=100, page=page)]
        return assets if {asset["status"] for asset in assets} == {"ready"} else []

    assets = eventually(ready)
    expected = {str(number): 1 + number / 100 for number in range(200)}
    assert {asset["passthrough"]: asset["duration"] for asset in assets} == pytest.approx(expected)
