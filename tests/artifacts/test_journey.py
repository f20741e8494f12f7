"""The built functions and layer under Lambda's own runtime client, behind the local gateway: from upload to deletion.

What the build lacks is missing here too: a function's process sees its artefact, the layer, the client and Python.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.embedded import LocalStack
from local.mux.sample import sample_mp4
from local.worker import FunctionError
from tests.artifacts.built import NATIVE, ROOT, handlers, stage
from tests.resources.site import CAPTIONS, FILM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.artifacts,
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client runs on Linux only"),
]

PATIENCE = 30
# What the runtime client says of a function that it cannot load, and Python of one that lacks something.
INCOMPLETE = re.compile(r"^Runtime\.|Import|ModuleNotFound|FileNotFound|Attribute|UnknownService|DataNotFound")

type Json = dict[str, Any]


def serving(folder: Path) -> LocalStack:
    """A stack of what is staged in `folder`."""
    runtime = ("local.lambda_runtime", str(folder / "client"))
    return LocalStack(template=folder / "template.yaml", runtime=runtime, processing_seconds=0.2)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("built")
    stage(folder)
    with serving(folder) as running:
        yield running


@pytest.fixture
def ask(stack: LocalStack, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Requests of somebody of each test's own."""
    token = stack.token(request.node.name)

    def ask(method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        response = stack.request(method, path, token, **({} if body is None else {"json": body}))
        assert response.status_code == status, (path, response.text)
        return response.json() if response.content else None

    return ask


def until[T](look: Callable[[], T | None]) -> T:
    limit = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.mark.parametrize("logical_id", handlers())
def test_every_function_starts_and_has_all_it_uses(stack: LocalStack, logical_id: str) -> None:
    event = json.loads((ROOT / "events" / f"{handlers()[logical_id]}.json").read_text())
    refusal = ""
    try:
        stack.invoke(logical_id, event)
    except FunctionError as error:
        refusal = str(error)
    assert not INCOMPLETE.search(refusal), stack.log(logical_id)


def test_the_journey_of_a_film(stack: LocalStack, ask: Callable[..., Any]) -> None:
    upload = ask("POST", "/uploads", {"title": "Harbour", "playback_policy": "public"}, status=201)["data"]
    requests.put(upload["url"], data=sample_mp4(seconds=3), timeout=PATIENCE).raise_for_status()

    def ready() -> Json | None:
        asset: Json = ask("GET", f"/uploads/{upload['id']}")["data"].get("asset", {})
        return asset if asset.get("status") == "ready" else None

    asset = f"/assets/{until(ready)['id']}"
    assert ask("PATCH", asset, {"visibility": "public"})["data"]["visibility"] == "public"
    # The function may still show a first page of some seconds ago.
    [shown] = until(lambda: ask("GET", "/gallery")["data"])
    assert f"/assets/{shown['id']}" == asset
    assert ask("GET", f"{asset}/input-info")["data"]

    signed = ask("POST", f"{asset}/playback-ids", {"policy": "signed"}, status=201)["data"]
    tokens = ask("POST", f"{asset}/playback-tokens", {"playback_id": signed["id"]})["data"]["tokens"]
    film = f"{stack.mux_url}/stream/{signed['id']}.m3u8"
    assert requests.get(film, params={"token": tokens["video"]}, timeout=PATIENCE).status_code == 200
    assert requests.get(film, params={"token": tokens["video"][:-2]}, timeout=PATIENCE).status_code == 403
    assert ask("GET", f"{asset}/playback-ids/{signed['id']}")["data"]["policy"] == "signed"
    ask("DELETE", f"{asset}/playback-ids/{signed['id']}", status=204)

    track = {"url": CAPTIONS, "type": "text", "language_code": "de", "name": "Deutsch"}
    track = ask("POST", f"{asset}/tracks", track, status=201)["data"]
    assert ask("PATCH", f"{asset}/tracks/{track['id']}", {"name": "German"})["data"]["name"] == "German"
    ask("DELETE", f"{asset}/tracks/{track['id']}", status=204)
    rendition = ask("POST", f"{asset}/static-renditions", {"resolution": "audio-only"}, status=201)["data"]
    ask("DELETE", f"{asset}/static-renditions/{rendition['id']}", status=204)
    assert ask("PUT", f"{asset}/master-access", {"master_access": "temporary"})["data"]["master"]

    ask("DELETE", asset, status=204)
    ask("GET", asset, status=404)
    assert ask("GET", "/assets")["data"] == []


def test_an_asset_from_a_url_an_upload_taken_back_and_the_schedules(stack: LocalStack, ask: Callable[..., Any]) -> None:
    made = ask("POST", "/assets", {"input": FILM}, status=201)["data"]
    until(lambda: [one for one in ask("GET", "/assets")["data"] if (one["id"], one["status"]) == (made["id"], "ready")])
    upload = ask("POST", "/uploads", {}, status=201)["data"]
    ask("DELETE", f"/uploads/{upload['id']}", status=204)
    for schedule, event in (("CleanupFunction", {}), ("ReconcileFunction", {"start": True})):
        report = stack.invoke(schedule, event)
        assert "failed" not in report, report
        assert "stopped" not in report, report


@pytest.mark.parametrize("lost", ["mux_lifecycle/store/cursors.py", "botocore/data/dynamodb"])
def test_what_is_missing_in_the_build_is_noticed(tmp_path: Path, lost: str) -> None:
    stage(tmp_path)
    (tmp_path / "SharedLayer").unlink()
    shutil.copytree(NATIVE, tmp_path / "SharedLayer")
    gone = tmp_path / "SharedLayer" / lost
    gone.rename(gone.with_name("lost"))
    with serving(tmp_path) as stack, pytest.raises(FunctionError) as raised:
        stack.invoke("ListAssetsFunction", json.loads((ROOT / "events" / "list_assets.json").read_text()))
    assert INCOMPLETE.search(str(raised.value))
