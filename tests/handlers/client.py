"""Callers of the API: every answer they get is held against the contract before a test sees it."""

import json
import time
from typing import Any

from tests.handlers import contract
from tests.world import Answer, Context, Json, World, delivery, entry_point, http_event

FILM = "https://storage.example.com/film.mp4"


def label(value: object) -> str:
    """`value` in the name of a test."""
    return ascii(value)[:32]


class Client:
    """Calls functions as their routes would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._aws_calls = 0
        world.on_aws_call("provide-client-params", self._note_aws_call)
        world.cold_start()

    def call(self, function: str, **request: Any) -> Answer:
        """As `World.call`."""
        answer = self.world.call(function, **request)
        contract.check(function, answer)
        return answer

    def handle(self, function: str, event: Json) -> Answer:
        """As `World.handle`."""
        answer = self.world.handle(function, event)
        contract.check(function, answer)
        return answer

    def elsewhere(self, function: str, **request: Any) -> Answer:
        """As `call`, but at the same time as another call: in Lambda that is another process."""
        body = request.pop("json_body", None)
        if body is not None:
            request["body"] = json.dumps(body).encode()
            request["headers"] = {"content-type": "application/json"} | request.get("headers", {})
        result = entry_point(function)(http_event(function, **request), Context())
        answer = Answer(result["statusCode"], json.loads(result.get("body") or "null"), result["headers"])
        contract.check(function, answer)
        return answer

    def elsewhere_delivered(self, event: Json) -> None:
        """A webhook that is handled at the same time as a call."""
        assert entry_point("webhook_receiver")(delivery(event), Context())["statusCode"] == 200

    @staticmethod
    def now() -> float:
        """Epoch seconds, also after `World.advance`."""
        return time.time()

    def refused(self, function: str, status: int, **request: Any) -> list[str]:
        """The messages of a refusal that came before anything was asked of AWS or Mux."""
        before = self.calls()
        answer = self.call(function, **request)
        assert answer.status == status, answer
        assert self.calls() == before
        return answer.messages

    def calls(self) -> tuple[int, int]:
        """How often AWS and Mux were asked so far."""
        return self._aws_calls, len(self.asked())

    def upload(self, owner: str = "ada", **request: Any) -> Json:
        """A new upload as it was answered."""
        answer = self.call("create_upload", owner=owner, **{"json_body": {}} | request)
        assert answer.status == 201, answer
        created: Json = answer.data
        return created

    def asset(self, owner: str = "ada", **request: Any) -> str:
        """The id of a new asset that Mux has finished preparing; what our record says of it is another matter."""
        answer = self.call("create_asset", owner=owner, **{"json_body": {"input": FILM}} | request)
        assert answer.status == 201, answer
        asset_id: str = answer.data["id"]
        self.world.wait_for(lambda: self.mux_status(asset_id) == "ready")
        return asset_id

    def mux_status(self, asset_id: str) -> str:
        """The status at Mux; `""` when Mux has no such asset."""
        found = self.world.mux_get(f"/video/v1/assets/{asset_id}")
        return str(found.json()["data"]["status"]) if found.status_code == 200 else ""

    def asked(self) -> list[tuple[str, str]]:
        """Method and path of every request to Mux so far, also a test's own looks."""
        return [
            (request["method"], request["path"])
            for request in self.world.mux.requests()
            if request["path"].startswith(("/video/", "/system/"))
        ]

    def sent(self, path: str) -> Json:
        """The JSON body of the only POST to `path`."""
        [request] = [
            request for request in self.world.mux.requests() if (request["method"], request["path"]) == ("POST", path)
        ]
        body: Json = json.loads(request["body"])
        return body

    def _note_aws_call(self, **_: object) -> None:
        self._aws_calls += 1
