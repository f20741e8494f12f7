"""What pip has noted about the packages in a folder: which files are theirs, and where their papers are."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Distribution:
    """One installed package; `papers` are its metadata and licences."""

    files: frozenset[Path]
    papers: frozenset[Path]


def installed(folder: Path) -> Iterator[Distribution]:
    for notes in sorted(folder.glob("*.dist-info")):
        with (notes / "RECORD").open(encoding="utf-8", newline="") as record:
            files = frozenset(folder / row[0] for row in csv.reader(record))
        papers = frozenset(path for path in notes.rglob("*") if path.is_file() and _is_paper(path, notes))
        yield Distribution(files - papers, papers)


def _is_paper(path: Path, notes: Path) -> bool:
    name = path.relative_to(notes).as_posix()
    return name == "METADATA" or name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS"))
