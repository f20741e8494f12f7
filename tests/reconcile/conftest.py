"""The stack without any webhook: whatever happens at Mux, the table hears of it by nothing but the walk."""

import pytest

from local.mux import MuxEmulator
from mux_lifecycle.workflows import asset_walk, upload_walk
from tests.faults.conftest import external_calls, naps, told, waits, world
from tests.reconcile.library import MuxLibrary

__all__ = ["external_calls", "naps", "told", "waits", "world"]


@pytest.fixture
def library(mux: MuxEmulator) -> MuxLibrary:
    return MuxLibrary(mux)


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mux's lists come in pages of four, so that few objects make many."""
    monkeypatch.setattr(asset_walk, "PAGE", 4)
    monkeypatch.setattr(upload_walk, "PAGE", 4)
