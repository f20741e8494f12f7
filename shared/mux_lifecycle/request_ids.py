"""Request ids: random, and each knows when it was made. Imports nothing of ours.

An id names one request to make something at Mux, in the tag that Mux keeps with it.
"""

import base64
import binascii
import secrets
from typing import Final

_TIME_BYTES: Final = 4
_RANDOM_BYTES: Final = 12
_SKEW_SECONDS: Final = 300
"""Clocks of functions may differ a little."""


def new(now: float) -> str:
    """22 characters that nobody can guess; `now` is in epoch seconds."""
    made = int(now).to_bytes(_TIME_BYTES) + secrets.token_bytes(_RANDOM_BYTES)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def made_at(request: str, *, now: float) -> int:
    """When `request` was made, in epoch seconds; 0 for an id that does not say so."""
    try:
        decoded = base64.b64decode(request + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return 0
    if len(decoded) != _TIME_BYTES + _RANDOM_BYTES:
        return 0
    seconds = int.from_bytes(decoded[:_TIME_BYTES])
    return seconds if seconds <= now + _SKEW_SECONDS else 0
