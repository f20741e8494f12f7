"""Identifiers and secrets in Mux's alphabets, and the check that an id in a path is one."""

from __future__ import annotations

import re
import secrets
import string

from local.mux.errors import InvalidParametersError

_BASE62 = string.ascii_letters + string.digits
_BASE36 = string.ascii_lowercase + string.digits
_RESOURCE_ID = re.compile(r"[A-Za-z0-9]+")


def resource_id() -> str:
    """An id of an asset, upload, playback id, track, rendition or signing key."""
    return _text(_BASE62, 44)


def webhook_id() -> str:
    return _text(_BASE36, 6)


def signing_secret() -> str:
    return _text(_BASE36, 32)


def parse_id(text: str) -> str:
    """Return `text` if Mux could have issued it, else raise InvalidParametersError."""
    if not _RESOURCE_ID.fullmatch(text):
        raise InvalidParametersError("Failed to parse ID")
    return text


def _text(alphabet: str, length: int) -> str:
    number = secrets.randbelow(len(alphabet) ** length)
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(alphabet))
        letters.append(alphabet[letter])
    return "".join(letters)
