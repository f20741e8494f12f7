"""docs/guarantees.md names tests that exist and laws that it states; README.md leads there."""

import ast
import re
from functools import cache
from typing import Final

import pytest

from tests.contract.document import ROOT

HEAD: Final = "| also with, or through | law | proved by |\n|---|---|---|\n"
PROMISES: Final = (
    "Nothing is lost",
    "Nothing is done twice",
    "Limits are exact",
    "Nobody spends without a limit",
    "No owner uses up Mux for the others",
    "Nobody sees or deletes what is not theirs",
    "Deleted stays deleted",
    "Secrets never leave",
    "An error is not an absence",
    "Every wait ends",
    "A stack acts only for itself",
    "Nobody can hurt anybody",
    "The laptop is closed to web pages",
    "Sessions and pages are their visitor's own",
)


@cache
def guarantees() -> str:
    return (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    assert f"\n## {title}\n" in guarantees()
    return guarantees().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(promise: str) -> list[list[str]]:
    """The cells of a promise's table."""
    lines = section(promise).partition(HEAD)[2].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def laws() -> set[str]:
    """The numbers of the laws that are stated."""
    return set(re.findall(r"^(\d+)\. \*\*", section("The laws"), re.MULTILINE))


@cache
def functions(path: str) -> set[str]:
    source = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return {node.name for node in source.body if isinstance(node, ast.FunctionDef)}


def proofs(cell: str) -> list[tuple[str, str]]:
    """File and function of each test in a cell."""
    return [(path, function) for path, _, function in (name.strip("`").partition("::") for name in cell.split("<br>"))]


@pytest.mark.parametrize("promise", PROMISES)
def test_each_proof_is_a_test_and_each_law_is_stated(promise: str) -> None:
    table = rows(promise)
    assert table
    for what, law, cell in table:
        assert set(law.split(", ")) <= laws() | {"all", "–"}, what
        for path, function in proofs(cell):
            assert function.startswith("test_"), what
            assert function in functions(path), f"{what}: {path}::{function}"


def test_each_law_is_behind_a_promise() -> None:
    used = {number for promise in PROMISES for _, law, _ in rows(promise) for number in law.split(", ")}
    assert laws() <= used


def test_nothing_is_promised_beside_these() -> None:
    titles = re.findall(r"^## (.+)$", guarantees(), re.MULTILINE)
    assert titles == ["The laws", *PROMISES, "What is not promised"]
    assert "(docs/guarantees.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
