"""The package in an empty project: packed, installed, checked by TypeScript, built by Vite, on a host of its own."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from local.embedded import LocalStack
from tests.elements import hosts
from tests.elements.visit import Visit
from tests.npm import ELEMENTS
from tests.owners import Owner
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

TITLE = "Harbour at dawn"
TAGS = ["video-account", "video-editor", "video-gallery", "video-library", "video-uploader", "video-view"]
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><title>An own project</title>
<main></main>
<script type="module" src="./main.ts"></script>
</html>"""
# What a project's own script may rely on: a name for every element, their properties and events, the API's objects.
SCRIPT = """
import { configure, VideoUploader, type Asset, type Settings } from "mux-lifecycle-elements";
import type { VideoLibrary } from "mux-lifecycle-elements/video-library";

declare global {
  interface Window { begin(settings: Settings, token: string, id: string): Promise<string[]> }
}

const tags = TAGS as const;

window.begin = async (settings, token, id) => {
  configure(settings);
  const uploader = new VideoUploader();
  uploader.addEventListener("video-upload-asset", (event) => {
    const asset: Asset = (event as CustomEvent<Asset>).detail;
    document.title = asset.title ?? asset.id;
  });
  const library: VideoLibrary = document.createElement("video-library");
  const view = document.createElement("video-view");
  const editor = document.createElement("video-editor");
  view.asset = editor.asset = id;
  const [account, gallery] = [document.createElement("video-account"), document.createElement("video-gallery")];
  const elements = [account, uploader, library, view, editor, gallery];
  for (const element of elements) element.token = () => Promise.resolve(token);
  document.querySelector("main")?.append(...elements);
  await Promise.all(tags.map((tag) => customElements.whenDefined(tag)));
  return elements.map(({ localName }) => localName);
};
"""
COMPILER = {
    "target": "ES2022",
    "module": "ESNext",
    "moduleResolution": "bundler",
    "lib": ["ES2022", "DOM", "DOM.Iterable"],
    "types": [],
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "skipLibCheck": False,
    "noEmit": True,
}


def run(*command: str, folder: Path) -> str:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def project(elements: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing but the packed package and what it depends on; tools come from the elements' own folder."""
    folder = tmp_path_factory.mktemp("project")
    packed = json.loads(
        run("npm", "pack", "--json", "--ignore-scripts", "--pack-destination", str(folder), folder=ELEMENTS)
    )
    (folder / "package.json").write_text('{ "private": true, "type": "module" }', encoding="utf-8")
    flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    run("npm", "install", *flags, f"./{packed[0]['filename']}", folder=folder)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "main.ts").write_text(SCRIPT.replace("TAGS", json.dumps(TAGS)), encoding="utf-8")
    (folder / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": COMPILER, "include": ["main.ts"]}), encoding="utf-8"
    )
    return folder


def tool(name: str) -> str:
    return str(ELEMENTS / "node_modules" / ".bin" / name)


def test_strict_types_hold_in_a_project_that_checks_its_libraries_too(project: Path) -> None:
    run(tool("tsc"), "--project", ".", folder=project)


def test_a_wrong_use_is_refused_by_the_types(project: Path) -> None:
    wrong = 'import { configure } from "mux-lifecycle-elements";\nconfigure({ api: 7 });\n'
    (project / "wrong.ts").write_text(wrong, encoding="utf-8")
    config = {"compilerOptions": COMPILER, "include": ["wrong.ts"]}
    (project / "wrong.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(AssertionError, match="not assignable to type 'string'"):
        run(tool("tsc"), "--project", "wrong.json", folder=project)


@pytest.fixture(scope="module")
def host(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    out = tmp_path_factory.mktemp("built")
    run(tool("vite"), "build", "--base", "./", "--outDir", str(out), "--emptyOutDir", folder=project)
    with hosts.serving(out, hosts.s3) as running:
        yield running


def test_a_page_that_vite_builds_shows_each_element_on_an_origin_of_its_own(
    host: hosts.Host, chromium: Browser
) -> None:
    with LocalStack(processing_seconds=0, origins=(host.url,), parameters=NO_LIMITS | NO_BUDGET) as stack:
        asset = Owner(stack, "alice").has(TITLE)
        visitor = Visit(stack, chromium, {})
        try:
            visitor.page.goto(f"{host.url}/")
            settings = {"api": stack.api_url, "stream": f"{stack.mux_url}/stream", "image": f"{stack.mux_url}/image"}
            shown = visitor.page.evaluate(
                "args => window.begin(...args)", [settings, stack.token("alice"), asset["id"]]
            )
            assert sorted(shown) == TAGS
            expect(visitor.page.locator("video-library").get_by_text(TITLE).first).to_be_visible()
            expect(visitor.page.locator("video-view").get_by_role("heading", name=TITLE)).to_be_visible()
            expect(visitor.page.locator("video-editor").get_by_role("button").first).to_be_visible()
            expect(visitor.page.locator("video-uploader").get_by_role("button").first).to_be_visible()
            expect(visitor.page.locator("video-gallery").get_by_role("status").first).to_be_attached()
            assert visitor.errors == []
            assert visitor.foreign_requests == []
        finally:
            visitor.leave()
