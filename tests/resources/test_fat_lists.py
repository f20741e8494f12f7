"""One owner's largest assets: every list still answers, and shows everything once."""

import json
from collections.abc import Iterator
from typing import Final

import pytest

from local.mux import MuxEmulator
from mux_lifecycle.store.assets import MAX_PARTS
from tests.resources.fat import ADMIN, OWNER, PATTERN, copies, fat, handed_to_lambda, walk
from tests.world import Json, World

SHIP: Final = "🚢"
WIDEST: Final = '"' * 255
"""Each quote takes four bytes in what a function hands to Lambda: escaped as JSON, and that text once more."""

LISTS: Final[dict[str, tuple[str, Json]]] = {
    "mine": ("list_assets", {"owner": OWNER}),
    "mine, by status": ("list_assets", {"owner": OWNER, "query": "status=ready"}),
    "an owner's": ("list_assets", ADMIN | {"query": f"owner={OWNER}"}),
    "an owner's, by status": ("list_assets", ADMIN | {"query": f"owner={OWNER}&status=ready"}),
    "everybody's": ("list_assets", ADMIN | {"query": "scope=all"}),
    "gallery": ("gallery", {"owner": None}),
}


@pytest.fixture(scope="module", params=[SHIP * 255, WIDEST], ids=["four bytes", "quotes"])
def full(request: pytest.FixtureRequest, emulator: MuxEmulator) -> Iterator[tuple[World, list[str]]]:
    """A world whose owner has made the largest records that this API lets anybody make."""
    emulator.reset()
    with pytest.MonkeyPatch.context() as monkeypatch, World(emulator, monkeypatch) as world:
        yield world, copies(world, fat(PATTERN, request.param))


@pytest.mark.parametrize("name", LISTS)
def test_every_list_of_the_largest_assets_answers_and_shows_each_once(full: tuple[World, list[str]], name: str) -> None:
    world, expected = full
    function, request = LISTS[name]
    pages = list(walk(world, function, request))
    assert [asset["id"] for page in pages for asset in page] == expected
    assert all(pages)
    assert len(pages) > 1


def test_the_records_are_as_large_as_they_are_meant_to_be(full: tuple[World, list[str]]) -> None:
    """Else the other tests here prove nothing."""
    world, [newest, *_] = full
    asset = handed_to_lambda(world, "get_asset", owner=OWNER, id=newest)["data"]
    assert len(asset["tracks"]) + len(asset["static_renditions"]) == MAX_PARTS
    assert len(asset["playback_ids"]) == 10
    assert len(json.dumps(asset, ensure_ascii=False).encode()) > 100_000


def test_the_tokens_of_the_largest_asset_are_answered(full: tuple[World, list[str]], signing_key: Json) -> None:
    world, [newest, *_] = full
    world.put_secret("MuxSigningKeySecret", {"key_id": signing_key["id"], "private_key": signing_key["private_key"]})
    result = handed_to_lambda(world, "playback_tokens", owner=OWNER, id=newest)
    assert set(result["data"]["tokens"]) == {"video", "thumbnail", "animated", "storyboard", "drm"}
