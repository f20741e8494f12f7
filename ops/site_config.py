"""Reads a site's config.js: one exported object of plain texts, with comments."""

import re
from collections.abc import Mapping
from pathlib import Path

_SPACE = r"(?:\s|//[^\n]*|/\*.*?\*/)*"
_TEXT = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`"
_OBJECT = re.compile(rf"{_SPACE}export\s+default\s*\{{(?P<entries>.*)\}}{_SPACE};?{_SPACE}", re.DOTALL)
_ENTRY = re.compile(rf"{_SPACE}[\"']?(?P<name>\w+)[\"']?{_SPACE}:{_SPACE}(?P<text>{_TEXT}){_SPACE}(?:,|\Z)", re.DOTALL)
_NOTHING = re.compile(_SPACE, re.DOTALL)
_PLACEHOLDER = "EXAMPLE"


class SiteConfigError(Exception):
    """config.js cannot be used; the text says what to change."""


def site_config(path: Path) -> Mapping[str, str]:
    """The settings in a config.js. Raises SiteConfigError."""
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SiteConfigError(f"{path} cannot be read: {error.strerror}") from error
    found = _OBJECT.fullmatch(source)
    if not found:
        raise SiteConfigError(f"{path} must be `export default {{ … }};` and nothing else")
    settings: dict[str, str] = {}
    entries, position = found["entries"], 0
    while entry := _ENTRY.match(entries, position):
        settings[entry["name"]] = re.sub(r"\\(.)", r"\1", entry["text"][1:-1])
        position = entry.end()
    if not _NOTHING.fullmatch(entries, position):
        line = entries[position:].strip().partition("\n")[0]
        raise SiteConfigError(f"{path} must hold plain texts in quotes, not: {line}")
    for name, text in settings.items():
        if _PLACEHOLDER in text:
            raise SiteConfigError(f"{path} is not filled in: `{name}` is {text!r}")
    return settings
