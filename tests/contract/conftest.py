"""A stack with something in it, and openapi.yaml ready to be tried on it."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
import schemathesis
from schemathesis.schemas import BaseSchema

from local.mux import MuxEmulator
from tests.bridge import Webhooks
from tests.contract.document import document
from tests.contract.gateway import Gateway
from tests.world import World

FILM = "https://storage.example.com/film.mp4"


@dataclass(frozen=True)
class Seeds:
    """Ids of what `ada` owns: an upload that waits, and an asset that is ready and has a part of each kind."""

    upload: str
    asset: str
    playback_id: str
    audio_track: str
    text_track: str
    rendition: str

    def parameters(self, path: str) -> dict[str, str]:
        """What makes `path` name something that exists."""
        known = {
            "id": self.upload if path.startswith("/uploads") else self.asset,
            "pid": self.playback_id,
            "tid": self.audio_track if path.endswith("/generate-subtitles") else self.text_track,
            "rid": self.rendition,
        }
        return {name: value for name, value in known.items() if f"{{{name}}}" in path}


@pytest.fixture(scope="module")
def world(emulator: MuxEmulator) -> Iterator[World]:
    """One stack for all tests of a module: each brings its own seeds."""
    emulator.reset()
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        _use_signing_key(world)
        yield world


@pytest.fixture(scope="module")
def webhooks(world: World) -> Iterator[Webhooks]:
    with Webhooks(world) as endpoint:
        yield endpoint
        assert not endpoint.crashes


@pytest.fixture(scope="module")
def lasting_seeds(world: World, webhooks: Webhooks) -> Seeds:
    """For what takes nothing away."""
    return _sow(world, webhooks)


@pytest.fixture
def seeds(request: pytest.FixtureRequest, world: World, webhooks: Webhooks, name: str) -> Seeds:
    """Fresh ones where the operation called `name` may take them away or use them up."""
    # A change of visibility makes and removes playback ids.
    if name.startswith(("DELETE", "PATCH /assets/{id}")) or (name.startswith("POST") and "{" in name):
        return _sow(world, webhooks)
    lasting: Seeds = request.getfixturevalue("lasting_seeds")
    return lasting


def _sow(world: World, webhooks: Webhooks) -> Seeds:
    upload = world.call("create_upload", json_body={}).data["id"]
    asset = world.call("create_asset", json_body={"input": FILM, "playback_policy": "signed"}).data["id"]
    webhooks.settle()
    public = world.call("playback_ids:POST", id=asset, json_body={"policy": "public"}).data["id"]
    captions = {"url": "https://storage.example.com/captions.vtt", "type": "text", "language_code": "fr"}
    text = world.call("tracks:POST", id=asset, json_body=captions).data["id"]
    rendition = world.call("static_renditions:POST", id=asset, json_body={"resolution": "audio-only"}).data["id"]
    world.call("update_asset", id=asset, json_body={"visibility": "public", "title": "Harbour at dawn"})
    webhooks.settle()
    tracks = world.call("get_asset", id=asset).data["tracks"]
    (audio,) = (track["id"] for track in tracks if track["type"] == "audio")
    return Seeds(upload, asset, public, audio, text, rendition)


@pytest.fixture(scope="module")
def contract(world: World) -> BaseSchema:
    """openapi.yaml; the handlers answer its cases."""
    schema = schemathesis.openapi.from_dict(copy.deepcopy(document()))
    schema.app = Gateway(world)
    return schema


def _use_signing_key(world: World) -> None:
    credentials = (world.mux.token_id, world.mux.token_secret)
    answer = requests.post(f"{world.mux.url}/system/v1/signing-keys", auth=credentials, timeout=10)
    key = answer.json()["data"]
    world.put_secret("MuxSigningKeySecret", {"key_id": key["id"], "private_key": key["private_key"]})
