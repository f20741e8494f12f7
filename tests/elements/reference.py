"""The tables of docs/static-sites.md, from the manifest. `python -m tests.elements.reference` writes them anew."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.npm import ELEMENTS, PROJECT

GUIDE = PROJECT / "docs" / "static-sites.md"
_TABLE = re.compile(r"(?P<mark><!-- reference: (?P<tag>[\w-]+) -->\n).*?(?=\n<!-- end -->)", re.DOTALL)
COMMON = "all"


def declarations() -> dict[str, Any]:
    """What the manifest says of each element, by its tag."""
    manifest = json.loads((ELEMENTS / "custom-elements.json").read_text(encoding="utf-8"))
    found = [declaration for module in manifest["modules"] for declaration in module["declarations"]]
    return {one.get("tagName") or COMMON: one for one in found if one.get("tagName") or one["name"] == "VideoElement"}


def with_tables(guide: str) -> str:
    """The guide with each table as the manifest has it now."""
    known = declarations()
    return _TABLE.sub(lambda found: found["mark"] + _table(known[found["tag"]], found["tag"] == COMMON), guide)


def _table(element: Any, common: bool) -> str:
    def own(kind: str) -> list[Any]:
        entries = element.get(kind, [])
        return [entry for entry in entries if entry.get("name") and (common or "inheritedFrom" not in entry)]

    members = [member for member in own("members") if member.get("description")]
    fields = [member for member in members if member["kind"] == "field"]
    rows = [
        *(_row("attribute", member["attribute"], member) for member in fields if "attribute" in member),
        *(_row("property", member["name"], member) for member in fields if "attribute" not in member),
        *(_row("method", f"{member['name']}()", member) for member in members if member["kind"] == "method"),
        *(_row("event", event["name"], event) for event in own("events") if event.get("description")),
        *(_row("slot", slot["name"], slot) for slot in own("slots")),
        *(_row("part", part["name"], part) for part in own("cssParts")),
        *(_row("custom property", name["name"], name) for name in own("cssProperties")),
    ]
    return "\n".join(["| | | |", "|---|---|---|", *rows])


def _row(kind: str, name: str, entry: Any) -> str:
    text = " ".join(entry.get("description", "").split()).replace("|", "\\|")
    return f"| {kind} | `{name}` | {text} |"


if __name__ == "__main__":
    GUIDE.write_text(with_tables(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
