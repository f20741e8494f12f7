"""Random histories, with repeats, losses and any order, through the receiver: the table is the join of what arrived."""

import hashlib
import json
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mux_lifecycle.store import projection
from tests import mux_events
from tests.laws.history import NOW, restore, tell
from tests.laws.model import join
from tests.mux_events import BASE
from tests.world import STACK, Json, World

ASSETS: Final = {"Sea01": "Shore01", "Lake01": "Shore02"}
# Few values, so that equal seconds and near misses happen; some times are of no use at all.
times: Final = st.sampled_from([BASE, BASE, BASE + 1, BASE + 2, NOW + 3600, NOW + 299, None, "some day", ""])


def identified(event: Json) -> Json:
    """The event with an id of its own: no two different events share one."""
    rest = json.dumps([event["type"], event["data"], event.get("created_at")]).encode()
    return event | {"id": hashlib.sha256(rest).hexdigest()[:32]}


@st.composite
def asset_events(draw: st.DrawFn) -> Json:
    asset_id = draw(st.sampled_from(sorted(ASSETS)))
    fields: dict[str, Any] = {"at": draw(times)}
    kind = draw(st.sampled_from(["created", "created", "ready", "ready", "errored", "updated", "updated", "deleted"]))
    if kind == "updated":
        fields |= {"status": draw(st.sampled_from(["preparing", "ready", "errored"]))}
    if draw(st.booleans()):
        fields |= {"upload_id": ASSETS[asset_id]}
    title = draw(st.sampled_from(["Dawn", "Dusk"]))
    return identified(mux_events.asset_event(kind, asset_id=asset_id, meta={"title": title}, **fields))


@st.composite
def part_events(draw: st.DrawFn) -> Json:
    asset_id, part_id = draw(st.sampled_from(sorted(ASSETS))), draw(st.sampled_from(["one", "two"]))
    at = draw(times)
    ending = draw(st.sampled_from(["created", "ready", "ready", "errored", "skipped", "deleted"]))
    if draw(st.booleans()):
        return identified(mux_events.track_event(ending, asset_id=asset_id, track_id=part_id, at=at))
    return identified(mux_events.rendition_event(ending, asset_id=asset_id, rendition_id=part_id, at=at))


@st.composite
def upload_events(draw: st.DrawFn) -> Json:
    asset_id = draw(st.sampled_from(sorted(ASSETS)))
    kind = draw(st.sampled_from(["created", "created", "asset_created", "cancelled", "errored"]))
    fields: dict[str, Any] = {"error": {"type": "timeout", "message": "Too slow."}} if kind == "errored" else {}
    named = kind == "asset_created" or draw(st.booleans())
    return identified(
        mux_events.upload_event(
            kind, upload_id=ASSETS[asset_id], asset_id=asset_id if named else None, at=draw(times), **fields
        )
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Json]:
    """What happened, of which each event arrived any number of times, at any time, or never."""
    happened = draw(
        st.lists(st.one_of(asset_events(), asset_events(), part_events(), upload_events()), min_size=1, max_size=7)
    )
    return draw(st.lists(st.sampled_from(happened), min_size=1, max_size=9))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_the_table_is_the_join_of_all_that_arrived(world: World, history: list[Json]) -> None:
    restore(world, {})
    tell(world, history)
    changes = [projection.from_event(event, stack=STACK, now=NOW) for event in history]
    assert all(changes), "these events all mean something"
    expected = join(change for change in changes if change)
    records = world.records()
    assert records.keys() == expected.keys()
    for pk, attributes in expected.items():
        assert {name: records[pk].get(name) for name in attributes} == attributes


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), data=st.data())
def test_another_order_shows_callers_the_same(world: World, history: list[Json], data: st.DataObject) -> None:
    def shown(events: list[Json]) -> list[object]:
        restore(world, {})
        tell(world, events)
        answers = [world.call("get_asset", id=id_) for id_ in ASSETS]
        return [*answers, *(world.call("get_upload", id=id_) for id_ in ASSETS.values()), world.call("list_assets")]

    assert shown(history) == shown(data.draw(st.permutations(history)))
