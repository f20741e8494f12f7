"""The small project behind the local gateway, shared by a module or a test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.served import Gateway, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One API for all tests of a module that leave it as it was."""
    with serve(tmp_path_factory.mktemp("project")) as running:
        yield running


@pytest.fixture
def own_gateway(tmp_path: Path) -> Iterator[Gateway]:
    """An API of the test's own, with a short patience for its functions."""
    with serve(tmp_path, integration_seconds=1) as running:
        yield running
