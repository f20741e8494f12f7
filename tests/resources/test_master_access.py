"""PUT /assets/{id}/master-access: the URL of the original is a key, told to who asks for it and to nobody else."""

import pytest

from tests.handlers.front import Front, Reply
from tests.resources.site import Site
from tests.world import Json

DAY = 86_400


def ask(site: Site, asset_id: str, access: str = "temporary") -> Json:
    answer = site.call("master_access", id=asset_id, json_body={"master_access": access})
    assert answer.status == 200, answer
    found: Json = answer.data
    return found


def test_the_url_is_told_once_it_is_ready_and_only_to_who_asks(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    asset_id = site.ready_film()
    assert ask(site, asset_id)["master"] == {"status": "preparing"}
    assert site.show(asset_id)["master"] == {"status": "preparing"}
    site.finish()
    assert site.show(asset_id)["master"] == {"status": "ready"}
    url = site.at_mux(asset_id)["master"]["url"]
    answer = ask(site, asset_id)
    assert answer["master"] == {"status": "ready", "url": url}
    assert answer | {"master": {"status": "ready"}} == site.show(asset_id)
    assert site.sent("PUT", f"/assets/{asset_id}/master-access") == [{"master_access": "temporary"}] * 2
    signature = url.partition("signature=")[2]
    elsewhere = [site.records(), site.call("get_asset", id=asset_id).body, site.call("list_assets").body]
    elsewhere += [site.call("list_assets", owner="root", groups=["admin"], query="scope=all").body]
    elsewhere += ["".join(capfd.readouterr())]
    assert signature
    assert signature not in str(elsewhere)


def test_access_ends_after_a_day_and_can_be_asked_for_again(site: Site) -> None:
    asset_id = site.ready_film()
    ask(site, asset_id)
    site.finish()
    first = ask(site, asset_id)["master"]["url"]
    site.world.advance(DAY)
    site.webhooks.settle()
    assert "master" not in site.show(asset_id)
    assert ask(site, asset_id)["master"] == {"status": "preparing"}
    site.finish()
    assert ask(site, asset_id)["master"]["url"] != first


def test_access_can_be_ended_at_once(site: Site) -> None:
    asset_id = site.ready_film()
    ask(site, asset_id)
    site.finish()
    assert "master" not in ask(site, asset_id, "none")
    site.webhooks.settle()
    assert "master" not in site.show(asset_id)
    assert "master" not in ask(site, asset_id, "none")


def test_an_old_event_does_not_open_what_was_closed(site: Site) -> None:
    asset_id = site.ready_film()
    ask(site, asset_id)
    site.finish()
    site.world.advance(2)
    ask(site, asset_id, "none")
    for delivery in reversed(site.world.mux.deliveries()):
        site.world.deliver(None, body=delivery["body"].encode())
    assert "master" not in site.show(asset_id)


@pytest.mark.parametrize("url", [5, None, ["https://x"], {"href": "https://x"}])
def test_a_url_that_is_none_is_left_out(site: Site, front: Front, url: object) -> None:
    asset_id = site.ready_film()
    asset = site.at_mux(asset_id) | {"master": {"status": "ready", "url": url}}
    front.answer("PUT", ".*/master-access", Reply(200, {"data": asset}))
    assert ask(site, asset_id)["master"] == {"status": "ready"}
