"""A record that nobody can read is shown in outline, counted, and takes no page with it."""

import json
from typing import Final

import pytest

from tests import mux_events
from tests.resources.site import Site
from tests.world import Answer, Json

ADMIN: Final[Json] = {"owner": "root", "groups": ["admin"]}
FILMS: Final = ["film3", "film2", "film1"]
"""Newest first; the one in the middle goes bad."""
OUTLINE: Final = {
    "id": "film2",
    "status": "ready",
    "created_at": "2023-11-14T22:13:22Z",
    "updated_at": "2023-11-14T22:13:22Z",
    "visibility": "private",
    "playable_by": "unknown",
}
SECRET: Final = "kept-from-everybody"
POISONS: Final[dict[str, Json]] = {
    "no JSON": {"doc": {"S": f'{{"title":"{SECRET}'}},
    "a list": {"doc": {"S": f'["{SECRET}"]'}},
    "null": {"doc": {"S": "null"}},
    "nested too deep": {"doc": {"S": "[" * 100_000}},
    "playback ids that are none": {"doc": {"S": '{"playback_ids":[7]}'}},
    "no list of playback ids": {"doc": {"S": '{"playback_ids":7}'}},
}
POISONED_PARTS: Final[dict[str, Json]] = {
    "a version that is none": {"seen": {"S": SECRET}},
    "a part that is no JSON": {"track#P": {"S": SECRET}, "track_v#P": {"S": "2|9999999999999999|"}},
    "a part whose version is none": {"rendition#P": {"S": "{}"}, "rendition_v#P": {"S": SECRET}},
}
"""What the gallery does not look at."""

LISTS: Final[dict[str, Json]] = {
    "mine": {},
    "mine by status": {"query": "status=ready"},
    "an owner's": {"query": "owner=ada"} | ADMIN,
    "everybody's": {"query": "scope=all"} | ADMIN,
}


@pytest.fixture
def films(site: Site) -> Site:
    for second, asset_id in enumerate(reversed(FILMS), 1):
        at = mux_events.BASE + second
        ids = [{"id": f"{asset_id}Play", "policy": "public"}]
        tag = mux_events.tag(visibility="public")
        site.world.deliver(
            mux_events.asset_event(
                "ready", asset_id=asset_id, passthrough=tag, at=at, created_at=at, playback_ids=ids, tracks=None
            )
        )
    return site


def poison(site: Site, attributes: Json) -> None:
    item = next(item for item in site.world.items() if item["pk"] == {"S": "ASSET#film2"})
    site.world.dynamodb.put_item(TableName=site.world.table_name, Item=item | attributes)


class Heard:
    """What the functions log and count about records that they cannot read."""

    def __init__(self, logs: pytest.LogCaptureFixture, out: pytest.CaptureFixture[str]) -> None:
        self._logs = logs
        self._out = out

    def since_the_last_look(self) -> tuple[list[tuple[str, str]], int]:
        """Level and record of each log line, and the number in the metric."""
        printed = self._out.readouterr().out
        assert SECRET not in printed + self._logs.text
        lines = [
            (record.levelname, record.__dict__["record"])
            for record in self._logs.records
            if record.message == "record not readable"
        ]
        self._logs.clear()
        metrics = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
        return lines, int(sum(sum(metric.get("RecordUnreadable", [])) for metric in metrics))


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Heard:
    return Heard(caplog, capsys)


@pytest.mark.parametrize("attributes", [*POISONS.values(), *POISONED_PARTS.values()], ids=[*POISONS, *POISONED_PARTS])
def test_every_list_shows_it_in_outline_between_its_neighbours(films: Site, attributes: Json, heard: Heard) -> None:
    before = films.call("list_assets").data
    poison(films, attributes)
    outline = OUTLINE | ({"visibility": "public"} if attributes in POISONED_PARTS.values() else {})
    heard.since_the_last_look()
    for name, request in LISTS.items():
        data = films.call("list_assets", **request).data
        assert (name, [asset["id"] for asset in data]) == (name, FILMS)
        assert [data[0], data[2]] == [before[0], before[2]]
        assert data[1] == outline
        assert heard.since_the_last_look() == ([("ERROR", "ASSET#film2")], 1)
    assert films.show("film2") == outline


@pytest.mark.parametrize("attributes", POISONS.values(), ids=POISONS)
def test_the_gallery_leaves_it_out_for_nobody_could_play_it(films: Site, attributes: Json, heard: Heard) -> None:
    poison(films, attributes)
    heard.since_the_last_look()
    assert films.gallery() == ["film3", "film1"]
    assert heard.since_the_last_look() == ([("ERROR", "ASSET#film2")], 1)
    page = films.call("gallery", owner=None, query="limit=2")
    assert [asset["id"] for asset in page.data] == ["film3"]
    assert films.gallery(query=f"limit=2&cursor={page.body['next_cursor']}") == ["film1"]


@pytest.mark.parametrize("attributes", POISONS.values(), ids=POISONS)
def test_the_next_event_of_the_asset_heals_it(films: Site, attributes: Json) -> None:
    poison(films, attributes)
    later = mux_events.BASE + 60
    event = mux_events.asset_event("updated", asset_id="film2", at=later, created_at=mux_events.BASE + 2)
    assert films.world.deliver(event).data == {"outcome": "applied"}
    assert films.show("film2")["title"] == "Harbour at dawn"


def test_a_stale_event_of_it_is_acknowledged(site: Site) -> None:
    """It tells whose the asset is; Mux would repeat a refused one for a day."""
    at = mux_events.BASE
    site.world.deliver(mux_events.asset_event("ready", asset_id="film2", passthrough=None, at=at + 60))
    poison(site, POISONS["no JSON"])
    stale = mux_events.asset_event("ready", asset_id="film2", passthrough=mux_events.tag(visibility="public"), at=at)
    answer: Answer = site.world.deliver(stale)
    assert (answer.status, answer.data) == (200, {"outcome": "stale"})
    assert [asset["id"] for asset in site.call("list_assets").data] == ["film2"]
    assert site.gallery() == []
