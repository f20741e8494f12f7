"""Many uploads while Mux's webhooks get lost, come twice, too late and in the wrong order: in the end all is there."""

from collections import Counter

import pytest

from local.mux import sample_mp4
from tests.bridge import Webhooks
from tests.world import Json, World, pages

NOISY: Json = {"drop": 0.3, "duplicate": 0.3, "reorder": 0.3, "delay_seconds": [0, 0.02]}
MOSTLY_LOST: Json = {"drop": 0.7, "reorder": 0.5}


@pytest.mark.parametrize(("uploads", "noise"), [(200, NOISY), (50, MOSTLY_LOST)], ids=["noisy", "mostly lost"])
def test_every_upload_ends_as_one_ready_asset(world: World, webhooks: Webhooks, uploads: int, noise: Json) -> None:
    """Two runs of the cleanup, an hour apart, make up for whatever the webhooks did not tell."""
    world.mux.set_faults({"webhooks": noise})
    film = sample_mp4()
    made = []
    for number in range(uploads):
        upload = world.call("create_upload", json_body={"title": f"Film {number}"}).data
        world.send_file(upload["url"], film)
        made.append(upload["id"])
    world.wait_for(lambda: all(asset["status"] == "ready" for asset in world.mux_assets()))
    world.mux.set_faults({})
    for _ in range(2):
        world.advance(3700)
        webhooks.settle()
        world.schedule()
    assets = [asset for page in pages(world, limit=100) for asset in page]
    assert Counter(asset["upload_id"] for asset in assets) == Counter(made)
    assert {asset["status"] for asset in assets} == {"ready"}
    assert {asset["id"] for asset in assets} == {asset["id"] for asset in world.mux_assets()}
    left = [record for record in world.records().values() if "due_at" in record]
    assert not left
    assert {record["status"] for record in world.records().values()} == {"asset_created", "ready"}
