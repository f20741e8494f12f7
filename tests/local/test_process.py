"""`python -m local` as a process: what it prints, and that nothing outlives it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from local.children import Child
from local.logs import Logs
from tests.emulator.doubles import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
ANY_PORT = {"API_PORT": "0", "MUX_PORT": "0", "AWS_PORT": "0", "SITE_PORT": "0"}


@contextmanager
def started(**variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **ANY_PORT, **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--no-samples"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            break
    return "".join(lines)


def descendants(pid: int) -> set[int]:
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listing.splitlines())}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def running(pids: set[int]) -> set[int]:
    listing = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True).stdout
    states = dict(line.split(maxsplit=1) for line in listing.splitlines())
    return {pid for pid in pids if not states.get(str(pid), "Z").startswith("Z")}


def use(output: str) -> None:
    """Start workers, by the very lines that the stack offers for copying."""
    script = output[output.index("TOKEN=") :]
    answers = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=True).stdout
    created, listed = re.findall(r'\{"data":.*?\}(?=\{"data"|$)', answers.strip())
    assert '"status":"waiting"' in created
    assert listed == '{"data":[],"next_cursor":null}'


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_it(number: signal.Signals) -> None:
    with started() as process:
        output = read_until(process, "/assets -H")
        use(output)
        children = descendants(process.pid)
        assert len(children) >= 4, output
        process.send_signal(number)
        rest = process.communicate(timeout=20)[0]
        assert process.returncode == 0
        assert "Traceback" not in rest
        assert running(children) == set()


def test_nothing_outlives_a_killed_stack() -> None:
    with started() as process:
        use(read_until(process, "/assets -H"))
        children = descendants(process.pid)
        assert len(children) >= 4
        process.kill()
        limit = time.monotonic() + 10
        while left := running(children):
            assert time.monotonic() < limit, left
            time.sleep(0.05)


@pytest.mark.parametrize("end", ["killed", "left"])
def test_a_part_takes_along_what_it_has_started(end: str, tmp_path: Path) -> None:
    """As the emulator its ffmpeg, whether the stack ends it or is gone itself."""
    pid = tmp_path / "pid"
    statement = (
        "import subprocess; sleeper = subprocess.Popen(['sleep', '60']); "
        f"open({str(pid)!r}, 'w').write(str(sleeper.pid)); sleeper.wait()"
    )

    async def live() -> None:
        child = await Child.start("part", ("timeit", "-n1", "-r1", statement), {}, Logs(tmp_path, terminal=False))
        await asyncio.to_thread(eventually, lambda: pid.exists() and pid.read_text())
        if end == "left":
            assert child._process.stdin is not None
            child._process.stdin.close()
            await child.ended()
        await child.kill()

    asyncio.run(live())
    eventually(lambda: not running({int(pid.read_text())}))


def test_a_signal_during_the_start_ends_it_too() -> None:
    with started() as process:
        read_until(process, "starting AWS")
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[0]
        assert process.returncode == 0
        assert "Traceback" not in rest
        assert running(descendants(process.pid)) == set()


@pytest.mark.parametrize("variable", ["API_PORT", "MUX_PORT", "AWS_PORT"])
def test_a_port_in_use_is_named_with_its_variable(variable: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        with started(**{variable: port}) as process:
            output = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert output.endswith(f"error: port {port} is in use: set {variable} to another one\n")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"API_PORT": "http"}, "API_PORT is 'http', it must be a port number"),
        ({"MUX_PORT": "70000"}, "MUX_PORT is '70000', it must be a port number"),
        (
            {"ORIGINS": "http://localhost:1313, http://localhost:5173/"},
            "ORIGINS has 'http://localhost:5173/', it must be like http://localhost:5173, without a path",
        ),
        (
            {"PARAMETERS": "MaxUploadsPerDay"},
            "PARAMETERS has 'MaxUploadsPerDay', it must be Name=Value, such as MaxUploadsPerDay=0",
        ),
        ({"LOCAL_SCHEDULES": "yes"}, "LOCAL_SCHEDULES is 'yes', it must be on or off"),
        ({"MUX_PROCESSING_SECONDS": "fast"}, "MUX_PROCESSING_SECONDS is 'fast', it must be a number"),
        ({"MUX_TOKEN_ID": "x"}, "MUX_TOKEN_ID and MUX_TOKEN_SECRET must be set together"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], message: str) -> None:
    with started(**variables) as process:
        output = process.communicate(timeout=30)[0]
    assert (process.returncode, output) == (1, f"error: {message}\n")


def test_a_parameter_that_the_template_does_not_have_is_named() -> None:
    with started(PARAMETERS="MaxUploads=0") as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert output.endswith("error: no such parameters: MaxUploads\n")


def test_a_part_that_ends_by_itself_ends_the_stack() -> None:
    with started() as process:
        read_until(process, "/assets -H")
        children = descendants(process.pid)
        os.kill(max(children), signal.SIGKILL)
        output = process.communicate(timeout=20)[0]
        assert process.returncode == 1
        assert "ended with -9" in output
        assert running(children) == set()


def test_with_a_mux_token_no_emulator_is_started() -> None:
    with started() as emulated:
        output = read_until(emulated, "/assets -H")
        mux = re.search(r"Mux +(http://\S+)", output)
        assert mux is not None
        account = {
            "MUX_TOKEN_ID": "local-token-id",
            "MUX_TOKEN_SECRET": "local-token-secret",
            "MUX_API_URL": mux[1],
        }
        with started(**account) as process:
            output = read_until(process, "/assets -H")
            assert "asking Mux what changed, at most once a second" in output
            assert f"Mux   {mux[1]}\n" in output
            assert len(descendants(process.pid)) == 1
            api = re.search(r"API +(http://\S+)", output)
            assert api is not None
            assert requests.get(f"{api[1]}/_local/health", timeout=10).json() == {"parts": {"api": True, "aws": True}}


def test_a_token_that_mux_refuses_is_reported() -> None:
    with started() as emulated:
        mux = re.search(r"Mux +(http://\S+)", read_until(emulated, "/assets -H"))
        assert mux is not None
        wrong = {"MUX_TOKEN_ID": "wrong", "MUX_TOKEN_SECRET": "hidden-word", "MUX_API_URL": mux[1]}
        with started(**wrong) as process:
            output = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert output.endswith(f"error: Mux at {mux[1]} did not accept GET /system/v1/whoami: status 401\n")
    assert "hidden-word" not in output
