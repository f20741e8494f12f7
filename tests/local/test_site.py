"""The local site sends what `make headers` tells a host to send: both come from one config.js."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import requests

from local.embedded import LocalStack
from local.settings import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_local_site_sends_the_headers_that_hosts_are_told(tmp_path: Path) -> None:
    with LocalStack() as stack:
        config = tmp_path / "config.js"
        config.write_bytes(requests.get(f"{stack.site_url}/config.js", timeout=30).content)
        command = [sys.executable, "-m", "ops", "headers", "plain", "--config", str(config)]
        environment = os.environ | {"PYTHONPATH": "shared"}
        ended = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        pages, _, embed = ended.stdout.partition("\n\n")
        for path, part in (("/", pages), ("/gallery.html", pages), ("/embed.html", embed)):
            headers = dict(line.strip().split(": ", 1) for line in part.splitlines() if line.startswith("  "))
            sent = requests.get(stack.site_url + path, timeout=30).headers
            assert {name: sent.get(name) for name in headers} == headers
            assert ("X-Frame-Options" in sent) == (path != "/embed.html")
