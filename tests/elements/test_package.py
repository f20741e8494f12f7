"""What `npm pack` packs: all that a page, a bundler and TypeScript ask for, and licences of what is bundled."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib

import pytest

from tests.npm import ELEMENTS, PROJECT

MANIFEST = json.loads((ELEMENTS / "package.json").read_text(encoding="utf-8"))
TYPES = ELEMENTS / "dist" / "types"


@pytest.fixture(scope="module")
def packed(elements: None) -> set[str]:
    command = ["npm", "pack", "--dry-run", "--json", "--ignore-scripts"]
    said = subprocess.run(command, cwd=ELEMENTS, capture_output=True, text=True, check=True, timeout=100).stdout
    return {file["path"] for file in json.loads(said)[0]["files"]}


def test_every_entry_and_its_types_are_packed(packed: set[str]) -> None:
    for entry in MANIFEST["exports"].values():
        for path in entry.values() if isinstance(entry, dict) else [entry]:
            assert path.removeprefix("./") in packed
    assert {"README.md", "LICENSE", "custom-elements.json", "dist/THIRD-PARTY-LICENSES.md"} <= packed
    assert not [path for path in packed if path.startswith(("src/", "tests/", "node_modules/"))]


def test_types_name_only_what_is_packed_or_installed_with_it(packed: set[str]) -> None:
    """As TypeScript follows them from the entries."""
    named = re.compile(r"(?:from|import\()\s*\"([^\"]+)\"")
    waiting = [ELEMENTS / entry["types"] for entry in MANIFEST["exports"].values() if isinstance(entry, dict)]
    followed = set()
    while waiting:
        file = waiting.pop().resolve()
        if file in followed:
            continue
        followed.add(file)
        assert str(file.relative_to(ELEMENTS)) in packed
        for module in named.findall(file.read_text(encoding="utf-8")):
            if module.startswith("."):
                waiting.append((file.parent / module).with_suffix(".d.ts"))
            else:
                package = "/".join(module.split("/")[: 2 if module.startswith("@") else 1])
                assert package in MANIFEST["dependencies"], f"{file.name}: {module}"
    assert TYPES / "core" / "schema.d.ts" in followed


def test_scripts_load_nothing_from_elsewhere(elements: None) -> None:
    """Neither by a name that only a bundler knows, nor from another host."""
    loaded = re.compile(r"(?:\bfrom|\bimport\(?)\s*[\"`]([^\"`]+)[\"`]")
    for file in (ELEMENTS / "dist").rglob("*.js"):
        modules = loaded.findall(file.read_text(encoding="utf-8"))
        assert [module for module in modules if re.match(r"https?:|[@a-z][\w./-]*$", module)] == [], file.name


def test_the_licence_of_each_bundled_package_is_there(elements: None) -> None:
    said = (ELEMENTS / "dist" / "THIRD-PARTY-LICENSES.md").read_text(encoding="utf-8")
    sources = "".join(file.read_text(encoding="utf-8") for file in (ELEMENTS / "src").rglob("*.ts"))
    used = set(re.findall(r"(?:from |import\()\"((?:@[^/\"]+/)?[^./\"@][^/\"]*)", sources))
    assert {"lit", "@mux/mux-player", "@uppy/core", "oauth4webapi"} <= used
    for package in used:
        assert re.search(rf"^## {re.escape(package)} - .*\((MIT|BSD|Apache|ISC)[^)]*\)", said, re.MULTILINE), package


def test_version_and_licence_are_the_projects() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert MANIFEST["version"] == project["version"]
    assert (ELEMENTS / "LICENSE").read_bytes() == (PROJECT / "LICENSE").read_bytes()


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ELEMENTS / "package-lock.json").read_text(encoding="utf-8")
