"""docs/static-sites.md, followed as a reader would: its code, taken from the page, against the running stack."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.owners import Owner
from tests.site.guide import recipe
from tests.site.visitor import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from local.embedded import LocalStack

TITLES = ["First <b>film</b>", "Second film", "Third film"]
NODE_SECONDS = 60


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(folder: Path, *command: str, **environment: str) -> str:
    proxies = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    ended = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | proxies | environment,
        capture_output=True,
        text=True,
        timeout=NODE_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def published(stack: LocalStack) -> LocalStack:
    """A gallery of three videos; those made within one second are in no particular order."""
    alice = Owner(stack, "alice")
    for title in TITLES:
        alice.has(title, public=True)
    return stack


def test_every_page_of_the_gallery_is_read(published: LocalStack, tmp_path: Path) -> None:
    write(tmp_path, "package.json", '{"type": "module"}')
    # Small pages, so that there are several.
    write(tmp_path, "gallery.js", recipe("gallery.js").replace('limit: "100"', 'limit: "1"'))
    script = 'import { gallery } from "./gallery.js"; for (const video of await gallery()) console.log(video.title)'
    said = run(tmp_path, "node", "--input-type=module", "--eval", script, VIDEOS_API=published.api_url)
    assert sorted(title for title in said.splitlines() if title in TITLES) == TITLES


def test_astros_page_has_a_path_for_each_video(published: LocalStack, tmp_path: Path) -> None:
    """Its frontmatter is a module, and is run as one: Astro itself is 277 packages and 158 MB."""
    write(tmp_path, "package.json", '{"type": "module"}')
    write(tmp_path, "src/gallery.js", recipe("gallery.js"))
    frontmatter = recipe("[id].astro").split("---\n")[1]
    # What Astro gives to a page: here a video without a title.
    props = "const Astro = { props: { video: { title: null } } };\n"
    write(
        tmp_path,
        "src/pages/videos/page.js",
        f"{frontmatter.replace('const { video }', f'{props}const {{ video }}')}export {{ title }};",
    )
    script = """import { getStaticPaths, title } from "./src/pages/videos/page.js";
        if (title !== "Untitled") throw new Error(title);
        for (const { params, props } of await getStaticPaths()) {
            if (params.id === props.video.id && props.video.playback_ids[0].urls.player) console.log(props.video.title);
        }"""
    said = run(tmp_path, "node", "--input-type=module", "--eval", script, VIDEOS_API=published.api_url)
    assert sorted(title for title in said.splitlines() if title in TITLES) == TITLES


def test_eleventy_builds_a_page_for_each_video(published: LocalStack, tmp_path: Path) -> None:
    write(tmp_path, "package.json", '{"type": "module"}')
    for name in ("gallery.js", "_data/videos.js", "video.njk"):
        write(tmp_path, name, recipe(name))
    program = PROJECT / "tests" / "site" / "node_modules" / "@11ty" / "eleventy" / "cmd.cjs"
    run(tmp_path, "node", str(program), VIDEOS_API=published.api_url)
    pages = [page.read_text(encoding="utf-8") for page in (tmp_path / "_site" / "videos").glob("*/index.html")]
    headings = {heading for page in pages for heading in re.findall("<h1>(.*)</h1>", page)}
    assert headings >= {"First &lt;b&gt;film&lt;/b&gt;", "Second film", "Third film"}
    assert all("https://player.mux.com/" in page for page in pages)


def test_hugo_lists_the_gallery(published: LocalStack, tmp_path: Path) -> None:
    if shutil.which("hugo") is None:
        pytest.skip("this needs Hugo, which is not installed (Debian's package hugo)")
    write(tmp_path, "hugo.toml", recipe("hugo.toml").replace("API_URL", published.api_url))
    write(tmp_path, "layouts/index.html", recipe("layouts/index.html").replace("limit=100", "limit=1"))
    run(tmp_path, "hugo", "--config", "hugo.toml", "--ignoreCache")
    page = (tmp_path / "public" / "index.html").read_text(encoding="utf-8")
    listed = re.findall(r'<a href="https://player\.mux\.com/\w+">(.*)</a>', page)
    escaped = ["First &lt;b&gt;film&lt;/b&gt;", "Second film", "Third film"]
    assert sorted(title for title in listed if title in escaped) == escaped
