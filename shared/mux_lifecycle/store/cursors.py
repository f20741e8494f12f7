"""List cursors: a position and a checksum over who may use it. It grants nothing; the checksum refuses mix-ups."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from mux_lifecycle.errors import InvalidRequest

_MAX_LENGTH: Final = 512
_CHECKSUM_BYTES: Final = 12


def encode(position: str, *, scope: str) -> str:
    """The cursor for `position` within `scope` (the owner and the filter of the list)."""
    return base64.urlsafe_b64encode(_checksum(position, scope) + position.encode()).decode().rstrip("=")


def decode(cursor: str, *, scope: str) -> str:
    """The position in `cursor`; InvalidRequest when it was altered, cut, or made for another list."""
    refused = InvalidRequest("cursor: not a cursor of this list; start again without one")
    if not cursor.isascii() or len(cursor) > _MAX_LENGTH:
        raise refused
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = raw[_CHECKSUM_BYTES:].decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise refused from error
    if not position or not hmac.compare_digest(encode(position, scope=scope), cursor):
        raise refused
    return position


def _checksum(position: str, scope: str) -> bytes:
    return hashlib.sha256(f"{len(scope)}:{scope}:{position}".encode()).digest()[:_CHECKSUM_BYTES]
