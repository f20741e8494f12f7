"""What Mux's guides do with an asset, from end to end: gateway, functions in processes of their own, Mux's webhooks."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.embedded import LocalStack
from local.mux.probe import probe
from mux_lifecycle.runtime import GALLERY_SECONDS
from tests.resources.site import BROKEN_FILM, CAPTIONS, FILM, ROUTES
from tests.world import FUNCTIONS, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.resources.site import Route

PATIENCE = 30
PROCESSING_SECONDS = 2
"""More than one: Mux stamps whole seconds, so what happens within that of a request looks older than its answer."""
TRACK = {"url": CAPTIONS, "type": "text", "language_code": "de", "name": "Deutsch"}
PREPARING = "the asset is still preparing: try again when it is ready"
ERRORED = "the asset could not be processed, so this is not possible"
DELETING = "the asset is being deleted"

type Json = dict[str, Any]


class Visitor:
    """Somebody with a token, in front of the gateway."""

    def __init__(self, stack: LocalStack, owner: str) -> None:
        self.stack = stack
        self._token = stack.token(owner)

    def send(self, method: str, path: str, body: object = None) -> requests.Response:
        return self.stack.request(method, path, self._token, **({} if body is None else {"json": body}))

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The data of a success."""
        response = self.send(method, path, body)
        assert response.status_code in {200, 201}, response.text
        return response.json()["data"]

    def until(self, asset_id: str, look: Callable[[Json], object]) -> Json:
        """The asset once Mux has done what it had begun, and its webhooks have brought what `look` waits for."""
        self.stack.advance(PROCESSING_SECONDS)
        limit = time.monotonic() + PATIENCE
        while True:
            asset: Json = self.ask("GET", f"/assets/{asset_id}")
            if look(asset):
                return asset
            assert time.monotonic() < limit, asset
            time.sleep(0.05)

    def film(self, **body: object) -> Json:
        """A new asset, once it is ready."""
        made = self.ask("POST", "/assets", {"input": FILM} | body)
        return self.until(made["id"], lambda asset: asset["status"] == "ready")

    def call(self, route: Route, asset_id: str, **parts: str) -> requests.Response:
        method, path = FUNCTIONS[route.function]
        usual = dict.fromkeys(("pid", "tid", "rid"), "missing1")
        return self.send(method, path.format_map(usual | parts | {"id": asset_id}), route.body)


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    # Its many visitors ask for more within a minute than a stack allows within a day.
    with LocalStack(processing_seconds=PROCESSING_SECONDS, parameters=NO_LIMITS) as running:
        yield running


@pytest.fixture
def ada(stack: LocalStack, names: Iterator[str]) -> Visitor:
    """A visitor of each test's own."""
    return Visitor(stack, next(names))


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"ada-{number}" for number in itertools.count(1))


def delivered(stack: LocalStack, url: str) -> requests.Response:
    """What a viewer gets from there; the emulator stands for Mux's hosts."""
    for host in ("stream", "image"):
        url = url.replace(f"https://{host}.mux.com", f"{stack.mux_url}/{host}")
    assert url.startswith(stack.mux_url)
    return requests.get(url, timeout=PATIENCE)


def part_of(asset: Json, name: str, part_id: str) -> Json:
    return next((part for part in asset.get(name, []) if part.get("id") == part_id), {})


def test_an_asset_is_created(ada: Visitor) -> None:
    made = ada.ask("POST", "/assets", {"input": FILM, "title": "Harbour at dawn", "playback_policy": "public"})
    assert (made["status"], made["title"], made["playback_ids"][0]["policy"]) == (
        "preparing",
        "Harbour at dawn",
        "public",
    )
    shown = ada.ask("GET", f"/assets/{made['id']}")
    # It may have gone on meanwhile.
    facts = ("id", "title", "created_at", "visibility", "playback_ids")
    assert [shown[name] for name in facts] == [made[name] for name in facts]


def test_an_asset_is_retrieved_until_it_is_ready(ada: Visitor) -> None:
    made = ada.ask("POST", "/assets", {"input": FILM})
    asset = ada.until(made["id"], lambda asset: asset["status"] == "ready")
    assert (asset["duration"], asset["aspect_ratio"], asset["created_at"]) == (10.0, "16:9", made["created_at"])
    assert [track["type"] for track in asset["tracks"]] == ["video", "audio"]


def test_an_asset_with_captions_needs_no_further_call(ada: Visitor) -> None:
    asset = ada.film(captions="en")
    [captions] = [track["id"] for track in asset["tracks"] if track["type"] == "text"]
    asset = ada.until(asset["id"], lambda asset: part_of(asset, "tracks", captions)["status"] == "ready")
    track = part_of(asset, "tracks", captions)
    assert (track["language_code"], track["text_source"], track["name"]) == ("en", "generated_vod", "English")


def test_an_asset_is_updated(ada: Visitor) -> None:
    asset = ada.film(title="Before", playback_policy="public")
    changed = ada.ask("PATCH", f"/assets/{asset['id']}", {"title": "After", "visibility": "public"})
    assert (changed["title"], changed["visibility"]) == ("After", "public")
    time.sleep(GALLERY_SECONDS)
    gallery = requests.get(f"{ada.stack.api_url}/gallery", timeout=PATIENCE)
    assert (gallery.status_code, gallery.headers["Cache-Control"]) == (200, "public, max-age=60")
    [shown] = gallery.json()["data"]
    assert (shown["id"], shown["title"]) == (asset["id"], "After")
    ada.ask("PATCH", f"/assets/{asset['id']}", {"visibility": "private"})
    time.sleep(GALLERY_SECONDS)
    assert requests.get(f"{ada.stack.api_url}/gallery", timeout=PATIENCE).json()["data"] == []


def test_assets_are_listed(ada: Visitor) -> None:
    first, second = ada.film(), ada.film()
    both = [second["id"], first["id"]]
    assert [asset["id"] for asset in ada.ask("GET", "/assets")] == both
    assert [asset["id"] for asset in ada.ask("GET", "/assets?status=ready")] == both
    assert [asset["id"] for asset in ada.ask("GET", "/assets?order=oldest")] == both[::-1]
    assert ada.ask("GET", "/assets?status=errored") == []


def test_a_list_is_paged_by_its_cursor(ada: Visitor) -> None:
    made = {ada.ask("POST", "/assets", {"input": FILM})["id"] for _ in range(3)}
    pages: list[list[str]] = []
    cursor = ""
    while not pages or cursor:
        page = ada.send("GET", f"/assets?limit=2{cursor}").json()
        pages.append([asset["id"] for asset in page["data"]])
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert [len(page) for page in pages] == [2, 1]
    assert set(itertools.chain(*pages)) == made


def test_an_asset_is_deleted(ada: Visitor) -> None:
    asset = ada.film()
    assert ada.send("DELETE", f"/assets/{asset['id']}").status_code == 204
    assert ada.send("GET", f"/assets/{asset['id']}").status_code == 404
    assert ada.send("DELETE", f"/assets/{asset['id']}").status_code == 404
    assert ada.ask("GET", "/assets") == []


def test_the_input_is_described(ada: Visitor) -> None:
    [info] = ada.ask("GET", f"/assets/{ada.film()['id']}/input-info")
    assert [track["type"] for track in info["file"]["tracks"]] == ["video", "audio"]
    assert FILM not in str(info)


def test_a_playback_id_is_created(ada: Visitor) -> None:
    asset = ada.film(playback_policy="signed")
    made = ada.ask("POST", f"/assets/{asset['id']}/playback-ids", {"policy": "public"})
    assert ada.ask("GET", f"/assets/{asset['id']}")["playback_ids"] == [*asset["playback_ids"], made]
    assert delivered(ada.stack, made["urls"]["hls"]).text.startswith("#EXTM3U")


def test_a_playback_id_is_retrieved(ada: Visitor) -> None:
    asset = ada.film(playback_policy="public")
    [entry] = asset["playback_ids"]
    path = f"/assets/{asset['id']}/playback-ids"
    assert ada.ask("GET", f"{path}/{entry['id']}") == entry
    assert ada.send("GET", f"{path}/missing1").status_code == 404


def test_a_playback_id_is_deleted(ada: Visitor) -> None:
    asset = ada.film(playback_policy="public")
    [entry] = asset["playback_ids"]
    path = f"/assets/{asset['id']}/playback-ids/{entry['id']}"
    assert [ada.send("DELETE", path).status_code for _ in range(2)] == [204, 404]
    assert ada.send("GET", path).status_code == 404
    assert "playback_ids" not in ada.ask("GET", f"/assets/{asset['id']}")
    assert delivered(ada.stack, entry["urls"]["hls"]).status_code == 404


def test_a_public_asset_plays_by_its_urls(ada: Visitor, tmp_path: Path) -> None:
    asset = ada.film(playback_policy="public")
    assert "mp4" not in asset["playback_ids"][0]["urls"]
    made = ada.ask("POST", f"/assets/{asset['id']}/static-renditions", {"resolution": "480p"})
    asset = ada.until(asset["id"], lambda asset: "mp4" in asset["playback_ids"][0]["urls"])
    [playback_id] = asset["playback_ids"]
    assert ada.ask("GET", f"/assets/{asset['id']}/playback-ids/{playback_id['id']}") == playback_id
    urls = playback_id["urls"]
    assert urls.pop("player") == f"https://player.mux.com/{playback_id['id']}"
    types = {name: delivered(ada.stack, url).headers["Content-Type"].partition(";")[0] for name, url in urls.items()}
    assert types == {
        "hls": "application/vnd.apple.mpegurl",
        "thumbnail": "image/jpeg",
        "animated": "image/gif",
        "storyboard": "text/vtt",
        "mp4": "video/mp4",
    }
    (tmp_path / "film.mp4").write_bytes(delivered(ada.stack, urls["mp4"]).content)
    media = probe(tmp_path / "film.mp4")
    assert media
    assert media.video
    assert media.video.height == 480
    assert ada.send("DELETE", f"/assets/{asset['id']}/static-renditions/{made['id']}").status_code == 204
    shown = ada.ask("GET", f"/assets/{asset['id']}")
    assert "static_renditions" not in shown
    assert "mp4" not in shown["playback_ids"][0]["urls"]


def test_a_signed_asset_plays_with_its_tokens_only(ada: Visitor) -> None:
    asset, other = ada.film(playback_policy="signed"), ada.film(playback_policy="signed")
    ada.ask("POST", f"/assets/{asset['id']}/static-renditions", {"resolution": "highest"})
    ada.until(asset["id"], lambda asset: asset["static_renditions"][0]["status"] == "ready")
    made = ada.ask("POST", f"/assets/{asset['id']}/playback-tokens", {"thumbnail": {"time": 1, "width": 320}})
    assert made["urls"].keys() == {"hls", "thumbnail", "animated", "storyboard", "mp4"}
    for name, url in made["urls"].items():
        bare = url.partition("?")[0]
        wrong = made["tokens"]["video" if name in {"thumbnail", "animated", "storyboard"} else "thumbnail"]
        elsewhere = url.replace(made["playback_id"], other["playback_ids"][0]["id"], 1)
        statuses = [
            delivered(ada.stack, tried).status_code for tried in (url, bare, f"{bare}?token={wrong}", elsewhere)
        ]
        assert (name, statuses) == (name, [200, 403, 403, 403])


def test_mp4_support_is_updated(ada: Visitor) -> None:
    asset = ada.film(playback_policy="public")
    path = f"/assets/{asset['id']}/mp4-support"
    ada.ask("PUT", path, {"mp4_support": "capped-1080p"})
    asset = ada.until(asset["id"], lambda asset: "static_renditions" in asset)
    assert [file["name"] for file in asset["static_renditions"]] == ["capped-1080p.mp4"]
    url = asset["playback_ids"][0]["urls"]["mp4"]
    assert delivered(ada.stack, url).headers["Content-Type"] == "video/mp4"
    assert "static_renditions" not in ada.ask("PUT", path, {"mp4_support": "none"})


def test_master_access_is_updated(ada: Visitor) -> None:
    asset_id = ada.film()["id"]
    path = f"/assets/{asset_id}/master-access"
    assert ada.ask("PUT", path, {"master_access": "temporary"})["master"] == {"status": "preparing"}
    assert ada.until(asset_id, lambda asset: asset["master"]["status"] == "ready")["master"] == {"status": "ready"}
    assert ada.ask("PUT", path, {"master_access": "temporary"})["master"]["url"].startswith("https://")
    assert "master" not in ada.ask("PUT", path, {"master_access": "none"})


def test_a_track_is_created(ada: Visitor) -> None:
    asset_id = ada.film()["id"]
    made = ada.ask("POST", f"/assets/{asset_id}/tracks", TRACK)
    assert (made["status"], made["language_code"]) == ("preparing", "de")
    ada.until(asset_id, lambda asset: part_of(asset, "tracks", made["id"]).get("status") == "ready")


def test_a_track_is_updated(ada: Visitor) -> None:
    asset_id = ada.film()["id"]
    made = ada.ask("POST", f"/assets/{asset_id}/tracks", TRACK)
    body = {"name": "Deutsch (CH)", "language_code": "de-CH"}
    changed = ada.ask("PATCH", f"/assets/{asset_id}/tracks/{made['id']}", body)
    assert changed == made | body
    asset = ada.until(asset_id, lambda asset: part_of(asset, "tracks", made["id"])["status"] == "ready")
    assert part_of(asset, "tracks", made["id"]) == changed | {"status": "ready"}


def test_a_track_is_deleted(ada: Visitor) -> None:
    asset_id = ada.film()["id"]
    made = ada.ask("POST", f"/assets/{asset_id}/tracks", TRACK)
    path = f"/assets/{asset_id}/tracks/{made['id']}"
    assert [ada.send("DELETE", path).status_code for _ in range(2)] == [204, 404]
    assert part_of(ada.ask("GET", f"/assets/{asset_id}"), "tracks", made["id"]) == {}


def test_subtitles_are_generated(ada: Visitor) -> None:
    asset = ada.film()
    audio = next(track["id"] for track in asset["tracks"] if track["type"] == "audio")
    path = f"/assets/{asset['id']}/tracks/{audio}/generate-subtitles"
    [made] = ada.ask("POST", path, {"generated_subtitles": [{"language_code": "en"}]})
    assert (made["status"], made["text_source"], made["name"]) == ("preparing", "generated_vod", "English")
    ada.until(asset["id"], lambda asset: part_of(asset, "tracks", made["id"]).get("status") == "ready")


def test_nobody_uses_what_is_anothers_missing_or_deleted(ada: Visitor) -> None:
    bob, gone = Visitor(ada.stack, "bob"), ada.film()["id"]
    theirs = ada.film(playback_policy="signed")
    assert ada.send("DELETE", f"/assets/{gone}").status_code == 204
    parts = {"pid": theirs["playback_ids"][0]["id"]}
    parts |= {"tid": next(track["id"] for track in theirs["tracks"] if track["type"] == "audio")}
    for route in ROUTES:
        answers = [
            bob.call(route, theirs["id"], **parts),
            ada.call(route, "missing1", **parts),
            ada.call(route, gone, **parts),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3, route
        assert len({answer.text for answer in answers}) == 1
    assert ada.ask("GET", f"/assets/{theirs['id']}") == theirs


def test_without_a_token_there_is_nothing_but_the_gallery(stack: LocalStack) -> None:
    for method, path in FUNCTIONS.values():
        answer = stack.request(method, path.format(id="a1", pid="p1", tid="t1", rid="r1"))
        expected = {"/gallery": (200, "data"), "/webhooks/mux": (401, "error")}.get(path, (401, "message"))
        assert (path, answer.status_code, expected[1] in answer.json()) == (path, expected[0], True)


def test_what_an_assets_state_excludes_is_refused_with_a_reason(ada: Visitor) -> None:
    broken = ada.ask("POST", "/assets", {"input": BROKEN_FILM})["id"]
    ada.until(broken, lambda asset: asset["status"] == "errored")
    going = ada.film()["id"]
    try:
        set_faults(ada.stack, {"api": {"error_rate": 1}, "webhooks": {"drop": 1}})
        assert ada.send("DELETE", f"/assets/{going}").status_code == 202
        # Mux makes it ready and says so, but nobody hears it.
        set_faults(ada.stack, {"webhooks": {"drop": 1}})
        young = ada.ask("POST", "/assets", {"input": FILM})["id"]
        for route in (route for route in ROUTES if route.changes):
            assert (route.function, reason(ada.call(route, going))) == (route.function, DELETING)
            if route.awaits_ready:
                assert (route.function, reason(ada.call(route, young))) == (route.function, PREPARING)
                assert (route.function, reason(ada.call(route, broken))) == (route.function, ERRORED)
    finally:
        set_faults(ada.stack, {})


def reason(answer: requests.Response) -> str:
    """The message of a 409."""
    assert answer.status_code == 409, answer.text
    [message] = answer.json()["error"]["messages"]
    return str(message)


def set_faults(stack: LocalStack, faults: Json) -> None:
    requests.put(f"{stack.mux_url}/_emulator/faults", json=faults, timeout=PATIENCE).raise_for_status()
