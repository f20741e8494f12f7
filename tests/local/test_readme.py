"""The README's commands do what it says, as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from local.embedded import LocalStack

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not shutil.which("curl"), reason="the README's journey needs curl")
def test_the_journey_goes_from_a_file_to_a_deleted_asset(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [commands] = re.findall(r"<!-- journey -->\n```sh\n(.*?)```", readme, flags=re.DOTALL)
    with LocalStack(processing_seconds=0.5) as stack:
        script = commands.replace("http://127.0.0.1:8000", stack.api_url).replace(".venv/bin/python", sys.executable)
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        left = requests.get(
            f"{stack.mux_url}/video/v1/assets", auth=("local-token-id", "local-token-secret"), timeout=10
        ).json()
    assert run.returncode == 0, run.stderr
    assert run.stdout.count('"status":"ready","created_at"') == 2, "once for the upload's asset, once in the list"
    assert run.stdout.count("https://stream.mux.com/") == 2, "the public playback id comes with its URLs"
    assert run.stdout.endswith('204\n{"data":[],"next_cursor":null}\n')
    assert left["data"] == []
