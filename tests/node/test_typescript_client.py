"""A TypeScript client, made from openapi.yaml as the README says: what it compiles, what it refuses, what it does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from local.embedded import LocalStack
from local.mux.sample import sample_mp4
from local.mux_environment import EMULATOR_TOKEN
from tests.node.conftest import HERE

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = HERE / "typescript"
COMMAND_SECONDS: Final = 120
_DIAGNOSTIC: Final = re.compile(r"^(\S+)\((\d+),\d+\): error (TS\d+):", re.MULTILINE)
_EXPECTED: Final = re.compile(r"// (TS\d+)$")

type Diagnostic = tuple[str, int, str]
"""File, line and code of something that the compiler complains about."""


def from_readme(name: str) -> str:
    """The block of the README that is marked with `name`."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(rf"<!-- typescript: {re.escape(name)} -->\n```\w+\n(.*?)```", readme, flags=re.DOTALL)
    return str(block)


def execute(command: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    # Offline, because npx would otherwise fetch what is not installed.
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"npm_config_offline": "true", "no_proxy": "127.0.0.1"} | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def project(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as the README makes it, with the sources from here. What it installs is installed: see `node`."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    for file in (ROOT / "openapi.yaml", HERE / "package.json"):
        shutil.copy(file, folder)
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    (folder / "client.ts").write_text(from_readme("client.ts"), encoding="utf-8")
    commands = [line for line in from_readme("commands").splitlines() if not line.startswith("npm install ")]
    made = execute(["bash", "-euc", "\n".join(commands)], folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="module")
def complaints(project: Path) -> set[Diagnostic]:
    """What the compiler says of the project; what is right in it is in `built` now."""
    ended = execute(["npx", "tsc", "--pretty", "false"], project)
    found = {(file, int(line), code) for file, line, code in _DIAGNOSTIC.findall(ended.stdout)}
    assert bool(ended.returncode) == bool(found), ended.stdout + ended.stderr
    return found


def test_the_readme_installs_what_is_tested_here() -> None:
    pinned = json.loads((HERE / "package.json").read_text())["dependencies"]
    words = [
        word
        for line in from_readme("commands").splitlines()
        if line.startswith("npm install ")
        for word in line.split()[2:]
        if not word.startswith("--")
    ]
    assert {word.partition("@")[0] for word in words} == {"openapi-fetch", "openapi-typescript", "typescript"}
    for word in words:
        name, _, version = word.partition("@")
        assert f"{pinned[name]}.".startswith(f"{version}."), word


def test_what_openapi_yaml_does_not_allow_does_not_compile_and_the_rest_does(complaints: set[Diagnostic]) -> None:
    lines = (SOURCES / "misuse.ts").read_text(encoding="utf-8").splitlines()
    marked = [(number, _EXPECTED.search(line)) for number, line in enumerate(lines, 1)]
    expected = {("misuse.ts", number, found[1]) for number, found in marked if found}
    assert len(expected) > 15
    assert complaints == expected


def test_the_client_takes_films_from_file_to_deletion(
    project: Path, complaints: set[Diagnostic], node: str, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(sample_mp4(seconds=2))
    with LocalStack(processing_seconds=0.2) as stack:
        settings = {"API_URL": stack.api_url, "TOKEN": stack.token("alice"), "FILM": str(film)}
        ended = execute([node, "built/journey.js"], project, **settings)
        assert ended.returncode == 0, ended.stderr
        seen = json.loads(ended.stdout)
        left = _assets_at_mux(stack)
        playlists = _playlists(stack, seen["playback"])
    sent = [asset["id"] for asset in seen["sent"]]
    assert seen["ids"][0] == seen["ids"][1]
    assert (seen["other"], seen["cancelled"]) == ("idempotency_mismatch", 204)
    assert [asset["title"] for asset in seen["sent"]] == ["Harbour at dawn", "Harbour at noon", "Harbour at dusk"]
    assert {asset["status"] for asset in seen["sent"]} == {"ready"}
    assert [len(page) for page in seen["pages"]] == [2, 1]
    assert sorted(seen["pages"][0] + seen["pages"][1]) == sorted(sent)
    assert (seen["renamed"]["id"], seen["renamed"]["title"]) == (sent[0], "Harbour at night")
    assert seen["playback"]["playback_id"] == seen["renamed"]["playback_ids"][0]["id"]
    assert playlists == [200, 403]
    assert (seen["deleted"], seen["gone"]) == (204, "not_found")
    assert sorted(left) == sorted([sent[0], sent[2]])


def _assets_at_mux(stack: LocalStack) -> list[str]:
    answer = requests.get(f"{stack.mux_url}/video/v1/assets", auth=EMULATOR_TOKEN, timeout=10)
    return [asset["id"] for asset in answer.json()["data"]]


def _playlists(stack: LocalStack, playback: dict[str, Any]) -> list[int]:
    """What delivery answers with the token for video, and with the one for thumbnails."""
    address = f"{stack.mux_url}/stream/{playback['playback_id']}.m3u8"
    tokens = (playback["tokens"]["video"], playback["tokens"]["thumbnail"])
    return [requests.get(address, params={"token": token}, timeout=10).status_code for token in tokens]
