"""Mux's events tell whole seconds: which of two changes within one second came last, only Mux knows."""

import time

from tests.resources.site import Site


def test_an_edit_in_muxs_dashboard_in_the_second_of_ours_is_found_at_the_latest_by_the_cleanup(site: Site) -> None:
    asset_id = site.ready_film(title="Before")
    site.world.advance(2.05 - time.time() % 1)
    assert site.call("update_asset", id=asset_id, json_body={"title": "Ours"}).status == 200
    site.mux_patch(asset_id, {"meta": {"title": "Theirs"}})
    site.webhooks.settle()
    site.world.advance(3600)
    site.world.schedule()
    assert site.show(asset_id)["title"] == "Theirs"
