"""The three ways to build the four functions, and how a process of each is started."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from local.host import process_environment
from local.lambda_runtime import command, link_client
from local.template import Function
from tests.artifacts.built import BUILD, LAYER, NATIVE, ROOT

NODE: Final = Path(__file__).parents[1] / "node"
PEERS: Final = {
    "webhook_receiver": "WebhookReceiverFunction",
    "list_assets": "ListAssetsFunction",
    "create_upload": "CreateUploadFunction",
    "delete_asset": "DeleteAssetFunction",
}
"""The functions that exist in all three ways, and their logical ids."""


@dataclass(frozen=True)
class Start:
    """All that a process is: its command, folder and environment."""

    command: list[str]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Variant:
    """One way to build. `start` prepares a process of a function; `zipped` answers what is uploaded, by part."""

    name: str
    start: Callable[[Function, Mapping[str, str]], Start]
    zipped: Callable[[str], dict[str, int]]


def variants(folder: Path) -> list[Variant]:
    """Build in `folder` what `make build` has not built."""
    ours = built(folder)
    client, plain, node = folder / "client", folder / "plain", folder / "node"
    _build_plain(plain)
    _build_node(node)

    def plain_start(function: Function, environment: Mapping[str, str]) -> Start:
        return _python(replace(function, code=plain, layers=()), environment, client)

    def node_start(function: Function, environment: Mapping[str, str]) -> Start:
        bundle = node / f"{_module(function)}.cjs"
        found = process_environment(replace(function, code=node, layers=()), environment, {})
        arguments = [_tool("node"), str(NODE / "runtime.cjs"), str(bundle)]
        return Start(arguments, node, {name: value for name, value in found.items() if not name.startswith("PYTHON")})

    return [
        ours,
        Variant("plain build", plain_start, lambda _: {"function": _zipped([plain])}),
        Variant("Node.js bundle", node_start, lambda name: {"function": _zipped([node / f"{name}.cjs"])}),
    ]


def built(folder: Path) -> Variant:
    """What `make build` has built; Lambda's own client comes into `folder`."""
    client = folder / "client"
    client.mkdir()
    link_client(client)

    def start(function: Function, environment: Mapping[str, str]) -> Start:
        return _python(replace(function, code=BUILD / function.logical_id, layers=(NATIVE,)), environment, client)

    return Variant(
        "this build",
        start,
        lambda name: {"function": _zipped([BUILD / PEERS[name]]), "layer": _zipped([LAYER.parent])},
    )


def _python(function: Function, environment: Mapping[str, str], client: Path) -> Start:
    """Lambda's own client for Python, in an interpreter that sees the function, its layers and the client."""
    found = process_environment(function, environment, {})
    path = os.pathsep.join((found["PYTHONPATH"], str(client)))
    # What Lambda mounts cannot be written to.
    return Start(command(function.handler), function.code, found | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"})


def _build_plain(folder: Path) -> None:
    """What SAM's builder for Python makes of the same code: all of each requirement, boto3 with it, no bytecode."""
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-input", "--target", str(folder)]
    requirements = ROOT / "shared" / "requirements.txt"
    subprocess.run([*install, "--require-hashes", "--requirement", str(requirements)], check=True)
    subprocess.run([*install, "--no-deps", "boto3", "s3transfer"], check=True)
    shutil.copytree(
        ROOT / "shared" / "mux_lifecycle", folder / "mux_lifecycle", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in PEERS:
        shutil.copy(ROOT / "functions" / f"{name}.py", folder)


def _build_node(folder: Path) -> None:
    if not (NODE / "node_modules").is_dir():
        subprocess.run([_tool("npm"), "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True)
    options = (
        "--bundle --minify --platform=node --target=node20 --format=cjs --out-extension:.js=.cjs --log-level=error"
    )
    entries = [f"{name}.mjs" for name in PEERS]
    build = ["node_modules/.bin/esbuild", *entries, *options.split(), "--log-level=error"]
    subprocess.run(
        [*build, f"--outdir={folder}"],
        cwd=NODE,
        check=True,
    )


def _module(function: Function) -> str:
    return function.handler.partition(".")[0]


def _tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise SystemExit(f"{name} is needed for the comparison: install Node.js 20 or newer")
    return found


def _zipped(roots: Iterable[Path]) -> int:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for root in roots:
            for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
                archive.write(path, path.relative_to(root.parent))
    return len(packed.getvalue())
