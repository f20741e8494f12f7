"""What `make build` left behind, and how it is run here: built functions, the layer with this machine's binaries."""

import shutil
from pathlib import Path
from typing import Any, Final

from local.intrinsics import read
from local.lambda_runtime import link_client

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / ".aws-sam" / "build"
LAYER: Final = BUILD / "SharedLayer" / "python"
NATIVE: Final = ROOT / ".aws-sam" / "native" / "python"
"""The same layer for the machine that runs the tests."""


def handlers() -> dict[str, str]:
    """Every function's module, by its logical id."""
    document: dict[str, Any] = read((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return {
        logical_id: resource["Properties"]["Handler"].partition(".")[0]
        for logical_id, resource in document["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def stage(folder: Path) -> None:
    """Put into `folder` the build as it runs on this machine, and the runtime client."""
    client = folder / "client"
    client.mkdir()
    link_client(client)
    shutil.copy(BUILD / "template.yaml", folder)
    for logical_id in handlers():
        (folder / logical_id).symlink_to(BUILD / logical_id)
    (folder / "SharedLayer").symlink_to(NATIVE)
