"""A site that uses the API: makes assets in every state, and holds each answer against what all routes promise."""

import copy
import json
import re
from dataclasses import dataclass
from typing import Any, Final

import requests
from jsonschema import Draft202012Validator

from tests.bridge import Webhooks
from tests.handlers import contract
from tests.world import Answer, Json, World

FILM: Final = "https://storage.example.com/film.mp4"
BROKEN_FILM: Final = "https://storage.example.invalid/film.mp4"
CAPTIONS: Final = "https://storage.example.com/captions.vtt"
PROCESSING_SECONDS: Final = 600.0

_INTERNAL: Final = re.compile(
    r"mxl1#|local-token|UPLOAD#|ASSET#|Traceback|mux_lifecycle|arn:aws|PRIVATE KEY|[Ss]ignature=|token=ey|owner_status"
)
_KEYS_ON_PURPOSE: Final = ("playback_tokens", "playback_tokens:POST many", "master_access")
"""Routes whose answers are keys: their own tests say to whom and which."""

_ASSET: Final = copy.deepcopy(contract.ASSET)
# The files of mp4_support have neither.
_ASSET["properties"]["static_renditions"]["items"]["required"] = []

_ERROR_TYPES: Final = {
    400: "invalid_parameters",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
}


@dataclass(frozen=True)
class Route:
    """A route that acts on an asset: a body that it takes, what it answers, what the asset must have for it."""

    function: str
    status: int
    body: Json | None = None
    needs: str = ""
    changes: bool = True
    awaits_ready: bool = False


ROUTES: Final = (
    Route("update_asset", 200, {"title": "Harbour"}),
    Route("playback_ids:POST", 201, {"policy": "signed"}),
    Route("playback_ids:GET", 200, needs="pid", changes=False),
    Route("playback_ids:DELETE", 204, needs="pid"),
    Route("playback_tokens", 200, {}),
    Route("input_info", 200, changes=False),
    Route(
        "tracks:POST", 201, {"url": CAPTIONS, "type": "text", "language_code": "de", "name": "Deutsch"}, "", True, True
    ),
    Route("tracks:PATCH", 200, {"name": "Français"}, "tid", awaits_ready=True),
    Route("tracks:DELETE", 204, None, "tid", awaits_ready=True),
    Route(
        "tracks:POST generate-subtitles",
        201,
        {"generated_subtitles": [{"language_code": "en"}]},
        "audio",
        awaits_ready=True,
    ),
    Route("static_renditions:POST", 201, {"resolution": "audio-only"}, awaits_ready=True),
    Route("static_renditions:DELETE", 204, None, "rid", awaits_ready=True),
    Route("static_renditions:PUT", 200, {"mp4_support": "capped-1080p"}, awaits_ready=True),
    Route("master_access", 200, {"master_access": "temporary"}, awaits_ready=True),
)
CHANGING: Final = tuple(route for route in ROUTES if route.changes)


def named(route: Route) -> str:
    """The route in the name of a test."""
    return route.function


class Site:
    """Calls functions as their routes would, and lets Mux's events arrive."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks
        self._aws_calls = 0
        world.on_aws_call("provide-client-params", self._note_aws_call)
        world.cold_start()

    def call(self, function: str, **request: Any) -> Answer:
        """As `World.call`, with the answer checked."""
        answer = self.world.call(function, **request)
        _check(function, answer)
        return answer

    def film(self, owner: str = "ada", **body: Any) -> str:
        """The id of a new asset, still preparing."""
        made = self.call("create_asset", owner=owner, json_body={"input": FILM} | body)
        return str(made.data["id"])

    def finish(self) -> None:
        """Mux tells what has happened, does what it has begun, and tells that too."""
        self.tell()
        self.world.advance(PROCESSING_SECONDS + 1)
        self.webhooks.settle()

    def tell(self) -> None:
        """Mux tells what has happened; nothing that it prepares gets any further."""
        self.webhooks.rest()

    def ready_film(self, owner: str = "ada", **body: Any) -> str:
        """The id of a new asset that is ready."""
        asset_id = self.film(owner, **body)
        self.finish()
        assert self.show(asset_id, owner)["status"] == "ready"
        return asset_id

    def subject(self, route: Route, owner: str = "ada") -> Json:
        """An asset that `route` can act on, as the ids that a call of it needs."""
        return {"id": (asset_id := self.ready_film(owner))} | self.part(route.needs, asset_id, owner)

    def part(self, kind: str, asset_id: str, owner: str = "ada") -> Json:
        """The id of an asset's part of a `kind` (as in Route.needs), made if need be."""
        match kind:
            case "pid":
                return {"pid": self.show(asset_id, owner)["playback_ids"][0]["id"]}
            case "audio":
                return {"tid": self.track(asset_id, "audio", owner)["id"]}
            case "tid":
                body = {"url": CAPTIONS, "type": "text", "language_code": "fr"}
                return {"tid": self.call("tracks:POST", id=asset_id, owner=owner, json_body=body).data["id"]}
            case "rid":
                body = {"resolution": "1080p"}
                return {"rid": self.call("static_renditions:POST", id=asset_id, owner=owner, json_body=body).data["id"]}
        return {}

    def made_up_part(self, route: Route) -> Json:
        """Ids of parts that no asset has."""
        return dict.fromkeys({"pid", "tid", "rid"} if route.needs else (), "missing1")

    def foreign_film(self) -> str:
        """The id of a ready asset that something else than this stack made in the same environment."""
        body = {"inputs": [{"url": FILM}], "passthrough": "another program's", "playback_policies": ["signed"]}
        asset_id = str(self.world.mux_post("/video/v1/assets", body).json()["data"]["id"])
        self.finish()
        return asset_id

    def show(self, asset_id: str, owner: str = "ada", **request: Any) -> Json:
        """The asset as GET /assets/{id} answers it."""
        found: Json = self.call("get_asset", id=asset_id, owner=owner, **request).data
        return found

    def track(self, asset_id: str, kind: str, owner: str = "ada") -> Json:
        """The asset's only track of a type, as it is shown."""
        [found] = [track for track in self.show(asset_id, owner)["tracks"] if track["type"] == kind]
        return dict(found)

    def at_mux(self, asset_id: str) -> Json:
        """The asset as Mux has it."""
        found: Json = self.world.mux_get(f"/video/v1/assets/{asset_id}").json()["data"]
        return found

    def mux_patch(self, asset_id: str, body: Json) -> None:
        """Change an asset in Mux's dashboard."""
        mux = self.world.mux
        url = f"{mux.url}/video/v1/assets/{asset_id}"
        assert requests.patch(url, json=body, auth=(mux.token_id, mux.token_secret), timeout=10).status_code == 200

    def mux_delete(self, path: str) -> None:
        """Delete something below /video/v1 in Mux's dashboard."""
        mux = self.world.mux
        url = f"{mux.url}/video/v1{path}"
        assert requests.delete(url, auth=(mux.token_id, mux.token_secret), timeout=10).status_code == 204

    def sent(self, method: str, path: str) -> list[Any]:
        """The JSON bodies (None: none) of all requests to Mux with this method and path below /video/v1."""
        return [
            json.loads(request["body"]) if request["body"] else None
            for request in self.world.mux.requests()
            if (request["method"], request["path"]) == (method, f"/video/v1{path}")
        ]

    def use_signing_key(self, key: Json) -> None:
        """Put a signing key, as Mux gave it, where the operator puts it."""
        secret = {"key_id": key["id"], "private_key": key["private_key"]}
        self.world.put_secret("MuxSigningKeySecret", secret)

    def records(self) -> dict[str, Json]:
        """The whole table, looked at between two calls."""
        with self.world._turn:
            return self.world.records()

    def calls(self) -> tuple[int, int]:
        """How often AWS and Mux were asked so far."""
        return self._aws_calls, len(self.world.mux.requests())

    def gallery(self, **request: Any) -> list[str]:
        """The ids in the gallery's first page, as somebody without a token sees it."""
        answer = self.call("gallery", owner=None, **request)
        assert answer.status == 200, answer
        return [asset["id"] for asset in answer.data]

    def _note_aws_call(self, **_: object) -> None:
        self._aws_calls += 1


def _check(function: str, answer: Answer) -> None:
    headers = dict(answer.headers)
    public = function == "gallery" and answer.status == 200
    assert headers.pop("cache-control") == ("public, max-age=60" if public else "no-store")
    assert headers.pop("vary", "") == ("origin" if public else "")
    assert headers.pop("x-content-type-options") == "nosniff"
    if answer.status == 204:
        assert (answer.body, headers) == (None, {})
        return
    assert headers.pop("content-type") == "application/json"
    if answer.status == 503:
        assert int(headers.pop("retry-after")) > 0
    assert headers == {}
    if function not in _KEYS_ON_PURPOSE:
        assert not _INTERNAL.search(json.dumps(answer.body)), answer
    if answer.status >= 400:
        error = answer.body["error"]
        assert set(error) == {"type", "messages"}
        assert error["type"] == _ERROR_TYPES.get(answer.status, error["type"])
        assert error["messages"]
        assert all(0 < len(message) <= 300 and message.isprintable() for message in error["messages"])
        return
    assert set(answer.body) == ({"data", "next_cursor"} if function in ("gallery", "list_assets") else {"data"})
    if function in ("get_asset", "update_asset", "static_renditions:PUT"):
        Draft202012Validator(_ASSET).validate(answer.data)
