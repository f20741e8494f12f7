"""Tokens as a sign-in service makes them, and what API Gateway's JWT authorizer tells a function of their claims."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from local.events import claim_text

_HEADER = {"alg": "RS256", "kid": "example", "typ": "JWT"}


def compact(claims: Mapping[str, Any]) -> str:
    """A token with these claims. Functions are behind the authorizer, so its signature is none."""
    return f"{_encoded(json.dumps(_HEADER))}.{_encoded(json.dumps(claims))}.{_encoded('signature')}"


def sign_in(event: dict[str, Any], claims: Mapping[str, Any]) -> None:
    """Have `event` come from a caller whose token has these claims."""
    event["headers"]["authorization"] = f"Bearer {compact(claims)}"
    verified = {name: claim_text(value) for name, value in claims.items()}
    event["requestContext"]["authorizer"] = {"jwt": {"claims": verified, "scopes": None}}


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
