"""docs/performance.md, whose figures stand between marks such as `<!-- figures -->` and `<!-- /figures -->`."""

import re
from typing import Final

from tests.artifacts.built import ROOT

_PAGE: Final = ROOT / "docs" / "performance.md"


def write(mark: str, text: str) -> None:
    """Put `text`, which ends in a line break, between the marks."""
    marked = re.compile(rf"(?s)(<!-- {mark} -->\n).*(<!-- /{mark} -->)")
    page = _PAGE.read_text(encoding="utf-8")
    _PAGE.write_text(marked.sub(lambda match: f"{match[1]}{text}{match[2]}", page), encoding="utf-8")
