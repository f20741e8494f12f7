"""Stories of assets that are changed, and of their parts: what Mux has is what is shown, and nothing is made twice."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mux_lifecycle import runtime
from tests import mux_events
from tests.faults.story import CAPTIONS, Json, Stage, Story, asked, later, mux_finishes, ready_assets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Answer

_DEUTSCH: Final = {"url": CAPTIONS, "type": "text", "language_code": "de", "name": "Deutsch"}
_PARTS: Final = {
    "playback_ids": ("id", "policy"),
    "tracks": ("id", "name", "status"),
    "static_renditions": ("id", "name", "status"),
}
_ENGLISH: Final = {"generated_subtitles": [{"language_code": "en", "name": "English"}]}


def _with_part(path: str, body: Json, parameter: str) -> Callable[[list[Stage]], None]:
    """Ready assets, each with a finished part that Mux has told of."""

    def begin(stages: list[Stage]) -> None:
        ready_assets(stages)
        for stage in stages:
            made = stage.world.mux_post(f"/video/v1/assets/{stage.ids['id']}/{path}", body)
            stage.ids |= {parameter: made.json()["data"]["id"]}
        mux_finishes(stages[0].world)
        stages[0].webhooks.settle()

    return begin


def _with_its_own(parts: str, kind: str, parameter: str) -> Callable[[list[Stage]], None]:
    """Ready assets, and of each a part that it came with."""

    def begin(stages: list[Stage]) -> None:
        ready_assets(stages)
        for stage in stages:
            found = stage.event["data"][parts]
            stage.ids |= {parameter: next(part["id"] for part in found if kind in part.values())}

    return begin


def _shown_as_at_mux(stage: Stage, answer: Answer) -> None:
    shown, at_mux = stage.call("get_asset").data, stage.at_mux()
    assert shown["title"] == at_mux["meta"]["title"]
    assert shown["playable_by"] == mux_events.playable_by(at_mux)
    assert shown["visibility"] == (_tagged(at_mux) if shown["playable_by"] == "everyone" else "private")
    assert shown.get("master", {}).get("status") == at_mux.get("master", {}).get("status")
    at_mux["static_renditions"] = at_mux.get("static_renditions", {}).get("files", [])
    for parts, fields in _PARTS.items():
        assert _each(shown.get(parts, []), fields) == _each(at_mux.get(parts, []), fields)


def _tagged(asset: Json) -> str:
    return str(asset["passthrough"].rpartition("#")[2])


def _published_with_two_playback_ids(stages: list[Stage]) -> None:
    ready_assets(stages, playback_policies=["public", "public"])
    for stage in stages:
        assert stage.call("update_asset", json_body={"visibility": "public"}).status == 200
    _told(stages)


def _published_with_one_playback_id(stages: list[Stage]) -> None:
    ready_assets(stages, playback_policies=["public"])
    for stage in stages:
        answer = stage.call("update_asset", json_body={"visibility": "public"})
        stage.ids |= {"pid": answer.data["playback_ids"][0]["id"]}
    _told(stages)


def _cut_off_while_it_was_published(stages: list[Stage]) -> None:
    """A public playback id was made, and nothing after that."""
    ready_assets(stages)
    for stage in stages:
        asset_id = stage.ids["id"]
        stage.world.mux_post(f"/video/v1/assets/{asset_id}/playback-ids", {"policy": "public"})
        runtime.assets().look_again(asset_id, at=int(time.time()) + 60, since=time.time())
    later(stages)


def _told(stages: list[Stage]) -> None:
    stages[0].webhooks.settle()
    later(stages)


def _each(parts: list[Json], fields: tuple[str, ...]) -> set[tuple[Any, ...]]:
    return {tuple(part.get(name) for name in fields) for part in parts}


def _answered_as_at_mux(stage: Stage, answer: Answer) -> None:
    assert {entry["id"]: entry["policy"] for entry in stage.at_mux()["playback_ids"]}[answer.data["id"]] == "public"


def _published(stage: Stage) -> None:
    [asset] = stage.listed()
    assert (asset["title"], asset["visibility"]) == ("Pier", "public")
    assert stage.ids["id"] in [entry["id"] for entry in stage.call("gallery", query="limit=100").data]


def _public_once(stage: Stage) -> None:
    [asset] = stage.listed()
    at_mux = stage.at_mux()
    assert (asset["visibility"], asset["playable_by"], _tagged(at_mux)) == ("public", "everyone", "public")
    assert [entry["policy"] for entry in at_mux["playback_ids"]] == ["signed", "public"]
    assert stage.ids["id"] in [entry["id"] for entry in stage.call("gallery", query="limit=100").data]


def _private_for_good(stage: Stage) -> None:
    [asset] = stage.listed()
    at_mux = stage.at_mux()
    assert (asset["visibility"], asset["playable_by"], _tagged(at_mux)) == ("private", "token", "private")
    assert [entry["policy"] for entry in at_mux["playback_ids"]] == ["signed"]
    assert stage.ids["id"] not in [entry["id"] for entry in stage.call("gallery", query="limit=100").data]


def _private_for_nobody(stage: Stage) -> None:
    _gone("playback_ids", "pid")(stage)
    [asset] = stage.listed()
    assert (asset["visibility"], asset["playable_by"], _tagged(stage.at_mux())) == ("private", "nobody", "private")


def _one_more_playback_id_at_most(stage: Stage) -> None:
    policies = [entry["policy"] for entry in stage.at_mux()["playback_ids"]]
    made = [answer for answer in stage.answers if answer.status == 201]
    assert policies in (["signed", "public"], ["signed"] if not made else [])


def _exactly_one(parts: str, **what: str) -> Callable[[Stage], None]:
    def end(stage: Stage) -> None:
        [asset] = stage.listed()
        [part] = [part for part in asset[parts] if what.items() <= part.items()]
        assert part["status"] == "ready"

    return end


def _gone(parts: str, parameter: str) -> Callable[[Stage], None]:
    def end(stage: Stage) -> None:
        assert stage.answers[-1].status in (204, 404)
        [asset] = stage.listed()
        assert stage.ids[parameter] not in [part["id"] for part in asset.get(parts, [])]

    return end


def _files_of_mp4_support(stage: Stage) -> None:
    [asset] = stage.listed()
    assert [file["name"] for file in asset["static_renditions"]] == ["capped-1080p.mp4"]


def _master_to_download(stage: Stage) -> None:
    [asset] = stage.listed()
    assert asset["master"] == {"status": "ready"}
    asked_again = stage.call("master_access", json_body={"master_access": "temporary"})
    assert asked_again.data["master"]["url"] == stage.at_mux()["master"]["url"]


EDITING: Final[dict[str, Story]] = {
    "update_asset": Story(
        "update_asset",
        asked("update_asset", json_body={"title": "Pier", "visibility": "public"}),
        thorough=True,
        begin=partial(ready_assets, playback_policies=["public"]),
        promised=_shown_as_at_mux,
        end=_published,
    ),
    "update_asset to public": Story(
        "update_asset",
        asked("update_asset", json_body={"visibility": "public"}),
        thorough=True,
        begin=ready_assets,
        promised=_shown_as_at_mux,
        end=_public_once,
    ),
    "update_asset to public, which was cut off before": Story(
        "update_asset",
        asked("update_asset", json_body={"visibility": "public"}),
        begin=_cut_off_while_it_was_published,
        promised=_shown_as_at_mux,
        end=_public_once,
    ),
    "update_asset to private": Story(
        "update_asset",
        asked("update_asset", json_body={"visibility": "private"}),
        thorough=True,
        begin=_published_with_two_playback_ids,
        promised=_shown_as_at_mux,
        end=_private_for_good,
    ),
    "playback_ids:POST": Story(
        "playback_ids:POST",
        asked("playback_ids:POST", json_body={"policy": "public"}),
        again=False,
        silent=True,
        begin=ready_assets,
        promised=_answered_as_at_mux,
        end=_one_more_playback_id_at_most,
    ),
    "playback_ids:DELETE": Story(
        "playback_ids:DELETE",
        asked("playback_ids:DELETE"),
        begin=_with_its_own("playback_ids", "signed", "pid"),
        promised=_shown_as_at_mux,
        end=_gone("playback_ids", "pid"),
    ),
    "playback_ids:DELETE of the last public one": Story(
        "playback_ids:DELETE",
        asked("playback_ids:DELETE"),
        begin=_published_with_one_playback_id,
        promised=_shown_as_at_mux,
        end=_private_for_nobody,
    ),
    "tracks:POST": Story(
        "tracks:POST",
        asked("tracks:POST", json_body=_DEUTSCH),
        thorough=True,
        begin=ready_assets,
        promised=_shown_as_at_mux,
        end=_exactly_one("tracks", name="Deutsch"),
    ),
    "tracks:PATCH": Story(
        "tracks:PATCH",
        asked("tracks:PATCH", json_body={"name": "Untertitel"}),
        begin=_with_part("tracks", _DEUTSCH | {"text_type": "subtitles"}, "tid"),
        promised=_shown_as_at_mux,
        end=_exactly_one("tracks", name="Untertitel"),
    ),
    "tracks:DELETE": Story(
        "tracks:DELETE",
        asked("tracks:DELETE"),
        begin=_with_part("tracks", _DEUTSCH | {"text_type": "subtitles"}, "tid"),
        promised=_shown_as_at_mux,
        end=_gone("tracks", "tid"),
    ),
    "tracks:POST generate-subtitles": Story(
        "tracks:POST generate-subtitles",
        asked("tracks:POST generate-subtitles", json_body=_ENGLISH),
        begin=_with_its_own("tracks", "audio", "tid"),
        promised=_shown_as_at_mux,
        end=_exactly_one("tracks", name="English"),
    ),
    "static_renditions:POST": Story(
        "static_renditions:POST",
        asked("static_renditions:POST", json_body={"resolution": "highest"}),
        begin=ready_assets,
        promised=_shown_as_at_mux,
        end=_exactly_one("static_renditions", resolution="highest"),
    ),
    "static_renditions:DELETE": Story(
        "static_renditions:DELETE",
        asked("static_renditions:DELETE"),
        begin=_with_part("static-renditions", {"resolution": "highest"}, "rid"),
        promised=_shown_as_at_mux,
        end=_gone("static_renditions", "rid"),
    ),
    "static_renditions:PUT": Story(
        "static_renditions:PUT",
        asked("static_renditions:PUT", json_body={"mp4_support": "capped-1080p"}),
        begin=ready_assets,
        promised=_shown_as_at_mux,
        end=_files_of_mp4_support,
    ),
    "master_access": Story(
        "master_access",
        asked("master_access", json_body={"master_access": "temporary"}),
        begin=ready_assets,
        promised=_shown_as_at_mux,
        end=_master_to_download,
    ),
}
