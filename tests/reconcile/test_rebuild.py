"""A table that was wiped is restored from Mux alone: callers get the answers they got before."""

import pytest

from tests.bridge import Webhooks, webhooks
from tests.faults.story import FILM, VIDEO
from tests.reconcile.library import MuxLibrary
from tests.reconcile.truth import differences, shown
from tests.world import Json, World

__all__ = ["webhooks"]

OWNERS = ("ada", "eve")


def _populated(world: World, webhooks: Webhooks) -> list[str]:
    """A library with a bit of everything, every event of it heard; the ids of the uploads."""
    uploads = []
    for owner in OWNERS:
        asset_id = world.call("create_asset", owner=owner, json_body=FILM | {"playback_policy": "public"}).data["id"]
        world.call("create_asset", owner=owner, json_body={"input": "https://films.invalid/film.mp4"})
        made = [world.call("create_upload", owner=owner, json_body={"title": "Mine"}).data for _ in range(4)]
        uploads += [upload["id"] for upload in made]
        world.send_file(made[0]["url"], VIDEO)
        world.send_file(made[1]["url"], b"This is not a video. " * 99)
        assert world.call("cancel_upload", owner=owner, id=made[2]["id"]).status == 204
        webhooks.settle()
        changes = {"title": "Sunset", "visibility": "public"}
        assert world.call("update_asset", owner=owner, id=asset_id, json_body=changes).status == 200
        captions = {"url": "https://storage.example.com/en.vtt", "type": "text", "language_code": "en", "name": "en"}
        assert world.call("tracks:POST", owner=owner, id=asset_id, json_body=captions).status == 201
        files = {"resolution": "highest"}
        assert world.call("static_renditions:POST", owner=owner, id=asset_id, json_body=files).status == 201
    webhooks.settle()
    return uploads


def _answers(world: World, uploads: list[str]) -> Json:
    """Everything that callers can read, but for `updated_at`: that is when we heard of the last change."""
    found: Json = {owner: shown(world, owner) for owner in OWNERS}
    for upload_id, owner in zip(uploads, (owner for owner in OWNERS for _ in range(4)), strict=True):
        found[upload_id] = world.call("get_upload", owner=owner, id=upload_id).data
        found[upload_id].get("asset", {}).pop("updated_at", None)
    found["gallery"] = world.call("gallery", owner=None).data
    found["everybody"] = [
        entry["id"] for entry in world.call("list_assets", groups=["admin"], query="scope=all&limit=100").data
    ]
    return found


@pytest.mark.parametrize("event", [{"rebuild": True}, None], ids=["by hand", "by the schedule"])
def test_a_wiped_table_is_restored_with_its_owners(world: World, webhooks: Webhooks, event: Json | None) -> None:
    uploads = _populated(world, webhooks)
    # Two events of one upload within a second leave it open which of them was the last.
    world.reconcile({"start": True})
    world.advance(600)
    assert world.mux_post("/video/v1/assets", {"inputs": [{"url": FILM["input"]}]}).status_code == 201
    webhooks.settle()
    before = _answers(world, uploads)
    requests = {record.get("request") for pk, record in world.records().items() if pk.startswith("ASSET#")}
    assert all(before.values())
    world.replace_items([])
    world.cold_start()
    report = world.reconcile(event)
    assert _answers(world, uploads) == before
    assert {record.get("request") for pk, record in world.records().items() if pk.startswith("ASSET#")} == requests
    assert (report["adopted"], report["noted"], report["uploads_adopted"]) == (8, 1, 8)
    assert differences(world) == []


def test_a_rebuild_takes_nothing_away(world: World, library: MuxLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIN_DAYS", "1")
    monkeypatch.setenv("CANCEL_ABANDONED_UPLOADS_HOURS", "1")
    monkeypatch.setenv("UPLOAD_TIMEOUT_SECONDS", "604800")
    world.cold_start()
    gone = world.call("create_asset", json_body=FILM).data["id"]
    upload = world.call("create_upload", json_body={}).data["id"]
    kept = world.call("create_asset", json_body=FILM).data["id"]
    world.wait_for(lambda: all(asset["status"] != "preparing" for asset in world.mux_assets()))
    library.drop(gone)
    world.advance(3 * 86_400)
    report = world.reconcile({"rebuild": True})
    assert report["repaired"] == 1
    assert {asset["id"] for asset in shown(world)} == {gone, kept}
    assert world.call("get_upload", id=upload).data["status"] == "waiting"
    assert world.call("get_asset", id=kept).data["status"] == "ready"
