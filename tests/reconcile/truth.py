"""Whether the table says what Mux says."""

from typing import Any

from tests import mux_events
from tests.world import STACK, World, pages

type Json = dict[str, Any]


def shown(world: World, owner: str = "ada") -> list[Json]:
    """What the owner sees of all assets, without the time at which we heard of it."""
    listed = [asset for page in pages(world, limit=100, owner=owner) for asset in page]
    return [asset | {"updated_at": ""} for asset in listed]


def differences(world: World) -> list[str]:
    """Everything in which the records differ from the assets and uploads of this stack at Mux."""
    ours = {asset["id"]: asset for asset in world.mux_assets() if f"#{STACK}#" in asset.get("passthrough", "")}
    owners = {asset["passthrough"].split("#")[2] for asset in ours.values()} | {"ada"}
    found = {asset["id"]: asset for owner in sorted(owners) for asset in shown(world, owner)}
    told = [f"asset {asset_id}: only in one place" for asset_id in ours.keys() ^ found.keys()]
    for asset_id in ours.keys() & found.keys():
        there, here = _essence(ours[asset_id]), _essence(found[asset_id])
        told += [f"asset {asset_id}: {name}" for name in there if there[name] != here[name]]
        playable_by = mux_events.playable_by(ours[asset_id])
        told += [f"asset {asset_id}: playable by"] * (playable_by != found[asset_id]["playable_by"])
        visibility = ours[asset_id]["passthrough"].split("#")[4] if playable_by == "everyone" else "private"
        told += [f"asset {asset_id}: visibility"] * (visibility != found[asset_id]["visibility"])
    records = world.records()
    for upload in world.mux_get("/video/v1/uploads?limit=100").json()["data"]:
        if f"#{STACK}#" in upload["new_asset_settings"].get("passthrough", ""):
            record = records.get(f"UPLOAD#{upload['id']}", {})
            same = record.get("status") == upload["status"] and record.get("asset_id") == upload.get("asset_id")
            told += [f"upload {upload['id']}: {record.get('status')} for {upload['status']}"] * (not same)
    return told


def _essence(asset: Json) -> Json:
    """What API answers of Mux and of ours have in common."""
    renditions = asset.get("static_renditions", [])
    return {
        "status": asset["status"],
        "title": asset.get("title", asset.get("meta", {}).get("title")),
        "upload_id": asset.get("upload_id"),
        "playback_ids": {(entry["id"], entry["policy"]) for entry in asset.get("playback_ids", [])},
        "tracks": {(track["id"], track.get("status"), track.get("name")) for track in asset.get("tracks", [])},
        "static_renditions": {
            (file["id"], file["status"])
            for file in (renditions.get("files", []) if isinstance(renditions, dict) else renditions)
        },
        "duration": asset.get("duration"),
        "errors": asset.get("errors"),
    }
