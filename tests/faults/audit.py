"""What must never be told: a search of everything the functions print or answer for secrets of any kind."""

import base64
import io
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TextIO

from mux_lifecycle.telemetry import logger
from tests.world import SIGNING_SECRET

TOKEN_ID: Final = "local-token-id"
TOKEN_SECRET: Final = "local-token-secret"

_SHAPES: Final = {
    "a webhook's signature": re.compile(r"v1\s*=\s*[0-9a-f]{16}"),
    "an Authorization header": re.compile(r"\b(Basic|Bearer) +[A-Za-z0-9+/=_-]{12}"),
    "an upload's URL": re.compile(r"/upload/\w+"),
    "a token in a URL": re.compile(r"(?<!/upload/)\b[\w.]+\?(\S*&)?token="),
    "a signature in a URL": re.compile(r"[?&]signature="),
    "a playback token": re.compile(r"\beyJ[\w-]{8,}\.eyJ"),
    "a private key": re.compile(r"BEGIN [A-Z ]*PRIVATE KEY"),
}
_VALUES: Final = {
    "the token's secret": TOKEN_SECRET,
    "the token, encoded": base64.b64encode(f"{TOKEN_ID}:{TOKEN_SECRET}".encode()).decode()[:32],
    "the token's id": TOKEN_ID,
    "the signing secret": SIGNING_SECRET,
}

MAY_TELL: Final = {
    "create_upload": {"an upload's URL"},
    "playback_tokens": {"a token in a URL", "a playback token"},
    "playback_tokens:POST many": {"a token in a URL", "a playback token"},
    "master_access": {"a signature in a URL"},
}
"""Functions whose answers are keys; no other may hold one, and no log line at all."""


def leaks(text: str, signatures: Iterable[str] = ()) -> list[str]:
    """What `text` gives away; `signatures` are headers that were really sent."""
    found = [name for name, shape in _SHAPES.items() if shape.search(text)]
    found += [name for name, value in _VALUES.items() if value in text]
    digests = {digest for header in signatures for digest in re.findall(r"v1=(\w+)", header)}
    return found + ["a signature that was sent"] * any(digest in text for digest in digests)


@dataclass
class Output:
    """All that was printed, through whatever logger or none."""

    text: io.StringIO = field(default_factory=io.StringIO)

    @contextmanager
    def heard(self, *, aloud: bool = True) -> Iterator[None]:
        """Inside, the functions' log lines, other loggers' and everything on stdout are written down.

        Unless `aloud`, what is written down is not printed.
        """
        ours, root = logging.StreamHandler(self.text), logging.StreamHandler(self.text)
        ours.setFormatter(logger.handlers[0].formatter)
        names = [(logging.getLogger(logger.name), ours), (logging.getLogger(), root)]
        stdout, printing = sys.stdout, logger.handlers[0]
        for named, handler in names:
            named.addHandler(handler)
        if not aloud:
            logging.getLogger(logger.name).removeHandler(printing)
        sys.stdout = _Both(stdout, self.text) if aloud else self.text
        try:
            yield
        finally:
            sys.stdout = stdout
            if not aloud:
                logging.getLogger(logger.name).addHandler(printing)
            for named, handler in names:
                named.removeHandler(handler)

    def take(self) -> str:
        """What was written down since the last time."""
        text = self.text.getvalue()
        self.text.seek(0)
        self.text.truncate()
        return text


class _Both(io.TextIOBase):
    def __init__(self, *streams: TextIO) -> None:
        self._streams = streams

    def write(self, text: str) -> int:
        for stream in self._streams:
            stream.write(text)
        return len(text)

    def flush(self) -> None:
        for stream in self._streams:
            stream.flush()
