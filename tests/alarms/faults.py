"""For each alarm of template.yaml, what has to go wrong, through the real functions, for it to ring."""

import os
from collections.abc import Callable
from typing import Any, Final, NoReturn

from botocore.exceptions import EndpointConnectionError

from mux_lifecycle import runtime
from mux_lifecycle.store.places import Kind
from tests import mux_events
from tests.alarms.watched import DAY, HOUR, MINUTE, Watched
from tests.library import Library, films

READING: Final = ("get_upload", "list_assets", "get_asset", "gallery", "input_info", "playback_tokens", "usage")
CHANGING: Final = (
    *("create_upload", "cancel_upload", "create_asset", "update_asset", "delete_asset", "playback_ids:POST"),
    *("tracks:POST", "static_renditions:POST", "master_access"),
)
"""One route of every function of the API."""

_BODIES: Final[dict[str, dict[str, Any]]] = {
    "create_asset": {"input": "https://media.example.com/film.mp4"},
    "update_asset": {"title": "Quay"},
    "playback_ids:POST": {"policy": "public"},
    "playback_tokens": {},
    "tracks:POST": {"url": "https://media.example.com/film.vtt", "type": "text", "language_code": "de"},
    "static_renditions:POST": {"resolution": "720p"},
    "master_access": {"master_access": "temporary"},
}
_WRONG_TOKEN: Final = {"token_id": "revoked", "token_secret": "revoked"}


def request(watched: Watched, function: str) -> None:
    """An ordinary request of a route."""
    owner = None if function == "gallery" else "ada"
    watched.call(function, owner=owner, id="film1", json_body=_BODIES.get(function, None))


def break_code(watched: Watched) -> None:
    """From here on every function fails with an error that nobody has thought of."""

    def bug(**_: Any) -> NoReturn:
        raise ZeroDivisionError

    watched.world.on_aws_call("before-call.dynamodb", bug)


def _webhook_secret_is_gone(watched: Watched) -> None:
    watched.world.put_secret("MuxWebhookSecret", {"signing_secrets": []})
    watched.world.cold_start()
    for _ in range(3):
        watched.deliver(mux_events.asset_event("ready", asset_id="film1"))


def _secret_is_not_mux_s(watched: Watched) -> None:
    for _ in range(5):
        watched.deliver(mux_events.asset_event("ready", asset_id="film1"), secret="another secret")


def _environment_is_another(watched: Watched) -> None:
    watched.deliver(mux_events.asset_event("ready", asset_id="film1", environment_id="other1"))


def _webhook_is_not_registered(watched: Watched) -> None:
    request(watched, "create_upload")
    watched.world.advance(15 * MINUTE)


def _reading_fails(watched: Watched) -> None:
    break_code(watched)
    request(watched, READING[0])


def _changing_fails(watched: Watched) -> None:
    break_code(watched)
    request(watched, CHANGING[0])


def _no_execution_is_free(watched: Watched) -> None:
    watched.all_executions_taken = True
    request(watched, "list_assets")


def _dynamodb_is_away(watched: Watched) -> None:
    def away(**_: Any) -> NoReturn:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.eu-central-1.amazonaws.com")

    watched.world.on_aws_call("before-call.dynamodb", away)
    for _ in range(3):
        request(watched, "list_assets")


def _token_is_revoked(watched: Watched) -> None:
    watched.world.put_secret("MuxTokenSecret", _WRONG_TOKEN)
    watched.world.cold_start()
    for _ in range(3):
        request(watched, "create_upload")


def _mux_limits_the_rate(watched: Watched) -> None:
    watched.world.mux.set_faults({"api": {"rate_limit": 1.0}})
    for _ in range(5):
        request(watched, "create_upload")


def _mux_is_broken(watched: Watched) -> None:
    watched.world.mux.set_faults({"api": {"error_rate": 1.0}})
    for _ in range(5):
        request(watched, "create_upload")


def _cleanup_may_not_ask_mux(watched: Watched) -> None:
    request(watched, "create_upload")
    watched.world.advance(3 * HOUR)
    watched.world.put_secret("MuxTokenSecret", _WRONG_TOKEN)
    watched.world.cold_start()
    watched.start("cleanup")


def _nothing_starts(watched: Watched) -> None:
    watched.world.advance(46 * MINUTE)


def _cleanup_does_not_reach_mux(watched: Watched) -> None:
    request(watched, "create_upload")
    watched.world.advance(2 * HOUR)
    watched.world.mux.set_faults({"api": {"error_rate": 1.0}})
    for _ in range(12):
        watched.world.advance(10 * MINUTE)
        watched.start("cleanup")


def _a_record_is_poisoned(watched: Watched) -> None:
    item = {"pk": {"S": "IDEMPOTENCY#poison"}, "due": {"S": "due"}, "due_at": {"N": "1"}}
    watched.world.dynamodb.put_item(TableName=watched.world.table_name, Item=item)
    watched.start("cleanup")


def _reconcile_may_not_ask_mux(watched: Watched) -> None:
    watched.world.put_secret("MuxTokenSecret", _WRONG_TOKEN)
    watched.world.cold_start()
    watched.start("reconcile", {"start": True})


def _mux_has_lost_a_library(watched: Watched) -> None:
    Library(watched.world.dynamodb, watched.world.table_name).stock(films(30))
    watched.start("reconcile", {"start": True})


def _an_event_never_came(watched: Watched) -> None:
    asset = watched.call("create_asset", json_body=_BODIES["create_asset"])
    assert asset is not None
    watched.world.wait_for(
        lambda: watched.world.mux_get(f"/video/v1/assets/{asset.data['id']}").json()["data"]["status"] == "ready"
    )
    watched.world.advance(HOUR)
    watched.start("reconcile", {"start": True})


def _no_walk_ends(watched: Watched) -> None:
    watched.world.mux.set_faults({"api": {"rate_limit": 1.0}})
    for _ in range(4):
        watched.world.advance(DAY / 2)
        watched.start("reconcile")
    watched.world.advance(HOUR)


def _setup_may_not_ask_mux(watched: Watched) -> None:
    watched.world.advance(DAY)
    watched.world.put_secret("MuxTokenSecret", _WRONG_TOKEN)
    watched.world.cold_start()
    watched.start("mux_setup")


def _changes_cannot_be_announced(watched: Watched) -> None:
    for metric in ("ExecutionFailed", "ExecutionPartiallyFailed", "ExecutionPartiallyFailed"):
        watched.world.advance(5 * MINUTE)
        watched.pipe_failed(metric)


def _changes_are_given_up(watched: Watched) -> None:
    """The pipe gives up after MaximumRecordAgeInSeconds, and says so in its queue."""
    watched.world.advance(23 * HOUR)
    watched.message_in("ChangeFeedFailuresQueue")


def _used(watched: Watched, variable: str, *kinds: Kind) -> None:
    """Four of five places are taken when the cleanup looks."""
    # World has set each of them, and takes them back.
    os.environ |= {"MAX_DURATION_SECONDS": "60", variable: "5"}
    watched.world.cold_start()
    for _ in range(4):
        runtime._totals().take(frozenset({runtime.request_id()}), *kinds)
    watched.start("cleanup")


FAULTS: Final[dict[str, Callable[[Watched], None]]] = {
    "WebhookFailuresAlarm": _webhook_secret_is_gone,
    "WebhookRefusedAlarm": _secret_is_not_mux_s,
    "WebhookEnvironmentAlarm": _environment_is_another,
    "WebhookSilentAlarm": _webhook_is_not_registered,
    "ReadingErrorsAlarm": _reading_fails,
    "ChangingErrorsAlarm": _changing_fails,
    "ThrottlesAlarm": _no_execution_is_free,
    "AwsUnavailableAlarm": _dynamodb_is_away,
    "MuxRefusedAlarm": _token_is_revoked,
    "MuxRateLimitedAlarm": _mux_limits_the_rate,
    "MuxFailedAlarm": _mux_is_broken,
    "CleanupFailedAlarm": _cleanup_may_not_ask_mux,
    "CleanupMissingAlarm": _nothing_starts,
    "OldestDueAlarm": _cleanup_does_not_reach_mux,
    "CleanupAttentionAlarm": _a_record_is_poisoned,
    "ReconcileFailedAlarm": _reconcile_may_not_ask_mux,
    "ReconcileMissingAlarm": _nothing_starts,
    "ReconcileUnfinishedAlarm": _no_walk_ends,
    "ReconcileAttentionAlarm": _mux_has_lost_a_library,
    "ReconcileDriftAlarm": _an_event_never_came,
    "UploadsPerDayAlarm": lambda watched: _used(watched, "MAX_UPLOADS_PER_DAY", "day"),
    "ExtrasPerDayAlarm": lambda watched: _used(watched, "MAX_EXTRAS_PER_DAY", "extras"),
    "StoredMinutesAlarm": lambda watched: _used(watched, "MAX_STORED_MINUTES", "minutes"),
    "MuxSetupFailedAlarm": _setup_may_not_ask_mux,
    "MuxSetupMissingAlarm": _nothing_starts,
    "ChangeFeedLateAlarm": _changes_cannot_be_announced,
    "ChangeFeedFailedAlarm": _changes_are_given_up,
}
