"""Which input URLs are passed on to Mux: https on a public host name, nothing else. We never fetch them ourselves."""

import re
from typing import Final
from urllib.parse import urlsplit

from mux_lifecycle.errors import InvalidRequest

MAX_LENGTH: Final = 2048
_LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
# The last label must hold a letter first, as every real top-level domain does: whatever ends in a number, in any
# notation, is an address and not a name.
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})", re.ASCII)
_PRIVATE_SUFFIXES: Final = (
    *(".arpa", ".corp", ".home", ".internal", ".intranet", ".lan", ".local", ".localdomain", ".localhost"),
    *(".onion", ".private"),
)
_VISIBLE: Final = re.compile(r"[!-~]+", re.ASCII)


def checked(url: object, *, name: str = "input") -> str:
    """`url` itself, or InvalidRequest saying what to change about the field `name`."""
    if not isinstance(url, str):
        raise InvalidRequest(f"{name}: must be a URL as text")
    if not 0 < len(url) <= MAX_LENGTH:
        raise InvalidRequest(f"{name}: must have 1 to {MAX_LENGTH} characters")
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise InvalidRequest(f"{name}: must be ASCII without spaces; percent-encode other characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidRequest(f"{name}: not a valid URL") from error
    if parts.scheme != "https" or not url[:8].lower() == "https://":
        raise InvalidRequest(f"{name}: must begin with https://")
    if "@" in parts.netloc:
        raise InvalidRequest(f"{name}: must not hold a user name or password")
    if port not in (None, 443):
        raise InvalidRequest(f"{name}: must use port 443")
    if len(host) > 253 or not _HOST.fullmatch(host) or host.endswith(_PRIVATE_SUFFIXES):
        raise InvalidRequest(f"{name}: must name a public host, not an address")
    return url
