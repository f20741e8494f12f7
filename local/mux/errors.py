"""Mux's refusals in Python: each knows its status and body; only the HTTP layer turns them into answers."""

from __future__ import annotations

from typing import Any


class MuxError(Exception):
    """A refusal as Mux words it: an HTTP status and `{"error": {"type", "messages"}}`."""

    status = 500
    type = "internal_error"

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages

    def body(self) -> dict[str, Any]:
        return {"error": {"type": self.type, "messages": list(self.messages)}}


class InvalidParametersError(MuxError):
    status = 400
    type = "invalid_parameters"


class UnauthorizedError(MuxError):
    status = 401
    type = "unauthorized"

    def __init__(self) -> None:
        super().__init__("Unauthorized request")


class ForbiddenError(MuxError):
    status = 403
    type = "forbidden"


class NotFoundError(MuxError):
    status = 404
    type = "not_found"

    def __init__(self) -> None:
        super().__init__("The requested resource either doesn't exist or you don't have access to it.")


class MethodNotAllowedError(MuxError):
    status = 405
    type = "method_not_allowed"


class PreconditionFailedError(MuxError):
    """What was asked for exists, but is not ready to be played."""

    status = 412
    type = "precondition_failed"


class TooLargeError(MuxError):
    status = 413
    type = "invalid_parameters"


class TooManyRequestsError(MuxError):
    status = 429
    type = "too_many_requests"

    def __init__(self) -> None:
        super().__init__("Rate limit exceeded")


class UnavailableError(MuxError):
    """An injected outage; the status is drawn for each request."""

    type = "internal_error"

    def __init__(self, status: int) -> None:
        super().__init__("Internal server error")
        self.status = status
