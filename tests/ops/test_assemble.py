"""`make site`: the folder to deploy has the site and its elements, and of older elements nothing."""

from pathlib import Path

import pytest

import ops.__main__ as command


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def assembled(folder: Path) -> int:
    site, elements, output = folder / "site", folder / "dist", folder / "out"
    return command.main(["site", "--site", str(site), "--elements", str(elements), "--output", str(output)])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (
        "site/index.html",
        "site/config.js",
        "dist/index.js",
        "dist/chunks/a-1.js",
        "dist/types/index.d.ts",
        "dist/.built",
    ):
        write(tmp_path / name, name)
    return tmp_path


def test_the_folder_has_what_pages_ask_for(project: Path) -> None:
    assert assembled(project) == 0
    assert files(project / "out") == {"index.html", "config.js", "elements/index.js", "elements/chunks/a-1.js"}


def test_older_elements_go_and_a_hosts_own_files_stay(project: Path) -> None:
    assert assembled(project) == 0
    write(project / "out" / "_headers", "mine")
    (project / "dist" / "chunks" / "a-1.js").rename(project / "dist" / "chunks" / "a-2.js")
    assert assembled(project) == 0
    assert files(project / "out") == {
        "index.html",
        "config.js",
        "_headers",
        "elements/index.js",
        "elements/chunks/a-2.js",
    }


def test_a_folder_of_other_things_is_left_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project / "out" / "elements" / "hydrogen.txt", "H")
    assert assembled(project) == 2
    assert "holds something else" in capsys.readouterr().err
    assert files(project / "out") == {"elements/hydrogen.txt"}


def test_without_built_elements_nothing_is_made(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "dist" / "index.js").unlink()
    assert assembled(project) == 2
    assert "install Node.js 20" in capsys.readouterr().err
    assert not (project / "out").exists()
