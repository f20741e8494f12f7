"""The caller's groups, from the token that API Gateway's JWT authorizer has verified.

The authorizer hands claims on as text, and an array as `[a b]`. One group `a b` and two groups `a` and `b` look alike
there, so the array is read where it is still one: in the token's own payload. Nothing here checks a signature. What is
read counts only on a route behind the authorizer, and only if it is the token whose claims the authorizer tells.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

from mux_lifecycle import strict_json

# API Gateway takes 10,240 bytes of request line and headers, and a token with or without its scheme.
_MAX_HEADER: Final = 10_240
_TOKEN: Final = re.compile(r"(?:bearer +)?[\w-]+\.([\w-]+)\.[\w-]+", re.ASCII | re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:e\+?[0-9]{1,2})?", re.ASCII | re.IGNORECASE)
_IDENTIFYING: Final = ("iss", "sub", "exp", "iat")


def groups(authorization: str, verified: Mapping[str, Any], claim: str) -> frozenset[str]:
    """What the token in an Authorization header says in `claim`: an array of texts, or one group as plain text.

    Empty for any other value, for a header with anything but one compact token, and for a token whose `iss`, `sub`,
    `exp` or `iat` is not the one that the authorizer `verified`.
    """
    payload = _payload(authorization)
    if not all(_is_same(payload.get(name), verified.get(name)) for name in _IDENTIFYING):
        return frozenset()
    value = payload.get(claim)
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return frozenset()
    return frozenset(names)


def _payload(authorization: str) -> Mapping[str, Any]:
    """The claims of the token, empty if there is no readable one."""
    found = _TOKEN.fullmatch(authorization) if len(authorization) <= _MAX_HEADER else None
    if found is None:
        return {}
    encoded = found[1]
    try:
        payload = strict_json.parse(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _is_same(said: object, verified: object) -> bool:
    """Whether a claim of the token is the authorizer's, who writes numbers as text, perhaps as `1.7E9`."""
    if isinstance(said, int | float) and not isinstance(said, bool) and isinstance(verified, str):
        return bool(_NUMBER.fullmatch(verified)) and said == float(verified)
    return type(said) is type(verified) and said == verified
