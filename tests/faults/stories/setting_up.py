"""Stories of what the stack keeps at Mux: one webhook and one signing key, made once and exchanged without a gap."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mux_lifecycle.errors import LifecycleError
from tests.faults.story import Stage, Story
from tests.world import SIGNING_SECRET, STACK, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

URL: Final = "http://127.0.0.1:9/webhooks/mux"
"""Nobody listens there: what Mux has to tell goes on coming to the stories' own webhook, with its own secret."""

type Json = dict[str, Any]


def _set_up(stage: Stage) -> Answer:
    """The schedule comes again, whatever became of the last run."""
    try:
        report = stage.world.setup({"check": True})
    except LifecycleError as error:
        return Answer(503, {"error": error.messages}, {"retry-after": "300"})
    if "stopped" in report or report["signing_key"] == "postponed":
        return Answer(503, {"data": report}, {"retry-after": "4000"})
    return Answer(200, {"data": report}, {})


def _nothing_there(stages: list[Stage], *, key: Json | None = None) -> None:
    [stage] = stages
    # The claim of another story, too: to this one's address, it is another stack's.
    for webhook in _claiming(stage):
        assert stage.world.mux_call("DELETE", f"/system/v1/webhooks/{webhook['id']}").ok
    stage.world.put_secret("MuxWebhookSecret", {"signing_secrets": [SIGNING_SECRET]})
    stage.event = {"key": _secret(stage, "MuxSigningKeySecret")}
    stage.world.put_secret("MuxSigningKeySecret", key or {})


def _an_exchange_that_is_over(stages: list[Stage]) -> None:
    """An old webhook and an old key are to go, and one that was never finished."""
    [stage] = stages
    key = stage.world.mux_post("/system/v1/signing-keys", {}).json()["data"]["id"]
    _nothing_there(stages, key={"key_id": "new", "private_key": "-", "previous": [{"key_id": key, "until": 1}]})
    old = stage.world.mux_post("/system/v1/webhooks", {"address": f"{URL}?retiring=old"}).json()["data"]
    stage.world.setup()
    stored = _secret(stage, "MuxWebhookSecret")
    notes = [*stored["webhooks"], {"id": old["id"], "since": 0, "until": 1}]
    stage.world.put_secret(
        "MuxWebhookSecret", {"signing_secrets": [*stored["signing_secrets"], old["signing_secret"]], "webhooks": notes}
    )
    assert stage.world.mux_post("/system/v1/webhooks", {"address": f"{URL}?retiring=older"}).ok
    stage.world.put_secret(
        "MuxSigningKeySecret", {"key_id": "new", "private_key": "-", "previous": [{"key_id": key, "until": 1}]}
    )


def _all_there(stage: Stage, _: Answer) -> None:
    """As wanted; and then as the stories to come want it, for not every story that is begun is told to its end."""
    (webhook,) = _ours(stage)
    assert (webhook["address"], webhook["enabled"]) == (f"{URL}?tag={STACK}", True)
    stored = _secret(stage, "MuxWebhookSecret")
    assert stored["webhooks"][0]["id"] == webhook["id"]
    key = _secret(stage, "MuxSigningKeySecret")
    assert key["key_id"]
    assert not key.get("previous")
    assert stage.world.mux_call("DELETE", f"/system/v1/webhooks/{webhook['id']}").ok
    stage.world.put_secret("MuxWebhookSecret", {"signing_secrets": [SIGNING_SECRET]})
    stage.world.put_secret("MuxSigningKeySecret", stage.event["key"])


def _ours(stage: Stage) -> list[Json]:
    webhooks = stage.world.mux_get("/system/v1/webhooks?limit=100").json()["data"]
    return [webhook for webhook in webhooks if webhook["address"].startswith(URL)]


def _claiming(stage: Stage) -> list[Json]:
    webhooks = stage.world.mux_get("/system/v1/webhooks?limit=100").json()["data"]
    return [webhook for webhook in webhooks if webhook["address"].startswith(URL) or "?tag=" in webhook["address"]]


def _secret(stage: Stage, logical_id: str) -> Json:
    value = stage.world.secrets.get_secret_value(SecretId=stage.world.arns[logical_id])["SecretString"]
    found: Json = json.loads(value)
    return found


def _story(begin: Callable[[list[Stage]], None], only: Collection[str] = ()) -> Story:
    environment = {"WEBHOOK_URL": URL}
    return Story("mux_setup", _set_up, deaf=True, only=only, environment=environment, begin=begin, promised=_all_there)


SETTING_UP: Final[dict[str, Story]] = {
    "setup of a webhook": _story(partial(_nothing_there, key={"key_id": "by-hand", "private_key": "-"})),
    "setup of a signing key": _story(_nothing_there, only=("POST /system/v1/signing-keys",)),
    "setup that retires": _story(
        _an_exchange_that_is_over, only=("DELETE /system/v1/webhooks/ID", "DELETE /system/v1/signing-keys/ID")
    ),
}
