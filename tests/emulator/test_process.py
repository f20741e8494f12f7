"""The emulator as a process, and how cleanly it ends in either form."""

from __future__ import annotations

import hashlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from local.mux import MuxEmulator, sample_mp4
from tests.emulator.doubles import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
AUTH = ("local-token-id", "local-token-secret")
MIB = 1024 * 1024
SIZE = 200 * MIB
CHUNK = 8 * MIB


class Process:
    def __init__(self, *arguments: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "local.mux", "--port", "0", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self.url = self._ready()

    def _ready(self) -> str:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.said.append(line.strip())
            if found := re.fullmatch(r"Mux emulator ready on (http://127\.0\.0\.1:\d+)", line.strip()):
                return found[1]
        raise AssertionError(self.child.communicate())

    def peak_memory(self) -> int:
        """The largest resident set so far, in bytes."""
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def process(*arguments: str) -> Iterator[Process]:
    running = Process(*arguments)
    try:
        yield running
    finally:
        running.child.terminate()
        running.child.communicate(timeout=30)


def blocks() -> Iterator[bytes]:
    """A film of SIZE bytes, chunk by chunk, no two alike."""
    head = sample_mp4()
    yield head + bytes(CHUNK - len(head))
    for number in range(1, SIZE // CHUNK):
        yield hashlib.sha256(str(number).encode()).digest() * (CHUNK // 32)


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_200_mb_in_chunks_one_of_them_interrupted_and_repeated_in_little_memory() -> None:
    expected = hashlib.sha256()
    with process("--processing-seconds", "0.05") as emulator, requests.Session() as session:
        upload = session.post(f"{emulator.url}/video/v1/uploads", auth=AUTH, timeout=30).json()["data"]
        for number, block in enumerate(blocks()):
            expected.update(block)
            start = number * CHUNK
            headers = {"Content-Range": f"bytes {start}-{start + CHUNK - 1}/{SIZE}"}
            if number == 7:
                interrupt(upload["url"], headers["Content-Range"], block)
            answer = session.put(upload["url"], data=block, headers=headers, timeout=30)
            if start + CHUNK < SIZE:
                assert answer.headers["Range"] == f"bytes=0-{start + CHUNK - 1}"
        assert answer.status_code == 200
        transfer = session.get(f"{emulator.url}/_emulator/uploads/{upload['id']}", timeout=30).json()["data"]
        assert transfer == {"received_bytes": SIZE, "sha256": expected.hexdigest()}
        assert emulator.peak_memory() < 150 * MIB


def interrupt(url: str, content_range: str, block: bytes) -> None:
    """Send half a chunk and hang up."""
    parts = urlsplit(url)
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Length: {len(block)}\r\nContent-Range: {content_range}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", parts.port or 0)) as connection:
        connection.sendall(head.encode() + block[: len(block) // 2])


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_200_mb_in_one_request_in_little_memory() -> None:
    expected = hashlib.sha256()

    def body() -> Iterator[bytes]:
        for block in blocks():
            expected.update(block)
            yield block

    with process() as emulator:
        upload = requests.post(f"{emulator.url}/video/v1/uploads", auth=AUTH, timeout=30).json()["data"]
        assert requests.put(upload["url"], data=body(), timeout=60).status_code == 200
        transfer = requests.get(f"{emulator.url}/_emulator/uploads/{upload['id']}", timeout=30).json()["data"]
        assert transfer == {"received_bytes": SIZE, "sha256": expected.hexdigest()}
        assert emulator.peak_memory() < 150 * MIB


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_whatever_is_under_way(number: signal.Signals) -> None:
    with process("--webhook", "http://127.0.0.1:1/closed", "--environment-id", "k3v9zq") as emulator:
        with requests.Session() as session:
            session.auth = AUTH
            who = session.get(f"{emulator.url}/system/v1/whoami", timeout=30).json()["data"]
            assert who["environment_id"] == "k3v9zq"
            session.post(f"{emulator.url}/video/v1/assets", json={"input": "https://a.example.com/b"}, timeout=30)
            emulator.child.send_signal(number)
            _, errors = emulator.child.communicate(timeout=30)
        assert (emulator.child.returncode, errors) == (0, "")


def test_webhook_secrets_are_given_or_told() -> None:
    addresses = ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"]
    with process("--webhook", addresses[0], "--webhook-secret", "mine", "--webhook", addresses[1]) as emulator:
        assert emulator.said[0] == f"Webhook {addresses[0]} signing secret mine"
        assert re.fullmatch(rf"Webhook {addresses[1]} signing secret [a-z0-9]{{32}}", emulator.said[1])


def test_a_taken_port_is_an_error() -> None:
    with MuxEmulator() as mux, pytest.raises(OSError, match="address already in use"):
        MuxEmulator(urlsplit(mux.url).port or 0).start()


def test_nothing_is_left_of_an_embedded_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads = set(threading.enumerate())
    with MuxEmulator(processing_seconds=0.05) as mux, requests.Session() as session:
        session.auth = AUTH
        mux.register_webhook("http://127.0.0.1:1/closed")
        session.post(f"{mux.url}/system/v1/signing-keys", timeout=30)
        upload = session.post(f"{mux.url}/video/v1/uploads", timeout=30).json()["data"]
        part = {"Content-Range": f"bytes 0-{256 * 1024 - 1}/{SIZE}"}
        assert session.put(upload["url"], data=bytes(256 * 1024), headers=part, timeout=30).status_code == 308
        eventually(mux.deliveries)
        assert set(threading.enumerate()) > threads
        assert [file for file in tmp_path.rglob("*") if file.is_file()]
        port = urlsplit(mux.url).port or 0
    assert set(threading.enumerate()) == threads
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_closing_does_not_wait_for_open_connections_or_hanging_endpoints() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, requests.Session() as session:
        mux = MuxEmulator()
        mux.start()
        mux.register_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        session.post(f"{mux.url}/video/v1/uploads", auth=AUTH, timeout=30)
        connection, _ = silent.accept()
        started = time.monotonic()
        mux.close()
        connection.close()
        # A delivery may take five seconds.
        assert time.monotonic() - started < 4
