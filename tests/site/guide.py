"""The code that docs/static-sites.md offers to its readers."""

from __future__ import annotations

import re

from tests.site.visitor import PROJECT

GUIDE = (PROJECT / "docs" / "static-sites.md").read_text(encoding="utf-8")


def recipe(name: str) -> str:
    """The code of the guide that is marked with this name."""
    found = re.search(rf"<!-- [\w-]+: {re.escape(name)} -->\n```\w+\n(.*?)\n```\n", GUIDE, re.DOTALL)
    assert found, f"the guide has no {name}"
    return found[1] + "\n"
