"""Lists of many assets: a walk's cost grows with its length, not with its square."""

from __future__ import annotations

import time

import pytest

from local.mux.errors import InvalidParametersError
from local.mux.library import Library
from local.mux.resources import Asset
from local.mux.settings import asset_settings


def library(size: int) -> Library:
    assets, settings = Library(), asset_settings({})
    for _ in range(size):
        number = assets.next_number()
        assets.add(Asset(f"a{number}", number, 1_800_000_000, settings, "on_demand_url"))
    return assets


def walk(assets: Library) -> list[str]:
    seen: list[str] = []
    page, cursor = assets.page(100)
    seen += [asset.id for asset in page]
    while cursor:
        page, cursor = assets.page(100, cursor=cursor)
        seen += [asset.id for asset in page]
    return seen


def test_a_walk_through_50000_assets_sees_each_once_and_quickly() -> None:
    assets = library(50_000)
    started = time.process_time()
    seen = walk(assets)
    assert time.process_time() - started < 1
    assert seen == [f"a{number}" for number in range(50_000, 0, -1)]


def test_removing_from_many_is_quick() -> None:
    assets = library(20_000)
    started = time.process_time()
    for number in range(1, 20_001, 2):
        assets.remove(assets.get(f"a{number}"))
    assert time.process_time() - started < 2
    assert walk(assets) == [f"a{number}" for number in range(20_000, 0, -2)]


@pytest.mark.parametrize("cursor", ["", "made up", "é", "YmVmb3JlOng=", "AAAA"])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidParametersError):
        library(1).page(10, cursor=cursor)
