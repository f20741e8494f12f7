"""Some films in folders through everything that can go wrong, in Chromium; tests/elements has sixty of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.embedded import LocalStack
from tests.engines import torture
from tests.owners import Owner
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engines.visit import Visit

ENGINE = "chromium"
FOLDERS = ["Monday", "Tuesday/morning", "Tuesday/evening", "Wednesday"]
COUNT = 12


@pytest.fixture(scope="module")
def stack(packages: None) -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.1, parameters=NO_LIMITS | NO_BUDGET) as running:
        yield running


@pytest.fixture
def misfortunes(stack: LocalStack) -> Iterator[None]:
    yield from torture.misfortunes(stack)


def test_films_in_folders_all_arrive_once(
    visit: Callable[..., Visit], stack: LocalStack, misfortunes: None, tmp_path: Path
) -> None:
    files = torture.small_films(tmp_path / "Holidays", COUNT, FOLDERS)
    one = visit()
    torture.upload_through_it_all(
        one, Owner(stack, "alice"), lambda: one.upload(tmp_path / "Holidays", folder=True), files
    )
