"""<video-uploader> in a browser, against the local stack with faults: whatever happens, each file arrives once."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect

from local.embedded import LocalStack
from local.mux import sample_mp4
from tests.world import NO_BUDGET, NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    NewUploader = Callable[..., "Uploader"]

PATIENCE_MS = 30_000
SLOW_BYTES_A_SECOND = 600_000
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Uploads</title><body>
<video-uploader id="uploader" api="%(api)s" chunk-size="256" link="#/video/{id}" %(attributes)s></video-uploader>
<script type="module">
  const uploader = document.getElementById("uploader");
  window.told = [];
  for (const name of ["asset", "ready", "failed"]) {
    addEventListener(`video-upload-${name}`, ({ detail }) => told.push([name, detail?.id]));
  }
  uploader.token = () => localStorage.getItem("token") ?? "";
  await import("/elements/video-uploader.js");
</script></body></html>"""
# A part of all answers is lost on their way back to the page: what was asked has been done.
LOSSES = """
  const lost = () => Math.random() < Number(sessionStorage.getItem("loss") ?? 0);
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    if (lost()) { const { onerror } = this; this.onload = (event) => onerror.call(this, event); }
    return send.call(this, body);
  };
  const ask = window.fetch;
  window.fetch = async (...request) => {
    const answer = await ask(...request);
    if (lost()) throw new TypeError("Failed to fetch");
    return answer;
  };
"""


@dataclass
class Uploader:
    """A page with the element, of a visitor who is signed in."""

    stack: LocalStack
    context: BrowserContext
    name: str
    page: Page
    ranges: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    open_before: set[str] = field(default_factory=set)

    def choose(self, *files: Path) -> None:
        self.page.locator("#uploader #files").set_input_files(files)

    def choose_folder(self, folder: Path) -> None:
        self.page.locator("#uploader #folder").set_input_files(folder)

    def line(self, name: str) -> Locator:
        return self.page.locator(f'#uploader li.file[data-name="{name}"]')

    def expect_stage(self, name: str, stage: str) -> None:
        expect(self.line(name)).to_have_attribute("data-stage", stage, timeout=PATIENCE_MS)

    @property
    def pending(self) -> int:
        return int(self.page.evaluate("document.getElementById('uploader').pending"))

    def wait_until_sent(self, seconds: float) -> None:
        script = (
            "(() => { const { pending, busy } = document.getElementById('uploader'); return !pending && !busy; })()"
        )
        try:
            self.page.wait_for_function(script, timeout=seconds * 1000)
        except PlaywrightTimeoutError:
            lines = self.page.locator("#uploader li.file:not([data-stage=ready])").all_inner_texts()
            busy = self.page.evaluate("document.getElementById('uploader').busy")
            pytest.fail(f"not sent in {seconds} s: {self.pending} are pending, busy is {busy}, {lines}")

    def ask(self, method: str, path: str) -> Any:
        answer = self.stack.request(method, path, token=self.stack.token(self.name))
        assert answer.ok, answer.text
        return answer.json()

    def titles(self) -> list[str]:
        return [asset["title"] for asset in self.ask("GET", "/assets?limit=100")["data"]]

    def expect_nothing_open(self) -> None:
        """Mux waits for nothing that it has not waited for before this visitor came."""
        end = time.monotonic() + 30
        while set(_open_uploads(self.stack)) - self.open_before:
            assert time.monotonic() < end, "uploads are left open at Mux"
            time.sleep(0.3)

    def restart(self) -> None:
        """The page is gone at once, and opened again."""
        self.page.close(run_before_unload=False)
        self.page = _open(self)


def _open(uploader: Uploader) -> Page:
    page = uploader.context.new_page()
    page.on("request", lambda request: _note(uploader, request.method, request.url, request.headers))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{uploader.stack.site_url}/uploads.html")
    page.locator("#uploader button").first.wait_for()
    return page


def _note(uploader: Uploader, method: str, url: str, headers: dict[str, str]) -> None:
    if method == "PUT":
        uploader.ranges.append(headers.get("content-range", ""))
    uploader.asked.append(f"{method} {url}")


@pytest.fixture(scope="module")
def limited(elements: None) -> Iterator[LocalStack]:
    """A stack where an owner has four open uploads at most, as many have."""
    parameters = NO_LIMITS | NO_BUDGET | {"MaxOpenUploadsPerOwner": "4"}
    with LocalStack(processing_seconds=0.2, parameters=parameters) as running:
        yield running


@pytest.fixture
def faults(limited: LocalStack) -> Iterator[Callable[..., None]]:
    def put(**wanted: object) -> None:
        requests.put(f"{limited.mux_url}/_emulator/faults", json=wanted, timeout=10).raise_for_status()

    try:
        yield put
    finally:
        put()


@pytest.fixture
def uploader(limited: LocalStack, chromium: Browser) -> Iterator[NewUploader]:
    contexts: list[BrowserContext] = []

    def arrive(name: str, attributes: str = "", loss: float = 0, context: BrowserContext | None = None) -> Uploader:
        if context is None:
            context = chromium.new_context()
            contexts.append(context)
            html = PAGE % {"api": limited.api_url, "attributes": attributes}
            context.route("**/uploads.html", lambda route: route.fulfill(body=html, content_type="text/html"))
            token = json.dumps(limited.token(name))
            context.add_init_script(f"localStorage.getItem('token') ?? localStorage.setItem('token', {token})")
            context.add_init_script(f"sessionStorage.setItem('loss', '{loss}'); {LOSSES}")
        before = set(_open_uploads(limited))
        visitor = Uploader(limited, context, name, None, open_before=before)  # type: ignore[arg-type]
        visitor.page = _open(visitor)
        return visitor

    try:
        yield arrive
    finally:
        for context in contexts:
            context.close()


def _film(path: Path, size: int = 700_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sample_mp4(seconds=2, size_bytes=size))
    return path


def _slow(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_A_SECOND}
    session.send("Network.emulateNetworkConditions", limits)


def _forget_files(page: Page) -> None:
    """As a browser that keeps no files, such as one with a private window."""
    page.evaluate(
        """() => new Promise((resolve) => { const open = indexedDB.open("video-uploads"); open.onsuccess = () => {
             const change = open.result.transaction("files", "readwrite"); change.objectStore("files").clear();
             change.oncomplete = () => { open.result.close(); resolve(); } } })"""
    )


def _open_uploads(stack: LocalStack) -> list[str]:
    """What Mux still waits for, whoever asked for it."""
    answer = requests.get(
        f"{stack.mux_url}/video/v1/uploads?limit=100", auth=("local-token-id", "local-token-secret"), timeout=10
    )
    return [upload["id"] for upload in answer.json()["data"] if upload["status"] == "waiting"]


@pytest.mark.timeout(600)
def test_sixty_files_arrive_once_each_through_limits_losses_a_killed_tab_and_a_time_offline(
    uploader: NewUploader, faults: Callable[..., None], limited: LocalStack, tmp_path: Path
) -> None:
    for at in range(60):
        _film(tmp_path / f"part {at % 3}" / f"Clip {at:02}.mp4", 300_000 + at)
    (tmp_path / "part 0" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (tmp_path / "part 1" / "notes.txt").write_text("Remember the milk.")
    sixty = uploader("sixty", loss=0.2)
    faults(api={"rate_limit": True})
    sixty.choose_folder(tmp_path)
    skipped = sixty.page.get_by_text("2 other files in the folder were left out")
    expect(skipped).to_contain_text("notes.txt", timeout=PATIENCE_MS)
    sixty.page.wait_for_function("told.length > 4", timeout=60_000)
    sixty.page.reload()
    sixty.page.locator("#uploader [data-act=go-on]").click(timeout=PATIENCE_MS)
    sixty.page.wait_for_function("told.length > 4", timeout=60_000)
    sixty.context.set_offline(True)
    sixty.page.wait_for_timeout(3000)
    sixty.context.set_offline(False)
    sixty.page.wait_for_function("told.length > 9", timeout=60_000)
    sixty.restart()
    sixty.page.locator("#uploader [data-act=go-on]").click(timeout=PATIENCE_MS)
    sixty.wait_until_sent(seconds=300)
    faults()
    sixty.expect_nothing_open()
    assert sorted(sixty.titles()) == [f"Clip {at:02}" for at in range(60)]


def test_nothing_is_loaded_or_asked_before_a_file_is_chosen(uploader: NewUploader) -> None:
    idle = uploader("idle")
    idle.page.wait_for_timeout(500)
    assert not [request for request in idle.asked if "/chunks/engine" in request]
    assert not [request for request in idle.asked if request.split(" ")[1].startswith(idle.stack.api_url)]


def test_each_bad_file_has_its_own_reason_and_the_good_one_arrives(uploader: NewUploader, tmp_path: Path) -> None:
    picky = uploader("picky", 'max-bytes="1000000"')
    good = _film(tmp_path / "good.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "letter.mp4").write_text("Dear Sir or Madam, " * 100)
    large = _film(tmp_path / "large.mp4", 1_200_000)
    picky.choose(tmp_path / "empty.mp4", tmp_path / "letter.mp4", large, good)
    notice = picky.page.locator("#uploader .notice")
    expect(notice).to_contain_text("empty.mp4: This file is empty.", timeout=PATIENCE_MS)
    expect(notice).to_contain_text("letter.mp4: This is not a video or sound")
    expect(notice).to_contain_text("large.mp4: This file is larger than")
    picky.expect_stage("good.mp4", "ready")
    picky.choose(good)
    expect(notice).to_contain_text("good.mp4: This file is here already.")
    assert picky.titles() == ["good"]
    assert len([request for request in picky.asked if request == f"POST {picky.stack.api_url}/uploads"]) == 1


def test_after_a_reload_an_upload_goes_on_where_mux_stands(uploader: NewUploader, tmp_path: Path) -> None:
    slow = uploader("slow")
    _slow(slow.page)
    slow.choose(_film(tmp_path / "long.mp4", 4_000_000))
    slow.expect_stage("long.mp4", "sending")
    slow.page.wait_for_timeout(2500)
    slow.restart()
    expect(slow.page.get_by_role("heading", name="1 upload can go on")).to_be_visible(timeout=PATIENCE_MS)
    slow.page.locator("#uploader [data-act=go-on]").click()
    slow.expect_stage("long.mp4", "ready")
    # The last request of the page before may be noted late.
    after = slow.ranges[slow.ranges.index("bytes */4000000") + 1 :]
    assert after
    assert not [sent for sent in after if sent.startswith("bytes 0-")]
    assert slow.titles() == ["long"]
    expect(slow.line("long.mp4").get_by_role("link")).to_have_attribute(
        "href", "#/video/" + slow.page.evaluate("told.at(-1)[1]")
    )


def test_a_file_that_the_browser_has_not_kept_is_asked_for_and_must_be_the_same(
    uploader: NewUploader, limited: LocalStack, tmp_path: Path
) -> None:
    forgetful = uploader("forgetful")
    _slow(forgetful.page)
    film = _film(tmp_path / "one" / "film.mp4", 3_000_000)
    forgetful.choose(film)
    forgetful.expect_stage("film.mp4", "sending")
    forgetful.page.wait_for_timeout(1000)
    _forget_files(forgetful.page)
    forgetful.restart()
    expect(forgetful.line("film.mp4")).to_contain_text("Choose the file again", timeout=PATIENCE_MS)
    forgetful.choose(_film(tmp_path / "two" / "film.mp4", 2_999_999))
    expect(forgetful.page.locator("#uploader .notice", has_text="another file")).to_be_visible(timeout=PATIENCE_MS)
    forgetful.choose(film)
    forgetful.expect_stage("film.mp4", "ready")
    assert forgetful.titles() == ["film"]
    forgetful.expect_nothing_open()


def test_choosing_a_whole_folder_again_uploads_nothing_twice(uploader: NewUploader, tmp_path: Path) -> None:
    again = uploader("again")
    for at in range(4):
        _film(tmp_path / f"Clip {at}.mp4", 300_000 + at)
    again.choose_folder(tmp_path)
    again.page.wait_for_function("told.some(([what]) => what === 'ready')", timeout=PATIENCE_MS)
    _forget_files(again.page)
    again.restart()
    expect(again.page.get_by_text("Choose the file again").first).to_be_visible(timeout=PATIENCE_MS)
    again.choose_folder(tmp_path)
    again.wait_until_sent(seconds=60)
    again.expect_nothing_open()
    assert sorted(again.titles()) == [f"Clip {at}" for at in range(4)]


def test_a_second_tab_leaves_alone_what_the_first_one_sends_and_takes_over_when_it_is_gone(
    uploader: NewUploader, tmp_path: Path
) -> None:
    first = uploader("tabs")
    _slow(first.page)
    first.choose(_film(tmp_path / "film.mp4", 3_000_000))
    first.expect_stage("film.mp4", "sending")
    second = uploader("tabs", context=first.context)
    second.page.wait_for_timeout(1000)
    assert second.pending == 0
    first.page.close(run_before_unload=False)
    second.page.wait_for_timeout(300)
    second.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    second.page.locator("#uploader [data-act=go-on]").click(timeout=PATIENCE_MS)
    second.expect_stage("film.mp4", "ready")
    assert second.titles() == ["film"]


def test_what_is_cancelled_before_its_upload_is_made_is_cancelled_at_the_api(
    uploader: NewUploader, faults: Callable[..., None], limited: LocalStack, tmp_path: Path
) -> None:
    hasty = uploader("hasty")
    faults(api={"latency_seconds": 1.5})
    with hasty.page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/uploads")):
        hasty.choose(_film(tmp_path / "film.mp4"))
    deleted = hasty.page.expect_request(lambda request: request.method == "DELETE", timeout=PATIENCE_MS)
    with deleted:
        hasty.page.get_by_role("button", name="Cancel").click()
        expect(hasty.line("film.mp4")).to_have_count(0)
    hasty.expect_nothing_open()
    assert hasty.titles() == []


def test_discarding_what_is_left_from_before_cancels_it_at_the_api(
    uploader: NewUploader, limited: LocalStack, tmp_path: Path
) -> None:
    wavering = uploader("wavering")
    _slow(wavering.page)
    wavering.choose(_film(tmp_path / "film.mp4", 3_000_000))
    wavering.expect_stage("film.mp4", "sending")
    wavering.restart()
    wavering.page.locator("#uploader [data-act=discard]").click(timeout=PATIENCE_MS)
    wavering.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    wavering.expect_nothing_open()
    wavering.restart()
    wavering.page.wait_for_timeout(800)
    assert wavering.pending == 0


def test_an_upload_whose_time_has_run_out_says_so_and_a_new_try_is_a_new_upload(
    uploader: NewUploader, limited: LocalStack, tmp_path: Path
) -> None:
    late = uploader("late")
    _slow(late.page)
    late.choose(_film(tmp_path / "film.mp4", 3_000_000))
    late.expect_stage("film.mp4", "sending")
    late.page.wait_for_timeout(800)
    limited.advance(4 * 86400)
    expect(late.line("film.mp4")).to_contain_text("The time for this upload has run out.", timeout=PATIENCE_MS)
    late.page.evaluate(f"localStorage.setItem('token', {json.dumps(limited.token('late'))})")
    late.page.get_by_role("button", name="again").click()
    late.expect_stage("film.mp4", "ready")
    late.expect_nothing_open()


def test_somebody_else_sees_nothing_of_it_and_signing_out_clears_it_after_asking(
    uploader: NewUploader, limited: LocalStack, tmp_path: Path
) -> None:
    one = uploader("one")
    _slow(one.page)
    one.choose(_film(tmp_path / "private film.mp4", 3_000_000))
    one.expect_stage("private film.mp4", "sending")
    one.page.evaluate(f"localStorage.setItem('token', {json.dumps(limited.token('other'))})")
    one.restart()
    one.page.wait_for_timeout(1000)
    assert one.pending == 0
    expect(one.page.get_by_text("private film")).to_have_count(0)
    one.page.evaluate(f"localStorage.setItem('token', {json.dumps(limited.token('one'))})")
    one.restart()
    expect(one.line("private film.mp4")).to_be_visible(timeout=PATIENCE_MS)
    one.page.evaluate(
        """() => { const detail = { waitUntil: (answer) => answer.then((left) => (window.left = left)) };
             document.dispatchEvent(new CustomEvent("video-signing-out", { detail })); }"""
    )
    one.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    one.page.wait_for_function("window.left === true", timeout=PATIENCE_MS)
    one.expect_nothing_open()
    records = """() => new Promise((resolve) => { const open = indexedDB.open("video-uploads");
      open.onsuccess = () => { const all = open.result.transaction("records").objectStore("records").getAll();
        all.onsuccess = () => resolve(all.result.length); } })"""
    assert one.page.evaluate(records) == 0


def test_dropped_files_are_taken_anywhere_and_dropped_text_is_not(uploader: NewUploader, tmp_path: Path) -> None:
    dropping = uploader("dropping")
    film = list(_film(tmp_path / "film.mp4", 400_000).read_bytes())
    drag = """([kind, bytes, type]) => { const transfer = new DataTransfer();
      if (bytes) transfer.items.add(new File([new Uint8Array(bytes)], "dropped.mp4", { type: "video/mp4" }));
      else transfer.setData("text/plain", "words");
      const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event); return event.defaultPrevented; }"""
    over = dropping.page.locator("#uploader .over")
    assert not dropping.page.evaluate(drag, ["dragover", None])
    expect(over).to_have_count(0)
    assert dropping.page.evaluate(drag, ["dragover", [0]])
    expect(over).to_contain_text("Drop to upload")
    expect(over).to_have_count(0)
    assert not dropping.page.evaluate(drag, ["drop", None])
    assert dropping.page.evaluate(drag, ["drop", film])
    dropping.expect_stage("dropped.mp4", "ready")
    assert dropping.titles() == ["dropped"]


def test_pausing_sends_nothing_more_and_resuming_goes_on(uploader: NewUploader, tmp_path: Path) -> None:
    calm = uploader("calm")
    _slow(calm.page)
    calm.choose(_film(tmp_path / "film.mp4", 2_500_000))
    calm.expect_stage("film.mp4", "sending")
    calm.page.get_by_role("button", name="Pause").click()
    expect(calm.line("film.mp4")).to_contain_text("Paused")
    calm.page.wait_for_timeout(500)
    sent = len(calm.ranges)
    calm.page.wait_for_timeout(1500)
    assert len(calm.ranges) == sent
    calm.page.get_by_role("button", name="Resume").click()
    calm.expect_stage("film.mp4", "ready")
    assert calm.ranges[sent] == "bytes */2500000"


def test_a_storage_that_the_policy_of_the_page_forbids_is_named_and_not_tried_for_ever(
    uploader: NewUploader, limited: LocalStack, tmp_path: Path
) -> None:
    strict = uploader("strict")
    html = PAGE % {"api": limited.api_url, "attributes": ""}
    policy = f"connect-src 'self' {limited.api_url}"
    strict.context.unroute_all()
    headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
    strict.context.route("**/uploads.html", lambda route: route.fulfill(body=html, headers=headers))
    strict.restart()
    strict.choose(_film(tmp_path / "film.mp4"))
    expect(strict.line("film.mp4")).to_contain_text("This page may not send files", timeout=PATIENCE_MS)
    expect(strict.page.get_by_role("button", name="again")).to_have_count(0)
    strict.expect_nothing_open()


def test_files_beyond_what_the_owner_may_upload_today_wait_and_can_be_left_out(
    uploader: NewUploader, tmp_path: Path
) -> None:
    eager = uploader("eager")
    usage = {
        "assets": {"count": 3, "limit": None},
        "open_uploads": {"count": 0, "limit": 4},
        "uploads_last_24_hours": {"count": 18, "limit": 20},
    }
    cross_origin = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
    eager.context.route("**/usage", lambda route: route.fulfill(json={"data": usage}, headers=cross_origin))
    eager.choose(*(_film(tmp_path / f"film {at}.mp4", 200_000 + at) for at in range(5)))
    notice = eager.page.locator("#uploader .notice")
    expect(notice).to_contain_text("3 files wait: there is no place left for them.", timeout=PATIENCE_MS)
    expect(notice).to_contain_text("More can be uploaded within 24 hours.")
    for name in ("film 0.mp4", "film 1.mp4"):
        eager.expect_stage(name, "ready")
    eager.expect_stage("film 2.mp4", "held")
    eager.page.get_by_role("button", name="Leave them out").click()
    expect(eager.page.locator("#uploader li.file")).to_have_count(2)
    assert sorted(eager.titles()) == ["film 0", "film 1"]
