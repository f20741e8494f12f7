"""What each route and schedule is measured on: events that succeed, prepared through the functions themselves."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from bench.stage import Stage
from local.template import Template
from mux_lifecycle.mux import webhooks
from tests.library import Film, Library
from tests.world import FUNCTIONS, SIGNING_SECRET, Context, entry_point, http_event

type Json = dict[str, Any]
type Scenario = Callable[[Stage, int], list[Json]]

OWNER: Final = "grace"
PAGE: Final = 25
_JSON: Final = {"content-type": "application/json"}
_INPUT: Final = {"input": "https://media.example.com/film.mp4", "title": "Harbour at dawn"}
_CAPTIONS: Final = {"url": "https://media.example.com/film.vtt", "type": "text", "language_code": "de"}


def expected(template: Template) -> set[str]:
    """Every route of the template by its name in FUNCTIONS, and every function without a route by its file's name."""
    names = {route: name for name, route in FUNCTIONS.items()}
    routed = {names.get((route.method, route.path), route.key) for route in template.routes}
    with_route = {route.function for route in template.routes}
    others = {name for name in template.functions if name not in with_route}
    return routed | {template.functions[name].handler.partition(".")[0] for name in others}


def _create_upload(_stage: Stage, count: int) -> list[Json]:
    return [_event("create_upload", {"title": "Harbour at dawn"}) for _ in range(count)]


def _get_upload(stage: Stage, count: int) -> list[Json]:
    return [_event("get_upload", id=_call(event)["id"]) for event in _create_upload(stage, count)]


def _cancel_upload(stage: Stage, count: int) -> list[Json]:
    return [_event("cancel_upload", id=_call(event)["id"]) for event in _create_upload(stage, count)]


def _create_asset(_stage: Stage, count: int) -> list[Json]:
    return [_event("create_asset", _INPUT) for _ in range(count)]


def _list_assets(stage: Stage, count: int) -> list[Json]:
    _stock(stage)
    return [_event("list_assets", query=f"limit={PAGE}")] * count


def _gallery(stage: Stage, count: int) -> list[Json]:
    _stock(stage)
    return [http_event("gallery", owner=None, query=f"limit={PAGE}")] * count


def _update_asset(stage: Stage, count: int) -> list[Json]:
    return [_event("update_asset", {"title": "Harbour at dusk"}, id=asset_id) for asset_id in _made(stage, count)]


def _on_assets(function: str, body: Json | None = None) -> Scenario:
    """The same request for `count` assets."""
    return lambda stage, count: [_event(function, body, id=asset_id) for asset_id in _made(stage, count)]


def _playback_tokens_for_a_page(stage: Stage, count: int) -> list[Json]:
    """Requests for as many assets as the default page of a list has."""
    body = {"asset_ids": _made(stage, PAGE)}
    return [_event("playback_tokens:POST many", body)] * count


def _on_playback_ids(function: str) -> Scenario:
    return lambda stage, count: [
        _event(function, id=asset_id, pid=_shown(asset_id)["playback_ids"][0]["id"]) for asset_id in _made(stage, count)
    ]


def _on_tracks(function: str, body: Json | None = None) -> Scenario:
    """For a text track of each asset that was added before."""
    return lambda stage, count: [
        _event(function, body, id=asset_id, tid=_call(_event("tracks:POST", _CAPTIONS, id=asset_id))["id"])
        for asset_id in _made(stage, count)
    ]


def _generate_subtitles(stage: Stage, count: int) -> list[Json]:
    wanted = {"generated_subtitles": [{"language_code": "en"}]}
    audio = {
        asset_id: next(track["id"] for track in _shown(asset_id)["tracks"] if track["type"] == "audio")
        for asset_id in _made(stage, count)
    }
    return [_event("tracks:POST generate-subtitles", wanted, id=asset_id, tid=tid) for asset_id, tid in audio.items()]


def _delete_static_rendition(stage: Stage, count: int) -> list[Json]:
    return [
        _event("static_renditions:DELETE", id=asset_id, rid=_call(request)["id"])
        for asset_id in _made(stage, count)
        for request in [_event("static_renditions:POST", {"resolution": "720p"}, id=asset_id)]
    ]


def _usage(stage: Stage, count: int) -> list[Json]:
    """Of an owner who has asked for something within the hour, and has an upload that waits."""
    _made(stage, 1)
    _call(*_create_upload(stage, 1))
    return [_event("usage")] * count


def _webhook(stage: Stage, count: int) -> list[Json]:
    """Assets like one at Mux that nobody has heard of: each event writes a record of the usual size."""
    [asset_id] = _made(stage, 1)
    asset = stage.asset(asset_id)
    return [_delivery(stage, asset | {"id": uuid.uuid4().hex + uuid.uuid4().hex[:12]}) for _ in range(count)]


def _cleanup(_stage: Stage, count: int) -> list[Json]:
    """Runs that find nothing due."""
    return [{}] * count


def _reconcile(_stage: Stage, count: int) -> list[Json]:
    """Runs of the schedule after the day's walk has ended."""
    return [{}] * count


def _mux_setup(stage: Stage, count: int) -> list[Json]:
    """Runs of the schedule on a day on which all has been found to be as it should."""
    if "webhook" not in entry_point("mux_setup")({}, Context()):
        raise SystemExit("the setup has not registered its webhook")
    # Nobody listens there: deliveries that fail would only disturb the measurements.
    stage.mux.remove_webhooks()
    return [{}] * count


SCENARIOS: Final[dict[str, Scenario]] = {
    "create_upload": _create_upload,
    "get_upload": _get_upload,
    "cancel_upload": _cancel_upload,
    "create_asset": _create_asset,
    "list_assets": _list_assets,
    "get_asset": _on_assets("get_asset"),
    "update_asset": _update_asset,
    "delete_asset": _on_assets("delete_asset"),
    "playback_ids:POST": _on_assets("playback_ids:POST", {"policy": "signed"}),
    "playback_ids:GET": _on_playback_ids("playback_ids:GET"),
    "playback_ids:DELETE": _on_playback_ids("playback_ids:DELETE"),
    "playback_tokens": _on_assets("playback_tokens", {}),
    "playback_tokens:POST many": _playback_tokens_for_a_page,
    "input_info": _on_assets("input_info"),
    "tracks:POST": _on_assets("tracks:POST", _CAPTIONS),
    "tracks:PATCH": _on_tracks("tracks:PATCH", {"name": "Deutsch"}),
    "tracks:DELETE": _on_tracks("tracks:DELETE"),
    "tracks:POST generate-subtitles": _generate_subtitles,
    "static_renditions:POST": _on_assets("static_renditions:POST", {"resolution": "720p"}),
    "static_renditions:DELETE": _delete_static_rendition,
    "static_renditions:PUT": _on_assets("static_renditions:PUT", {"mp4_support": "capped-1080p"}),
    "master_access": _on_assets("master_access", {"master_access": "temporary"}),
    "gallery": _gallery,
    "usage": _usage,
    "webhook_receiver": _webhook,
    "cleanup": _cleanup,
    "reconcile": _reconcile,
    "mux_setup": _mux_setup,
}
"""By the names of routes in FUNCTIONS, and the files of functions without a route: `count` events each."""


def _made(stage: Stage, count: int) -> list[str]:
    """The ids of new assets of OWNER, ready at Mux and in the table."""
    made = [_call(event)["id"] for event in _create_asset(stage, count)]
    for asset_id in made:
        while (asset := stage.asset(asset_id))["status"] != "ready":
            time.sleep(0.01)
        _call(_delivery(stage, asset))
    return made


def _stock(stage: Stage) -> None:
    """More than a page of assets, published all."""
    library = Library(stage.dynamodb, stage.table_name)
    library.stock(Film(number, OWNER, "ready", public=True, created_at=1_700_000_000) for number in range(2 * PAGE))


def _shown(asset_id: str) -> Json:
    return _call(_event("get_asset", id=asset_id))


def _event(function: str, body: Json | None = None, **request: str) -> Json:
    raw = None if body is None else json.dumps(body).encode()
    return http_event(function, owner=OWNER, headers=_JSON if raw else {}, body=raw, **request)  # type: ignore[arg-type]


def _call(event: Json) -> Json:
    """What the route of an event answers to it; SystemExit when that is no success."""
    names = {f"{method} {path}": name for name, (method, path) in FUNCTIONS.items()}
    result = entry_point(names[event["routeKey"]])(event, Context())
    if result["statusCode"] >= 300:
        raise SystemExit(f"{event['routeKey']}: {result}")
    data: Json = json.loads(result["body"])["data"]
    return data


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
