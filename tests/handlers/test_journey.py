"""The upload journey in one process, step by step through the real entry points."""

import time

from local.mux.sample import sample_mp4
from tests.world import World


def test_from_file_to_deleted_asset(world: World) -> None:
    made = world.call("create_upload", json_body={"title": "Harbour", "playback_policy": "public"})
    assert made.status == 201
    print(made)
    upload_id = made.data["id"]
    world.send_file(made.data["url"], sample_mp4())
    world.wait_for(lambda: any(a["status"] == "ready" for a in world.mux_assets()))
    [asset] = world.mux_assets()
    assert world.call("get_upload", id=upload_id).data["status"] == "waiting"
