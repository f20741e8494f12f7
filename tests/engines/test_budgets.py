"""How many bytes of script a visitor gets, compressed as every host of static sites does it: counted on the line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.engines.visit import by, css

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engines.visit import Visit
    from tests.owners import Owner

    NewVisit = Callable[..., Visit]
    NewOwner = Callable[[str], Owner]

ENGINE = "chromium"
KIB = 1024
LIBRARY_BYTES = 70 * KIB
UPLOADER_BYTES = 120 * KIB
QUIET_SECONDS = 2


def scripts(one: Visit, since: float = 0) -> dict[str, int]:
    """The scripts that the site has sent, and their bytes on the line."""
    asked = one.network.asked(one.stack.site_url, since=since)
    return {request.path: request.size for request in asked if request.path.endswith(".js")}


def test_a_library_is_there_with_little_script_and_an_upload_brings_the_rest(
    visit: NewVisit, owner: NewOwner, film: Path
) -> None:
    alice = owner("alice")
    alice.clear()
    alice.has("Harbour")
    one = visit()
    one.sign_in("Alice Archer")
    one.tab.open("about:blank")
    before = time.monotonic()
    one.open()
    one.sees(by("link", "Harbour", within=css("video-library")))
    time.sleep(QUIET_SECONDS)
    first = scripts(one, before)
    assert 10_000 < sum(first.values()) <= LIBRARY_BYTES, first
    assert not [path for path in first if "mux-player" in path], "the player is for those who watch"
    before = time.monotonic()
    one.upload(film)
    one.sees(by("text", "Ready", within=css("video-uploader")))
    assert 0 < sum(scripts(one, before).values()) <= UPLOADER_BYTES, scripts(one, before)


def test_a_stranger_at_the_gallery_gets_no_more_than_that_either(visit: NewVisit, published: dict[str, object]) -> None:
    one = visit()
    one.open("/#/gallery")
    one.sees(by("link", "Harbour at dawn", within=css("video-gallery")))
    time.sleep(QUIET_SECONDS)
    assert 0 < sum(scripts(one).values()) <= LIBRARY_BYTES, scripts(one)
