"""The sweep: which calls a story makes to the world outside, which fault meets which of them, and how.

What happens then is no concern of the harness; what must hold after recovery is the tests'.
"""

from __future__ import annotations

import io
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from urllib3 import HTTPResponse, PoolManager
from urllib3.exceptions import HTTPError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import pytest

    from tests.world import Answer

type Do = Callable[[], Any]

_READS: Final = (
    "GET ",
    *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"),
    "secretsmanager:GetSecretValue",
)
_ID: Final = re.compile(r"/\w{40,}|(?<=/webhooks)/\w+")


class Killed(BaseException):
    """The function's process ended here: out of time, out of memory. Nothing in it may catch this and go on."""


@dataclass(frozen=True)
class Fault:
    """What becomes of a call to AWS (made by a client) and of one to Mux.

    `lasting`: and of all calls after it. `after_effect`: once the call has done what it does, so that for one that only
    reads it is no other fault than one that comes before.
    """

    aws: Callable[[BaseClient, Do], Any]
    mux: Callable[[Do], Any]
    lasting: bool = False
    after_effect: bool = False

    def concerns(self, call: str) -> bool:
        """Whether the call of this name has anything to suffer from it."""
        return not (self.after_effect and only_reads(call))


def only_reads(call: str) -> bool:
    """Whether the call of this name changes nothing outside."""
    return call.startswith(_READS)


@dataclass
class ExternalCalls:
    """Every call to AWS or Mux that one thread makes inside `meeting`, by name and in order."""

    names: list[str] = field(default_factory=list)
    met: bool = False
    _fault: Fault | None = None
    _at: int = -1
    _thread: int | None = None

    @contextmanager
    def meeting(self, fault: Fault | None = None, *, at: int = -1) -> Iterator[None]:
        """Inside, call number `at` meets `fault`."""
        self.names, self.met, self._fault, self._at = [], False, fault, at
        self._thread = threading.get_ident()
        try:
            yield
        finally:
            self._thread = None

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        call_aws, call_mux = BaseClient._make_api_call, PoolManager.request  # type: ignore[attr-defined]

        def aws(client: BaseClient, operation: str, parameters: Any) -> Any:
            index = parameters.get("IndexName")
            name = f"{client.meta.service_model.service_name}:{operation}" + (f" index/{index}" if index else "")
            fault = self._next(name)
            if fault is None:
                return call_aws(client, operation, parameters)
            return fault.aws(client, lambda: call_aws(client, operation, parameters))

        def mux(pools: PoolManager, method: str, url: str, **options: Any) -> Any:
            fault = self._next(f"{method} {_ID.sub('/ID', urlsplit(url).path)}")
            if fault is None:
                return call_mux(pools, method, url, **options)
            return fault.mux(lambda: call_mux(pools, method, url, **options))

        monkeypatch.setattr(BaseClient, "_make_api_call", aws)
        monkeypatch.setattr(PoolManager, "request", mux)

    def _next(self, name: str) -> Fault | None:
        if threading.get_ident() != self._thread:
            return None
        self.names.append(name)
        number = len(self.names) - 1
        if self._fault is None or number < self._at or (number > self._at and not self._fault.lasting):
            return None
        self.met = True
        return self._fault


def _aws_throttled(client: BaseClient, do: Do) -> Any:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "injected"}}, "Operation")


def _aws_unreachable(client: BaseClient, do: Do) -> Any:
    raise EndpointConnectionError(endpoint_url=client.meta.endpoint_url)


def _aws_answer_lost(client: BaseClient, do: Do) -> Any:
    do()
    raise ReadTimeoutError(endpoint_url=client.meta.endpoint_url)


def _aws_repeats_what_was_applied(client: BaseClient, do: Do) -> Any:
    """The first attempt takes effect, but what comes back is a 500: botocore sends it again by itself."""
    attempts = []

    def hide_the_first_answer(request: Any, **_: Any) -> Any:
        attempts.append(request)
        if len(attempts) > 1:
            return None
        raw = io.BytesIO(b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "injected"}')
        return AWSResponse(request.url, 500, HTTPHeaders(), _Raw(raw))

    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}"
    # Answering here does not keep moto, which listens to the same event, from carrying the request out.
    client.meta.events.register_first(event, hide_the_first_answer)
    try:
        return do()
    finally:
        client.meta.events.unregister(event, hide_the_first_answer)
        assert len(attempts) == 2, "botocore did not repeat the call"


class _Raw:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, content: io.BytesIO) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content.read()


def mux_says(status: int, body: bytes) -> HTTPResponse:
    """An answer that Mux never gave."""
    return HTTPResponse(body=io.BytesIO(body), status=status, preload_content=False)


def _mux_throttled(do: Do) -> Any:
    return mux_says(429, b'{"errors": ["Too many requests."]}')


def _mux_unreachable(do: Do) -> Any:
    raise ProtocolError("injected")


def _mux_answer_lost(do: Do) -> Any:
    do().close()
    raise HTTPError("injected")


def _mux_fails_afterwards(do: Do) -> Any:
    do().close()
    return mux_says(502, b"<html>502</html>")


def _kill(*_: Any) -> Any:
    raise Killed


def _kill_afterwards_aws(client: BaseClient, do: Do) -> Any:
    do()
    raise Killed


def _kill_afterwards_mux(do: Do) -> Any:
    do().close()
    raise Killed


KILLED_AT_MUX: Final = Fault(lambda _, do: do(), _kill_afterwards_mux, lasting=True)
"""The first call to Mux takes effect, and that is the end."""

FAULTS: Final[dict[str, Fault]] = {
    "throttled": Fault(_aws_throttled, _mux_throttled),
    "all fails from here on": Fault(_aws_unreachable, _mux_unreachable, lasting=True),
    "answer lost": Fault(_aws_answer_lost, _mux_answer_lost, after_effect=True),
    "applied and repeated": Fault(_aws_repeats_what_was_applied, _mux_fails_afterwards, after_effect=True),
    "killed": Fault(_kill_afterwards_aws, _kill_afterwards_mux, after_effect=True),
}
_NEEDED: Final = ("throttled", "answer lost", "killed")
_KILLED_BEFORE: Final = "killed before"
_MEETABLE: Final = FAULTS | {_KILLED_BEFORE: Fault(_kill, _kill)}

KINDS: Final = ("fails before", "answer lost", "killed before", "killed after")
"""What must have happened to every single call."""


@dataclass(frozen=True)
class Case:
    """One way in which a story is disturbed: call number `at`, by the name of `call`, meets `fault`; or none does.

    A `patient` caller asks again when all has calmed down, any other one at once.
    """

    fault: str = ""
    at: int = -1
    call: str = ""
    patient: bool = False

    @property
    def meets(self) -> Fault | None:
        return _MEETABLE[self.fault] if self.fault else None

    @contextmanager
    def named(self, answers: list[Answer]) -> Iterator[None]:
        """An error inside tells of this case, and of the answers so far."""
        try:
            yield
        except BaseException as error:
            caller = "asks again when all has calmed down" if self.patient else "asks again at once"
            told = ", ".join(f"{answer.status} {answer.body}" for answer in answers)
            error.add_note(f"call {self.at}, {self.call}: {self.fault or 'undisturbed'}; the caller {caller}: {told}")
            raise


def cases(
    calls: list[str], *, only: Collection[str] = (), thorough: bool = False, patience: bool = False
) -> list[Case]:
    """Every way to disturb a story that makes these `calls`, or `only` some of them.

    `thorough`: also by trouble that lasts, and by repeats that the AWS SDK makes by itself. `patience`: a caller whom
    a killed function has not answered may also wait.
    """
    disturbed = [(at, call) for at, call in enumerate(calls) if not only or call in only]
    found = [Case()] + [Case(_KILLED_BEFORE, at, call) for at, call in (disturbed if only else disturbed[:1])]
    for (at, call), name in product(disturbed, FAULTS if thorough else _NEEDED):
        if FAULTS[name].concerns(call):
            found.append(Case(name, at, call))
            if patience and name == "killed":
                found.append(Case(name, at, call, patient=True))
    return found


def kinds_met(calls: list[str], disturbed: list[Case]) -> set[tuple[int, str]]:
    """Which of KINDS each call, by its number, meets in `disturbed`.

    A call that only reads is as good as not made when its answer is lost. Between two calls nothing happens that
    could be seen from outside, so being killed after one that changes something is being killed before the next.
    """
    met: set[tuple[int, str]] = set()
    for case in disturbed:
        if case.fault == "throttled":
            met.add((case.at, "fails before"))
            if only_reads(case.call):
                met.add((case.at, "answer lost"))
        elif case.fault == "answer lost":
            met.add((case.at, "answer lost"))
        elif case.fault == "killed":
            met |= {(case.at, "killed after")} | _killed_before(calls, case.at + 1)
        elif case.fault == _KILLED_BEFORE:
            met |= _killed_before(calls, case.at)
    return met


def _killed_before(calls: list[str], at: int) -> set[tuple[int, str]]:
    met = set()
    for number in range(at, len(calls)):
        met.add((number, "killed before"))
        if not only_reads(calls[number]):
            break
        met.add((number, "killed after"))
    return met
