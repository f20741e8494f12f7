"""POST /webhooks/mux: Mux's events, each stored before it is acknowledged. Mux repeats what is not, for a day."""

from typing import Final

from mux_lifecycle import api, runtime
from mux_lifecycle.errors import InvalidSignature, PayloadTooLarge
from mux_lifecycle.mux import webhooks
from mux_lifecycle.store import projection
from mux_lifecycle.telemetry import Count, count, logger

_COUNTS: Final[dict[str, Count]] = {
    "applied": "WebhookApplied",
    "stale": "WebhookStale",
    "ignored": "WebhookIgnored",
}


def receive_webhook(request: api.Request) -> api.Response:
    try:
        return _receive(request)
    except (InvalidSignature, PayloadTooLarge):
        # A stranger, which `handler` counts.
        raise
    except Exception:
        # Whatever it was, Mux is told 5xx and sends the event again.
        count("WebhookFailed")
        raise


def _receive(request: api.Request) -> api.Response:
    event = webhooks.verified_event(
        request.body, request.headers.get("mux-signature", ""), runtime.signing_secrets, now=runtime.now()
    )
    change = None
    if event and not webhooks.is_from(event, runtime.webhook_config().environment_id):
        # Signed with our secret: rather a wrong MuxEnvironmentId than a stranger.
        count("WebhookWrongEnvironment")
    elif event:
        change = projection.from_event(event, stack=runtime.stack(), now=runtime.now())
    outcome = runtime.projector().apply(change, now=runtime.now()) if change else "ignored"
    count(_COUNTS[outcome])
    logger.info(
        "webhook handled",
        outcome=outcome,
        event_id=webhooks.field(event, "id"),
        event_type=webhooks.field(event, "type"),
    )
    return api.ok({"outcome": outcome})


handler = api.handler(receive_webhook, refusals=lambda: runtime.refusals("WebhookRefused"))
