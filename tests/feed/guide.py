"""What docs/change-feed.md shows, taken from its text."""

import json
import re
from typing import Any, Final

from local.intrinsics import read
from tests.world import ROOT, Json

TEXT: Final = (ROOT / "docs" / "change-feed.md").read_text(encoding="utf-8")


def example() -> Json:
    """The event that is shown."""
    [block] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    event: Json = json.loads(block)
    return event


def rule() -> Json:
    """The event pattern of the rule for SAM."""
    [block] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    [function] = read(block)["Resources"].values()
    pattern: Json = function["Properties"]["Events"]["AssetReady"]["Properties"]["Pattern"]
    return pattern


def command_line_rule() -> Json:
    """The event pattern of the rule for the AWS CLI."""
    [block] = re.findall(r"--event-pattern '(.*?)'", TEXT, re.DOTALL)
    pattern: Json = json.loads(block)
    return pattern


def readme_rule() -> Json:
    """The event pattern that README.md shows."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```json\n(.*?)```", readme.partition("## Change feed")[2].partition("\n## ")[0], re.DOTALL)
    pattern: Json = json.loads(block)
    return pattern


def patterns() -> dict[str, Json]:
    """The further patterns for `detail`, by what they are for."""
    rows = re.findall(r"^\| ([^|]+) \| `(\{.*\})` \|$", TEXT, re.MULTILINE)
    return {purpose: json.loads(pattern) for purpose, pattern in rows}


def fields() -> set[str]:
    """The fields of `detail` that the table explains."""
    rows = re.findall(r"^\| (`[^|]+`) \| [^|]+ \|$", TEXT, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z_.]+)`", row)}


def named(detail: dict[str, Any]) -> set[str]:
    """The fields of a detail, those inside others with a dot."""
    return {
        f"{name}.{inner}" if inner else name
        for name, value in detail.items()
        for inner in (value if isinstance(value, dict) else [""])
    }
