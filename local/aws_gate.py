"""Stands in front of moto, which lets everybody do anything, pages of any origin among them.

What gets through is a call of DynamoDB or Secrets Manager by a program that has the access key of this run.
"""

from __future__ import annotations

import hmac
import json
import re
from typing import TYPE_CHECKING

from local.callers import NAMES, names_this_machine, sent_by_a_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/[0-9]{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=[a-z0-9;-]+, ?Signature=[0-9a-f]{64}"
)
_TARGETS = {"dynamodb": "DynamoDB_20120810.", "secretsmanager": "secretsmanager."}


class _Refused(Exception):
    """The text says why, and what to do."""


def gate(application: WSGIApplication, access_key: str) -> WSGIApplication:
    """The application, for programs that sign with this access key; no answer carries a CORS header.

    The key alone decides. It is as hard to guess as the signature, which is not checked.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            _check(environ, access_key)
        except _Refused as refused:
            return _refusal(str(refused), start_response)
        return application(environ, _without_cors(start_response))

    return answer


def _check(environ: WSGIEnvironment, access_key: str) -> None:
    if not names_this_machine(environ.get("HTTP_HOST")):
        raise _Refused(f"the local AWS is used as {NAMES}")
    if sent_by_a_page(environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE")):
        raise _Refused("pages may not use the local AWS")
    signed = _AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if not signed or not hmac.compare_digest(signed["key"].encode(), access_key.encode()):
        raise _Refused("sign with the access key of this run: `make run` says in which file it is")
    called = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
    target = _TARGETS.get(signed["service"])
    if called != ("POST", "/", "") or target is None or not environ.get("HTTP_X_AMZ_TARGET", "").startswith(target):
        raise _Refused("the local AWS is DynamoDB and Secrets Manager, and nothing else")


def _refusal(message: str, start_response: StartResponse) -> Iterable[bytes]:
    """As AWS words it, so that its clients show the message."""
    body = json.dumps({"__type": "AccessDeniedException", "message": message}).encode()
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("Content-Length", str(len(body)))]
    start_response("403 Forbidden", headers)
    return [body]


def _without_cors(start_response: StartResponse) -> StartResponse:
    def start(
        status: str,
        headers: list[tuple[str, str]],
        error: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
    ) -> object:
        kept = [(name, value) for name, value in headers if not name.lower().startswith("access-control-")]
        return start_response(status, kept, error)

    return start  # type: ignore[return-value]
