"""Every error this package raises on purpose, in our words. Only `api` knows their HTTP status."""

from typing import Final

_MAX_QUOTED: Final = 64


def quoted(name: str) -> str:
    """A name that a caller made up, cut and escaped so that a message stays one line."""
    escaped = ascii(name[:_MAX_QUOTED])
    return escaped if len(escaped) <= _MAX_QUOTED else f"{escaped[:_MAX_QUOTED]}...'"


class LifecycleError(Exception):
    """Base of all errors here. `messages` may be shown to the caller; they hold no secret and no Mux text."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)


class ConfigurationError(LifecycleError):
    """The function's environment or a secret is incomplete. Not the caller's doing: it escapes and alarms."""


class InvalidRequest(LifecycleError):
    """The caller sent something this API does not take; each message says what to change."""


class Unauthenticated(LifecycleError):
    """No verified caller."""


class InvalidSignature(LifecycleError):
    """A webhook that no known secret signed recently. The reason is for tests and logs, never for the answer."""


class Forbidden(LifecycleError):
    """A caller or origin that may not do this."""


class NotFound(LifecycleError):
    """Missing, deleted, or somebody else's: one and the same to the caller."""


class Conflict(LifecycleError):
    """The resource is in a state that excludes the request."""


class PayloadTooLarge(LifecycleError):
    """The body exceeds the limit."""


class UnsupportedMediaType(LifecycleError):
    """The body is not declared as JSON."""


class IdempotencyMismatch(LifecycleError):
    """The Idempotency-Key was used before, for another request."""


class QuotaExceeded(LifecycleError):
    """The owner has as much as one owner may have; each message says what to do."""


class TemporarilyUnavailable(LifecycleError):
    """Base of what passes by itself. `retry_after` is in seconds."""

    def __init__(self, *messages: str, retry_after: int = 5) -> None:
        super().__init__(*messages)
        self.retry_after = retry_after


class TooManyRequests(TemporarilyUnavailable):
    """The owner has used up their share of the calls to Mux for now."""


class InProgress(TemporarilyUnavailable):
    """The same request is being carried out, or its outcome is being looked for."""


class StoreUnavailable(TemporarilyUnavailable):
    """DynamoDB throttled, failed or did not answer."""


class SecretUnavailable(TemporarilyUnavailable):
    """Secrets Manager gave no usable value and none is remembered."""


class MuxUnavailable(TemporarilyUnavailable):
    """Mux failed, could not be reached or was too slow, and repeating the call is safe."""


class MuxRateLimited(TemporarilyUnavailable):
    """Mux answered 429: the request was not carried out."""


class MuxOutcomeUnknown(TemporarilyUnavailable):
    """A call that must not be repeated blindly was sent, and whether it took effect is not known."""


class MuxRefused(LifecycleError):
    """Mux answered 4xx (other than 404 and 429). `status` is Mux's."""

    def __init__(self, status: int) -> None:
        super().__init__("Mux refused the request")
        self.status = status


class MuxNotFound(LifecycleError):
    """Mux answered 404: gone, another environment's, or a token without permission."""


class MuxMalformed(LifecycleError):
    """Mux answered something that is not its documented shape."""

    def __init__(self, reason: str) -> None:
        super().__init__("Mux sent an unexpected answer")
        self.reason = reason


class WrongEnvironment(LifecycleError):
    """The Mux token is not, or cannot be shown to be, of this stack's environment: its answers prove nothing."""


class LeaseLost(LifecycleError):
    """Another run has taken over the job: this one must end."""
