"""Many uploads while everything goes wrong that can: they arrive, each once, and nothing is left open.

Looked at from outside: by the API, and by what the emulator holds of each file.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

import requests

from tests import films
from tests.engines.table import StackTable
from tests.engines.visit import by, css

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from local.embedded import LocalStack
    from tests.engines.visit import Visit
    from tests.owners import Owner

SMALL_BYTES = 60_000
OFFLINE_SECONDS = 4
# Longer than any upload may wait for its file.
UPLOAD_SECONDS = 8 * 24 * 3600
# Mux takes one upload a second once its bucket is empty.
PATIENCE = 120
UPLOADER = css("video-uploader")
MUX_FAULTS = {"api": {"rate_limit": True, "lose_response": 0.2}}
LOSS = 0.2


def small_films(folder: Path, count: int, folders: Sequence[str]) -> list[Path]:
    """So many different films, in these folders in turn."""
    content = films.film(folder.parent / "small.mp4", seconds=1, size="64x36").read_bytes()
    made: list[Path] = []
    for number in range(count):
        path = folder / folders[number % len(folders)] / f"Film {number:02}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(films.padded(content, SMALL_BYTES, mark=f"film {number}".encode()))
        made.append(path)
    return made


def misfortunes(stack: LocalStack) -> Iterator[None]:
    """Mux limits requests as the real one does, and loses answers."""
    url = f"{stack.mux_url}/_emulator/faults"
    requests.put(url, json=MUX_FAULTS, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.put(url, json={}, timeout=10).raise_for_status()


def lose_answers(one: Visit) -> None:
    """A fifth of the answers of the API and of Mux is lost, also those to what asks for leave first."""
    faults = one.network.faults
    faults.loss, faults.latency, faults.spread = LOSS, 0.02, 0.2
    faults.may_be_lost = lambda _, url: not url.startswith(one.stack.site_url) and "/_local/" not in url


def upload_through_it_all(one: Visit, owner: Owner, sent: Callable[[], None], files: Sequence[Path]) -> None:
    """Begin, then reload, lose the line and lose the tab; wait until all have arrived."""
    owner.clear()
    one.sign_in("Alice Archer")
    lose_answers(one)
    sent()
    arrive(one, owner, len(files) // 6)
    one.tab.reload()
    go_on(one)
    arrive(one, owner, len(files) // 3)
    one.network.faults.offline = True
    time.sleep(OFFLINE_SECONDS)
    one.network.faults.offline = False
    arrive(one, owner, len(files) // 2)
    other = one.second()
    one.tab.kill()
    other.sign_in("Alice Archer")
    go_on(other)
    arrive(other, owner, len(files))
    assert_each_is_there_once(owner, files)
    assert_nothing_stays_open(other, owner)


def go_on(one: Visit) -> None:
    """What a visitor does who finds uploads that have stopped."""
    one.press(by("button", "Go on", within=UPLOADER))


def arrive(one: Visit, owner: Owner, count: int) -> None:
    def there() -> bool:
        if one.count(by("button", "Try", within=UPLOADER)):
            one.press(by("button", "Try", within=UPLOADER))
        return len(owner.videos()) >= count

    one.wait(there, f"have {count} videos", PATIENCE)


def assert_each_is_there_once(owner: Owner, files: Sequence[Path]) -> None:
    videos = owner.videos()
    assert sorted(video["title"] for video in videos) == sorted(file.stem for file in files)
    wanted = {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert {video["title"]: held(owner, video)["sha256"] for video in videos} == wanted


def assert_nothing_stays_open(one: Visit, owner: Owner) -> None:
    """What is open is what Mux made and could not tell the API of; nobody has its address, and its time runs out."""
    table, stack = StackTable(owner.stack), owner.stack
    journal = requests.get(f"{stack.mux_url}/_emulator/requests", timeout=10).json()["data"]
    untold = [
        request
        for request in journal
        if (request["method"], request["path"]) == ("POST", "/video/v1/uploads") and request["status"] is None
    ]
    one.wait(lambda: len(table.open_uploads(owner)) <= len(untold), "have nothing open that was told of", 20)
    stack.advance(UPLOAD_SECONDS)

    def nothing_open() -> bool:
        stack.invoke("CleanupFunction")
        return not table.open_uploads(owner)

    one.wait(nothing_open, "have no upload open", 30)


def held(owner: Owner, video: dict[str, Any]) -> dict[str, Any]:
    """What Mux has got of an upload."""
    answer = requests.get(f"{owner.stack.mux_url}/_emulator/uploads/{video['upload_id']}", timeout=10)
    found: dict[str, Any] = answer.json()["data"]
    return found
