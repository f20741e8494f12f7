"""The local site: the headers that `make headers` tells a host to send, the built elements, and a page without them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import requests

from local import site
from local.embedded import LocalStack
from local.settings import PROJECT
from tests.local.served import serving

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = dict.fromkeys(("api", "issuer"), "http://127.0.0.1:1/")


def test_the_local_site_sends_the_headers_that_hosts_are_told(tmp_path: Path) -> None:
    with LocalStack() as stack:
        config = tmp_path / "config.js"
        config.write_bytes(requests.get(f"{stack.site_url}/config.js", timeout=30).content)
        command = [sys.executable, "-m", "ops", "headers", "plain", "--config", str(config)]
        environment = os.environ | {"PYTHONPATH": "shared"}
        ended = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        pages, _, embed = ended.stdout.partition("\n\n")
        for path, part in (("/", pages), ("/missing.html", pages), ("/embed.html", embed)):
            headers = dict(line.strip().split(": ", 1) for line in part.splitlines() if line.startswith("  "))
            sent = requests.get(stack.site_url + path, timeout=30).headers
            assert {name: sent.get(name) for name in headers} == headers
            assert ("X-Frame-Options" in sent) == (path != "/embed.html")


def test_the_elements_are_served_as_they_are_built(tmp_path: Path) -> None:
    write(tmp_path / "site" / "index.html", "the site")
    write(tmp_path / "elements" / "dist" / "index.js", "first")
    with serving(site.application(tmp_path / "site", CONFIG)) as url:
        assert requests.get(f"{url}/", timeout=30).text == "the site"
        script = requests.get(f"{url}/elements/index.js", timeout=30)
        assert script.headers["Content-Type"].startswith("text/javascript")
        write(tmp_path / "elements" / "dist" / "index.js", "second")
        assert requests.get(f"{url}/elements/index.js", timeout=30).text == "second"
        assert requests.get(f"{url}/elements/src/index.ts", timeout=30).status_code == 404


def test_without_the_elements_the_pages_say_what_to_install(tmp_path: Path) -> None:
    write(tmp_path / "site" / "index.html", "the site")
    write(tmp_path / "elements" / "package.json", "{}")
    with serving(site.application(tmp_path / "site", CONFIG)) as url:
        for path in ("/", "/index.html"):
            page = requests.get(url + path, timeout=30)
            assert page.status_code == 503
            assert "Install Node.js 20 and run <code>make run</code> again." in page.text
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert requests.get(f"{url}/missing.html", timeout=30).status_code == 404
        write(tmp_path / "elements" / "dist" / "index.js", "built")
        assert requests.get(url, timeout=30).text == "the site"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
