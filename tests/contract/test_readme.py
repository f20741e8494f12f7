"""What README.md says of routes, tests and numbers is what the template, the tests and the code have."""

import ast
import re
from functools import cache
from typing import Final

import pytest

from local.template import Template
from mux_lifecycle import secrets
from mux_lifecycle.workflows import signing_key_upkeep, webhook_registration
from tests.contract.document import ROOT
from tests.contract.test_document import PARAMETERS

NAMED_BY_MUX: Final = (
    "Create an asset",
    "List assets",
    "Retrieve an asset",
    "Delete an asset",
    "Retrieve asset input info",
    "Create asset playback ID",
    "Retrieve asset playback ID",
    "Delete asset playback ID",
    "Update MP4 support on asset",
    "Update master access on asset",
    "Update asset track",
    "Delete an asset track",
)
"""The operations on assets in the words of Mux's guide Stream videos."""

ROUTES_TABLE: Final = "| route | body or query | answers |"
GUIDES_TABLE: Final = "| in Mux's guides | here | test |"


@cache
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def table(head: str) -> list[list[str]]:
    """The cells of the table that has this head."""
    rows = readme().partition(f"{head}\n")[2].partition("\n\n")[0].splitlines()[1:]
    assert rows, f"no table {head}"
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


@cache
def template() -> Template:
    return Template.load(ROOT / "template.yaml", PARAMETERS)


def routes(cell: str) -> list[str]:
    """`GET`, `DELETE /x` stands for GET /x and DELETE /x."""
    *methods, (last, path) = [part.split() for part in re.findall(r"`([A-Z]+(?: /\S*)?)`", cell)]
    return [f"{method} {path}" for method in [*(name for (name,) in methods), last]]


def test_its_routes_are_those_of_the_template() -> None:
    listed = [route for row in table(ROUTES_TABLE) for route in routes(row[0])]
    assert sorted(listed) == sorted(route.key for route in template().routes)


def test_every_operation_of_muxs_guide_has_a_row() -> None:
    rows = [row[0] for row in table(GUIDES_TABLE)]
    assert set(NAMED_BY_MUX) <= set(rows)
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("row", table(GUIDES_TABLE), ids=lambda row: row[0])
def test_a_row_names_a_route_and_a_test_that_exist(row: list[str]) -> None:
    _, cell, test = row
    deployed = {route.key for route in template().routes}
    assert set(routes(cell.partition(" (")[0])) <= deployed
    path, _, function = test.strip("`").partition("::")
    source = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert function in {node.name for node in source.body if isinstance(node, ast.FunctionDef)}


def test_no_two_rows_share_a_test() -> None:
    tests = [row[2] for row in table(GUIDES_TABLE)]
    assert len(set(tests)) == len(tests)


def test_rotation_takes_as_long_as_it_says() -> None:
    rotation = readme().partition("**Rotation.**")[2].partition("\n## ")[0]
    assert f"remember one for {secrets.MAX_AGE_SECONDS:.0f} s" in rotation
    assert f"for {secrets.LAST_GOOD_SECONDS:.0f} s while" in rotation
    guide = (ROOT / "docs" / "rotation.md").read_text(encoding="utf-8")
    assert f"for {webhook_registration.OVERLAP_SECONDS // 3600} hours" in guide
    assert webhook_registration.FORGET_SECONDS == 3600
    assert "| an hour later |" in guide
    assert f"`MaxPlaybackTokenSeconds` and {signing_key_upkeep.REMEMBERED_SECONDS // 60} minutes later" in guide
    assert f"{webhook_registration.OVERLAP_SECONDS // 3600 + 1} hours: `{{" in guide
