"""What each function is measured on: events that succeed, prepared through the functions themselves."""

import json
import time
import uuid
from typing import Any, Final

from bench.stage import Stage
from local.mux.sample import sample_mp4
from mux_lifecycle.mux import webhooks
from tests.world import SIGNING_SECRET, Context, entry_point, http_event

type Json = dict[str, Any]

OWNER: Final = "ada"
PAGE: Final = 25
_JSON: Final = {"content-type": "application/json"}
_URL: Final = "https://media.example.com/film.mp4"


def events(stage: Stage, count: int) -> dict[str, list[Json]]:
    """`count` events for every function, on a stage that then holds what they ask for."""
    ready = _assets(stage, max(count, PAGE) * 2)
    uploads = [_call(_create_upload())["id"] for _ in range(count * 2)]
    return {
        "create_upload": [_create_upload() for _ in range(count)],
        "get_upload": [http_event("get_upload", owner=OWNER, id=upload_id) for upload_id in uploads[:count]],
        "cancel_upload": [http_event("cancel_upload", owner=OWNER, id=upload_id) for upload_id in uploads[count:]],
        "create_asset": [_create_asset() for _ in range(count)],
        "list_assets": [http_event("list_assets", owner=OWNER, query=f"limit={PAGE}")] * count,
        "get_asset": [http_event("get_asset", owner=OWNER, id=asset["id"]) for asset in ready[:count]],
        "delete_asset": [http_event("delete_asset", owner=OWNER, id=asset["id"]) for asset in ready[-count:]],
        "webhook_receiver": [_delivery(stage, asset) for asset in _twins(ready[0], count)],
        "cleanup": [{}] * count,
    }


def _assets(stage: Stage, count: int) -> list[Json]:
    """Ready assets at Mux, each with its record."""
    for _ in range(count):
        stage.send(_call(_create_upload())["url"], sample_mp4(size_bytes=4096))
    while len(ready := stage.ready_assets()) < min(count, 100):
        time.sleep(0.05)
    for asset in ready:
        entry_point("webhook_receiver")(_delivery(stage, asset), Context())
    return ready


def _twins(asset: Json, count: int) -> list[Json]:
    """Assets like this one, that nobody has heard of: each event writes a record of the usual size."""
    return [asset | {"id": uuid.uuid4().hex + uuid.uuid4().hex[:12]} for _ in range(count)]


def _call(event: Json) -> Json:
    result = entry_point("create_upload")(event, Context())
    data: Json = json.loads(result["body"])["data"]
    return data


def _create_upload() -> Json:
    return http_event(
        "create_upload", owner=OWNER, headers=_JSON, body=json.dumps({"title": "Harbour at dawn"}).encode()
    )


def _create_asset() -> Json:
    return http_event("create_asset", owner=OWNER, headers=_JSON, body=json.dumps({"input": _URL}).encode())


def _delivery(stage: Stage, asset: Json) -> Json:
    data = asset | {"created_at": int(asset["created_at"])}
    event = {
        "type": "video.asset.ready",
        "id": str(uuid.uuid4()),
        "object": {"type": "asset", "id": asset["id"]},
        "environment": {"name": "Local", "id": stage.mux.environment_id},
        "data": data,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
        "attempts": [],
    }
    body = json.dumps(event).encode()
    signature = webhooks.sign(body, SIGNING_SECRET, timestamp=int(time.time()))
    return http_event("webhook_receiver", owner=None, headers=_JSON | {"mux-signature": signature}, body=body)
