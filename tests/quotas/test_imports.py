"""POST /assets where imports from URLs are switched off."""

import pytest

from tests.quotas.conftest import asset, upload
from tests.world import World


def test_an_import_that_is_switched_off_is_refused_before_anything_is_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("URL_IMPORTS", "DISABLED")
    world.cold_start()
    refused = asset(world, headers={"idempotency-key": "one"})
    assert refused.status == 403
    assert refused.messages == ["imports from URLs are switched off here: send the file with POST /uploads"]
    assert world.mux.requests() == []
    assert world.items() == []
    assert upload(world).status == 201
