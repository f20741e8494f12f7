"""AWS of the local stack: what moto does in steps, nobody may see half done."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults

from local.aws import one_by_one

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


def test_requests_are_answered_one_at_a_time() -> None:
    """Two conditional writes of one item at the same moment would otherwise both find their condition met."""
    inside = threading.Semaphore(1)
    alone: list[bool] = []

    def application(_: WSGIEnvironment, __: StartResponse) -> Iterable[bytes]:
        alone.append(inside.acquire(blocking=False))
        time.sleep(0.02)
        if alone[-1]:
            inside.release()
        return [b""]

    def request() -> None:
        environ: WSGIEnvironment = {}
        setup_testing_defaults(environ)
        guarded(environ, lambda *_: lambda _: None)

    guarded = one_by_one(application)
    with ThreadPoolExecutor(4) as callers:
        for call in [callers.submit(request) for _ in range(4)]:
            call.result()
    assert alone == [True] * 4
