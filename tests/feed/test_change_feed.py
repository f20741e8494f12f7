"""The change feed: the stream of what the functions wrote, through the pipe of template.yaml, on a bus."""

import json
import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import boto3
import pytest

from tests import mux_events
from tests.feed import guide
from tests.feed.pipe import ChangeFeed
from tests.resources.site import BROKEN_FILM, CAPTIONS, Site
from tests.world import STACK, Json, World

OTHERS_TAG: Final = "another program's"
HOSTILE_OWNERS: Final = (
    'a"b',
    "a\\",
    '\\","status":"ready',
    '"}',
    "<$.dynamodb.NewImage.doc.S>",
    "100%25",
    "".join(chr(code) for code in range(33, 127) if chr(code) != "#"),
)


def steps(announced: list[Json]) -> list[tuple[str, str]]:
    """From which status to which."""
    return [(change["previous"]["status"], change["status"]) for change in announced]


def test_the_whole_life_of_an_asset_is_announced(site: Site, feed: ChangeFeed) -> None:
    asset_id = site.film(title="Harbour", playback_policy="public")
    story = feed.announced()
    assert steps(story) == [("", "preparing")]
    assert set(story[0]["previous"].values()) == {""}

    site.finish()
    became_ready = feed.announced()
    assert ("preparing", "ready") in steps(became_ready)

    site.call("update_asset", id=asset_id, json_body={"title": "Quay"})
    site.webhooks.settle()
    renamed = feed.announced()
    assert set(steps(renamed)) == {("ready", "ready")}

    site.call("update_asset", id=asset_id, json_body={"visibility": "public"})
    published = feed.announced()
    assert [(change["previous"]["visibility"], change["visibility"]) for change in published] == [("private", "public")]
    site.webhooks.settle()

    site.call("tracks:POST", id=asset_id, json_body={"url": CAPTIONS, "type": "text", "language_code": "de"})
    assert set(steps(feed.announced())) >= {("ready", "ready")}
    site.finish()
    assert ("ready", "ready") in steps(feed.announced()), "the track is ready"

    site.world.mux.set_faults({"api": {"error_rate": 1}})
    assert site.call("delete_asset", id=asset_id).data["status"] == "deleting"
    wished = feed.announced()
    assert steps(wished) == [("ready", "deleting")]

    site.world.mux.set_faults({})
    site.world.advance(120)
    site.world.schedule()
    site.webhooks.settle()
    deleted = feed.announced()
    assert steps(deleted) == [("deleting", "deleted")]
    assert deleted[0]["previous"] == {name: wished[0][name] for name in deleted[0]["previous"]}
    assert (deleted[0]["owner"], deleted[0]["previous"]["owner"]) == ("", "ada")

    story += became_ready + renamed + published + wished + deleted
    assert {change["asset_id"] for change in story} == {asset_id}
    assert {change["owner"] for change in story[:-1]} == {"ada"}
    assert len({change["change_id"] for change in story}) == len(story)
    versions = [change["version"] for change in story]
    assert versions == sorted(versions)
    assert all(guide.named(change) == guide.fields() for change in story)


def test_a_failure_and_a_deletion_at_mux_are_announced(site: Site, feed: ChangeFeed) -> None:
    broken = site.film(input=BROKEN_FILM)
    site.finish()
    assert ("preparing", "errored") in steps(feed.announced())
    site.mux_delete(f"/assets/{broken}")
    site.webhooks.settle()
    assert steps(feed.announced()) == [("errored", "deleted")]


def test_a_film_that_is_too_long_fails_once(site: Site, feed: ChangeFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_DURATION_SECONDS", "5")
    site.world.cold_start()
    asset_id = site.film()
    site.finish()
    story = feed.announced()
    assert steps(story)[0] == ("", "preparing")
    assert [status for _, status in steps(story)].count("errored") == 1
    site.world.advance(120)
    site.world.schedule()
    site.webhooks.settle()
    assert site.world.mux_get(f"/video/v1/assets/{asset_id}").status_code == 404
    assert feed.announced() == []


def test_what_is_not_an_asset_is_silent(world: World, feed: ChangeFeed) -> None:
    upload = world.call("create_upload", json_body={}, headers={"idempotency-key": "k1"}).data
    assert world.call("cancel_upload", id=upload["id"]).status == 204
    world.deliver(mux_events.track_event("ready", asset_id="Unknown", track_id="English"))
    world.schedule({"dry_run": True})
    world.dynamodb.put_item(
        TableName=world.table_name,
        Item={"pk": {"S": "CHECKPOINT#reconcile"}, "seen": {"S": "1"}, "status": {"S": "ready"}},
    )
    records = feed.records()
    kinds = {record["dynamodb"]["Keys"]["pk"]["S"].partition("#")[0] for record in records}
    assert kinds == {"UPLOAD", "IDEMPOTENCY", "ASSET", "CHECKPOINT"}
    assert not [record for record in records if feed.lets_through(record)]


def test_between_the_wish_and_the_deletion_and_after_it_nothing_is_said(world: World, feed: ChangeFeed) -> None:
    asset_id = mux_events.new_id("Film")
    world.deliver(mux_events.asset_event("ready", asset_id=asset_id))
    world.mux.set_faults({"api": {"error_rate": 1}})
    assert [world.call("delete_asset", id=asset_id).status for _ in range(2)] == [202, 202]
    assert steps(feed.announced()) == [("", "ready"), ("ready", "deleting")]

    world.call("delete_asset", id=asset_id)
    world.deliver(mux_events.track_event("ready", asset_id=asset_id, track_id="English", at=mux_events.BASE + 9))
    written = feed.records()
    assert written
    assert not [record for record in written if feed.lets_through(record)]

    world.mux.set_faults({})
    assert world.call("delete_asset", id=asset_id).status == 204
    assert steps(feed.announced()) == [("deleting", "deleted")]
    world.deliver(mux_events.event("video.asset.deleted", {"id": asset_id}, at=time.time() + 60))
    world.dynamodb.delete_item(TableName=world.table_name, Key={"pk": {"S": f"ASSET#{asset_id}"}})
    [expired] = feed.records()
    assert expired["eventName"] == "REMOVE"
    assert not feed.lets_through(expired)


def test_assets_of_others_have_no_owner_and_one_never_seen_can_be_deleted(world: World, feed: ChangeFeed) -> None:
    foreign, unknown = mux_events.new_id("Film"), mux_events.new_id("Film")
    world.deliver(mux_events.asset_event("ready", asset_id=foreign, passthrough=OTHERS_TAG))
    for at in (mux_events.BASE, mux_events.BASE + 60):
        world.deliver(mux_events.event("video.asset.deleted", {"id": unknown}, at=at))
    assert world.records()[f"ASSET#{unknown}"]["seen"] > "3|1700000060"
    found, gone = feed.announced()
    assert (found["asset_id"], found["owner"], found["status"]) == (foreign, "", "ready")
    assert (gone["asset_id"], gone["owner"], gone["status"]) == (unknown, "", "deleted")


def test_an_owner_that_becomes_known_late_is_announced(world: World, feed: ChangeFeed) -> None:
    asset_id = mux_events.new_id("Film")
    world.deliver(mux_events.asset_event("ready", asset_id=asset_id, passthrough=None, at=mux_events.BASE + 9))
    world.deliver(mux_events.asset_event("created", asset_id=asset_id))
    first, second = feed.announced()
    assert [change["owner"] for change in (first, second)] == ["", "ada"]
    assert second["version"] == first["version"]


def test_hostile_owners_and_titles_cannot_bend_the_event(world: World, feed: ChangeFeed) -> None:
    body = {"input": "https://media.example.com/film.mp4", "title": '", "owner": "eve", \\ <$.dynamodb.NewImage.pk.S>'}
    for owner in HOSTILE_OWNERS:
        asset_id = world.call("create_asset", owner=owner, json_body=body).data["id"]
        world.deliver(mux_events.event("video.asset.deleted", {"id": asset_id}))
        made, deleted = feed.announced()
        for change in (made, deleted):
            assert guide.named(change) == guide.fields()
            assert (change["asset_id"], "eve" in json.dumps(change)) == (asset_id, False)
        assert (made["status"], deleted["status"]) == ("preparing", "deleted")
        assert unquote(made["owner"]) == unquote(deleted["previous"]["owner"]) == owner


def test_usual_owners_are_announced_as_they_are(world: World, feed: ChangeFeed) -> None:
    owners = ["3f0c6e1a-5b7d-4c2e-9a41-0d8f6b2c7e95", "auth0|64ab", "ada@example.com", "a&b=c+d/e?f:g,h;i'j"]
    for owner in owners:
        world.call("create_asset", owner=owner, json_body={"input": "https://media.example.com/film.mp4"})
    assert [change["owner"] for change in feed.announced()] == owners


class Listener:
    """A rule on the bus that sends what it matches to a queue."""

    def __init__(self, feed: ChangeFeed, name: str, pattern: Json) -> None:
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        feed.events.put_rule(Name=name, EventBusName=feed.bus, EventPattern=json.dumps(pattern))
        arn = f"arn:aws:sqs:{self._sqs.meta.region_name}:123456789012:{name}"
        feed.events.put_targets(Rule=name, EventBusName=feed.bus, Targets=[{"Id": "queue", "Arn": arn}])

    def heard(self) -> list[Json]:
        """The events since the last call."""
        return list(self._messages())

    def _messages(self) -> Iterator[Json]:
        while messages := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                yield json.loads(message["Body"])
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])


def test_the_documented_rule_hears_of_the_moment_an_asset_is_ready(site: Site, feed: ChangeFeed) -> None:
    assert guide.command_line_rule() == guide.readme_rule() == guide.rule()
    listener = Listener(feed, "asset-ready", guide.rule())
    asset_id = site.film(title="Harbour")
    feed.announced()
    assert listener.heard() == []
    site.finish()
    feed.announced()
    [event] = listener.heard()
    assert (event["source"], event["detail-type"]) == (f"mux-lifecycle.{STACK}", "Asset Changed")
    assert (event["detail"]["asset_id"], event["detail"]["status"]) == (asset_id, "ready")
    assert guide.named(event["detail"]) == guide.fields()
    site.call("update_asset", id=asset_id, json_body={"title": "Quay"})
    site.call("delete_asset", id=asset_id)
    site.webhooks.settle()
    assert feed.announced()
    assert listener.heard() == []


def test_the_other_documented_patterns_hear_what_they_are_for(site: Site, feed: ChangeFeed) -> None:
    listeners = {
        purpose: Listener(feed, f"pattern-{number}", {"detail": pattern})
        for number, (purpose, pattern) in enumerate(guide.patterns().items())
    }
    broken = site.film(input=BROKEN_FILM)
    public = site.film(owner="bob", playback_policy="public")
    foreign = site.foreign_film()
    site.call("update_asset", owner="bob", id=public, json_body={"visibility": "public"})
    for asset_id in (broken, foreign):
        site.mux_delete(f"/assets/{asset_id}")
    site.webhooks.settle()
    announced = feed.announced()
    heard = {
        purpose: [event["detail"]["asset_id"] for event in listener.heard()] for purpose, listener in listeners.items()
    }
    assert heard.pop("everything of one owner") == [
        change["asset_id"] for change in announced if "ada" in {change["owner"], change["previous"]["owner"]}
    ]
    assert heard == {
        "assets that failed": [broken],
        "what was published": [public],
        "deletions, of this stack's assets only": [broken],
    }


def test_the_documented_event_is_one(feed: ChangeFeed) -> None:
    detail = guide.example()["detail"]
    assert guide.named(detail) == guide.fields()
    assert guide.example()["source"] == f"mux-lifecycle.{STACK}"
