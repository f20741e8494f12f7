"""The `Mux-Signature` header of a webhook."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "Mux-Signature"


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """The header's value for `body` sent at `timestamp` (Unix seconds)."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
