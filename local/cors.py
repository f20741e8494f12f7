"""CORS as an HTTP API does it: configured once, for every route and on errors too, never by a function."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.template import CorsConfiguration

WILDCARDS = ("*", "http://*", "https://*")


def is_cors_header(name: str) -> bool:
    """Whether an API with a CORS configuration ignores this header of a function's answer."""
    return name.lower().startswith("access-control-")


def preflight_headers(cors: CorsConfiguration, headers: Mapping[str, str]) -> dict[str, str]:
    """What a preflight request is answered with; nothing for a foreign origin or an incomplete request."""
    answer = _origin_headers(cors, headers)
    if not answer or "access-control-request-method" not in headers:
        return {}
    if cors.allow_methods:
        answer["access-control-allow-methods"] = ",".join(cors.allow_methods)
    if cors.allow_headers:
        answer["access-control-allow-headers"] = ",".join(cors.allow_headers)
    if cors.max_age is not None:
        answer["access-control-max-age"] = str(cors.max_age)
    return answer


def response_headers(cors: CorsConfiguration, headers: Mapping[str, str]) -> dict[str, str]:
    """What is added to every answer to a request with these `headers` (lower-case names)."""
    answer = _origin_headers(cors, headers)
    if answer and cors.expose_headers:
        answer["access-control-expose-headers"] = ",".join(cors.expose_headers)
    return answer


def _origin_headers(cors: CorsConfiguration, headers: Mapping[str, str]) -> dict[str, str]:
    origin = headers.get("origin")
    if origin is None or not _allowed(origin, cors.allow_origins):
        return {}
    answer = {"access-control-allow-origin": "*" if "*" in cors.allow_origins else origin}
    if cors.allow_credentials:
        answer["access-control-allow-credentials"] = "true"
    return answer


def _allowed(origin: str, allowed: tuple[str, ...]) -> bool:
    return any(fnmatchcase(origin, pattern) if pattern in WILDCARDS else origin == pattern for pattern in allowed)
