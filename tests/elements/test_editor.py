"""<video-editor>: one's own video gets another title, other viewers and captions, or goes."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import expect

from local.mux import sample_mp4
from tests.elements.editor import EditorPage, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Route

    from local.embedded import LocalStack

    Open = Callable[..., EditorPage]

ONLY_YOU = "Only you can watch it."
IN_GALLERY = "It is in the gallery, and everybody can watch it."
BY_LINK = "It is not in the gallery, but everybody with the link can watch it."
CAPTIONS = "https://media.example.com/captions.vtt"


@pytest.fixture
def alice(stack: LocalStack) -> Owner:
    return Owner(stack, "alice")


@pytest.fixture
def pages(stack: LocalStack, chromium: Browser, alice: Owner) -> Iterator[Open]:
    """Makes pages with an editor; no script may fail on them."""
    made: list[EditorPage] = []

    def page(asset: str, token: str | None = None, **profile: Any) -> EditorPage:
        made.append(EditorPage(stack, chromium, asset, alice.token if token is None else token, **profile))
        return made[-1]

    try:
        yield page
        for one in made:
            assert not one.complaints
    finally:
        for one in made:
            one.close()


def hold(page: EditorPage, method: str) -> list[Route]:
    """Requests of this method wait here until they are let go."""
    held: list[Route] = []
    page.answers(lambda route: held.append(route) if route.request.method == method else route.fallback())
    return held


def wait_for(page: EditorPage, holds: Callable[[], object]) -> None:
    limit = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < limit, "it did not happen in time"
        page.page.wait_for_timeout(50)


# Title


def test_enter_saves_a_title_in_its_place(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    page.edit_title("  Harbour at dusk ")
    page.title_field.press("Enter")
    expect(page.heading("Harbour at dusk")).to_be_visible()
    page.says("Saved")
    assert alice.asset(page.asset)["title"] == "Harbour at dusk"
    expect(page.button("Harbour at dusk")).to_be_focused()


def test_escape_restores_the_title_and_asks_for_nothing(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    page.edit_title("Something else")
    page.title_field.press("Escape")
    expect(page.heading("Harbour")).to_be_visible()
    expect(page.button("Harbour")).to_be_focused()
    assert page.count("PATCH") == 0


def test_a_title_is_edited_by_keyboard_alone(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    page.button("Harbour").focus()
    page.page.keyboard.press("Enter")
    expect(page.title_field).to_be_focused()
    page.page.keyboard.type("Quay")
    page.page.keyboard.press("Enter")
    expect(page.heading("Quay")).to_be_visible()


def test_a_title_that_cannot_be_saved_stays_as_typed(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour"))
    page.refuses("PATCH", 502, "mux_refused")
    page.open().edit_title("Harbour at dawn")
    page.title_field.press("Enter")
    page.says("The video service cannot do this at the moment.")
    expect(page.title_field).to_have_value("Harbour at dawn")
    assert not page.barriers()
    page.page.unroute_all()
    page.title_field.press("Enter")
    expect(page.heading("Harbour at dawn")).to_be_visible()
    assert alice.asset(page.asset)["title"] == "Harbour at dawn"


def test_a_title_whose_answer_is_lost_is_saved_all_the_same(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour"))

    def lose(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.fallback()
        route.fetch()
        return route.fulfill(status=502, headers={"access-control-allow-origin": page.stack.site_url}, json={})

    page.answers(lose)
    page.open().edit_title("Harbour at noon")
    page.title_field.press("Enter")
    expect(page.heading("Harbour at noon")).to_be_visible()
    page.says("Saved")


def test_an_answer_that_arrives_while_somebody_types_leaves_the_text_alone(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    held = hold(page, "PATCH")
    page.switch.click()
    wait_for(page, lambda: held)
    alice.ask("PATCH", f"/assets/{page.asset}", {"title": "From elsewhere"})
    page.edit_title("Typed here")
    held.pop().continue_()
    page.says(IN_GALLERY)
    expect(page.title_field).to_have_value("Typed here")
    page.title_field.press("Escape")
    expect(page.heading("From elsewhere")).to_be_visible()


def test_enter_twice_saves_once(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    held = hold(page, "PATCH")
    page.edit_title("Harbour twice")
    page.title_field.press("Enter")
    page.says("Saving…")
    page.title_field.press("Enter")
    page.button("Save").click()
    held.pop().continue_()
    expect(page.heading("Harbour twice")).to_be_visible()
    assert page.count("PATCH") == 1


def test_a_title_is_counted_as_the_api_counts_it(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    page.edit_title("😀" * 513)
    page.says("This title is 1 character too long.")
    page.title_field.press("Enter")
    expect(page.title_field).to_have_value("😀" * 513)
    page.title_field.fill("   ")
    page.title_field.press("Enter")
    page.says("Give the video a title.")
    assert page.count("PATCH") == 0
    page.title_field.fill("😀" * 512)
    page.title_field.press("Enter")
    expect(page.heading("😀" * 512)).to_be_visible()


def test_control_characters_of_a_pasted_title_become_blanks(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    page.edit_title("Day\tone\u0085two")
    page.title_field.press("Enter")
    expect(page.heading("Day one two")).to_be_visible()


def test_too_many_requests_are_waited_for(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour"))
    refused: list[Route] = []

    def refuse_once(route: Route) -> None:
        if route.request.method != "PATCH" or refused:
            return route.fallback()
        refused.append(route)
        headers = {"access-control-allow-origin": page.stack.site_url, "access-control-expose-headers": "Retry-After"}
        body = {"error": {"type": "too_many_requests", "messages": []}}
        return route.fulfill(status=429, headers=headers | {"retry-after": "1"}, json=body)

    page.answers(refuse_once)
    page.open().edit_title("Patience")
    page.title_field.press("Enter")
    expect(page.heading("Patience")).to_be_visible()
    assert len(refused) == 1


# Who can watch


def test_the_switch_publishes_and_withdraws(alice: Owner, pages: Open) -> None:
    page = pages(alice.has()).open()
    page.says(ONLY_YOU)
    expect(page.switch).to_have_attribute("aria-checked", "false")
    page.switch.click()
    page.says(IN_GALLERY)
    expect(page.switch).to_have_attribute("aria-checked", "true")
    asset = alice.asset(page.asset)
    assert (asset["visibility"], asset["playable_by"]) == ("public", "everyone")
    assert not page.barriers()
    page.switch.click()
    page.says(ONLY_YOU)
    asset = alice.asset(page.asset)
    assert (asset["visibility"], asset["playable_by"]) == ("private", "token")


def test_the_link_to_share_is_copied(alice: Owner, pages: Open) -> None:
    page = pages(alice.has(policy="public")).open()
    (public,) = alice.asset(page.asset)["playback_ids"]
    link = f"{page.stack.site_url}/#/gallery/{public['id']}"
    expect(page.editor.get_by_label("Link to share")).to_have_value(link)
    page.button("Copy").click()
    page.says("Copied")
    assert page.page.evaluate("navigator.clipboard.readText()") == link


def test_a_link_that_cannot_be_copied_is_selected(alice: Owner, pages: Open) -> None:
    page = pages(alice.has(policy="public")).open()
    page.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.button("Copy").click()
    page.says("The link is selected. Copy it from here.")
    expect(page.editor.get_by_label("Link to share")).to_be_focused()


def test_a_private_video_with_a_public_playback_id_is_said_to_be_open(alice: Owner, pages: Open) -> None:
    page = pages(alice.has(policy="public")).open()
    page.says(BY_LINK)
    expect(page.switch).to_have_attribute("aria-checked", "true")
    assert not page.barriers()
    page.switch.click()
    page.says(ONLY_YOU)
    assert alice.asset(page.asset)["playable_by"] == "token"


def test_an_open_video_is_added_to_the_gallery(alice: Owner, pages: Open) -> None:
    page = pages(alice.has(policy="public")).open()
    page.button("Publish").click()
    page.says(IN_GALLERY)
    assert alice.asset(page.asset)["visibility"] == "public"


def test_a_video_that_nobody_can_play_becomes_its_owners_again(alice: Owner, pages: Open) -> None:
    page = pages(alice.has()).open()
    (only,) = alice.asset(page.asset)["playback_ids"]
    alice.ask("DELETE", f"/assets/{page.asset}/playback-ids/{only['id']}")
    page.open()
    page.says("Nobody can watch it, not even you.")
    expect(page.switch).to_have_attribute("aria-checked", "false")
    assert not page.barriers()
    page.button("Make private").click()
    page.says(ONLY_YOU)
    assert alice.asset(page.asset)["playable_by"] == "token"


def test_who_can_watch_is_said_to_be_unknown_when_it_is(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    page.shows(playable_by="unknown")
    page.open().says("Who can watch it could not be found out.")
    expect(page.switch).to_have_count(0)
    assert not page.barriers()
    page.page.unroute_all()
    page.button("Check again").click()
    page.says(ONLY_YOU)


def test_a_public_playback_id_that_cannot_be_removed_leaves_the_video_public_on_the_page(
    alice: Owner, pages: Open, mux: str
) -> None:
    page = pages(alice.has(policy="public"))
    alice.ask("PATCH", f"/assets/{page.asset}", {"visibility": "public"})
    page.open().says(IN_GALLERY)
    requests.put(f"{mux}/_emulator/faults", json={"api": {"error_rate": 1}}, timeout=10).raise_for_status()
    page.switch.click()
    expect(page.switch).to_have_attribute("aria-busy", "true")
    page.says("Changing…")
    page.says("The video service is busy. Try again in a moment.")
    assert alice.asset(page.asset)["playable_by"] == "everyone"
    page.says(IN_GALLERY)
    expect(page.switch).to_have_attribute("aria-checked", "true")
    requests.put(f"{mux}/_emulator/faults", json={}, timeout=10).raise_for_status()
    page.button("Try again").click()
    page.says(ONLY_YOU)
    assert alice.asset(page.asset)["playable_by"] == "token"


def test_half_of_a_change_is_shown_as_it_is(alice: Owner, pages: Open) -> None:
    """The public playback id is made, and then Mux refuses: private, but open to everybody."""
    page = pages(alice.has())
    page.refuses("PATCH", 502, "mux_refused")
    page.open().says(ONLY_YOU)
    alice.ask("POST", f"/assets/{page.asset}/playback-ids", {"policy": "public"})
    page.switch.click()
    page.says("The video service cannot do this at the moment.")
    page.says(BY_LINK)
    expect(page.switch).to_have_attribute("aria-checked", "true")


def test_nothing_is_claimed_when_the_true_state_cannot_be_read(alice: Owner, pages: Open) -> None:
    page = pages(alice.has()).open()
    page.says(ONLY_YOU)
    page.refuses("PATCH", 502, "mux_refused")
    page.refuses("GET", 502, "mux_refused")
    page.switch.click()
    page.says("Who can watch it could not be found out.")
    page.page.unroute_all()
    page.button("Check again").click()
    page.says(ONLY_YOU)
    expect(page.switch).to_have_attribute("aria-checked", "false")


def test_a_conflict_is_said_beside_the_switch(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    page.refuses("PATCH", 409, "conflict")
    page.open().switch.click()
    page.says("This is not possible right now.")
    expect(page.editor.get_by_text("words of the API")).to_have_count(0)
    expect(page.switch).to_have_attribute("aria-checked", "false")


def test_the_switch_pressed_twice_changes_once(alice: Owner, pages: Open) -> None:
    page = pages(alice.has()).open()
    held = hold(page, "PATCH")
    page.switch.click()
    expect(page.switch).to_have_attribute("aria-busy", "true")
    # Playwright would wait until it is enabled again; people do not.
    page.switch.click(force=True)
    wait_for(page, lambda: held)
    page.page.wait_for_timeout(500)
    assert page.count("PATCH") == 1
    held.pop().continue_()
    page.says(IN_GALLERY)


def test_answers_in_another_order_end_in_what_is_true(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    held = hold(page, "PATCH")
    page.edit_title("Quay")
    page.title_field.press("Enter")
    wait_for(page, lambda: len(held) == 1)
    old = held[0].fetch()
    page.switch.click()
    wait_for(page, lambda: len(held) == 2)
    held[1].continue_()
    wait_for(page, lambda: alice.asset(page.asset)["visibility"] == "public")
    page.says(IN_GALLERY)
    # The answer to the first says what was true before the second.
    held[0].fulfill(response=old)
    expect(page.heading("Quay")).to_be_visible()
    page.page.wait_for_timeout(500)
    expect(page.switch).to_have_attribute("aria-checked", "true")
    page.says(IN_GALLERY)


# Captions


def test_captions_are_made_from_speech_once_for_each_language(alice: Owner, pages: Open) -> None:
    page = pages(alice.has()).open()
    page.says("There are no captions yet.")
    page.editor.get_by_text("Make from speech").click()
    spoken = page.editor.get_by_label("Language spoken")
    assert spoken.input_value() == "auto"
    offered = spoken.locator("option").all_text_contents()
    assert "German" in offered
    assert "Japanese" not in offered
    spoken.select_option(label="German")
    page.button("Make captions").dblclick()
    expect(page.captions.get_by_role("listitem")).to_contain_text("German (automatic)")
    expect(page.editor.get_by_text("Captions are ready: \u2068German (automatic)\u2069")).to_be_attached()
    expect(page.captions.get_by_text("From speech", exact=False).first).to_be_visible()
    assert not page.barriers()
    offered = spoken.locator("option").all_text_contents()
    assert "German" not in offered
    assert "Find it out" not in offered
    tracks = [track for track in alice.asset(page.asset)["tracks"] if track["type"] == "text"]
    assert [(track["name"], track["language_code"]) for track in tracks] == [("German (automatic)", "de")]


def test_captions_are_added_from_an_address(alice: Owner, pages: Open) -> None:
    page = pages(alice.has()).open()
    page.editor.get_by_text("Add from a web address").click()
    address = page.editor.get_by_label("Address of the file")
    for wrong in (
        "",
        "captions.vtt",
        "http://media.example.com/a.vtt",
        "https://127.0.0.1/a.vtt",
        "https://a:b@c.example/",
    ):
        address.fill(wrong)
        page.button("Add captions").click()
        page.says("Enter an address that begins with https://")
    assert not page.barriers()
    assert page.count("POST", f"/assets/{page.asset}/tracks") == 0
    address.fill(CAPTIONS)
    page.editor.get_by_label("Language", exact=True).select_option("fr")
    page.button("Add captions").click()
    row = page.captions.get_by_role("listitem")
    expect(row).to_contain_text("French")
    expect(row.get_by_text("Being read…")).to_have_count(0)
    (track,) = (track for track in alice.asset(page.asset)["tracks"] if track["type"] == "text")
    assert (track["name"], track["language_code"], track["status"]) == ("French", "fr", "ready")
    expect(address).to_have_value("")


def test_captions_with_the_name_of_others_are_not_sent(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    wish = {"url": CAPTIONS, "type": "text", "language_code": "fr", "name": "French"}
    alice.ask("POST", f"/assets/{page.asset}/tracks", wish)
    page.open().editor.get_by_text("Add from a web address").click()
    page.editor.get_by_label("Address of the file").fill(CAPTIONS)
    page.editor.get_by_label("Language", exact=True).select_option("fr")
    page.button("Add captions").click()
    page.says("in this language already. Give these another name.")
    page.editor.get_by_label("Name in the player (optional)").fill("french")
    page.editor.get_by_label("Language", exact=True).select_option("de")
    page.button("Add captions").click()
    page.says("already. Choose another name.")
    assert page.count("POST", f"/assets/{page.asset}/tracks") == 0
    page.editor.get_by_label("Name in the player (optional)").fill("Deutsch")
    page.button("Add captions").click()
    expect(page.captions.get_by_role("listitem").filter(has_text="Deutsch")).to_contain_text("German")


def test_captions_that_the_api_knows_already_are_explained(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    page.refuses("POST", 409, "conflict", f"/assets/{page.asset}/tracks")
    page.open().editor.get_by_text("Add from a web address").click()
    page.editor.get_by_label("Address of the file").fill(CAPTIONS)
    page.button("Add captions").click()
    page.says("Perhaps there are captions like these already, or too many.")
    expect(page.editor.get_by_label("Address of the file")).to_have_value(CAPTIONS)


def test_captions_whose_answer_is_lost_appear_once(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.answers(lose, f"/assets/{page.asset}/tracks")
    page.open().editor.get_by_text("Add from a web address").click()
    page.editor.get_by_label("Address of the file").fill(CAPTIONS)
    page.editor.get_by_label("Language", exact=True).select_option("it")
    page.button("Add captions").click()
    expect(page.captions.get_by_role("listitem")).to_contain_text("Italian")
    expect(page.editor.get_by_label("Address of the file")).to_have_value("")
    assert page.count("POST", f"/assets/{page.asset}/tracks") == 1


def test_a_file_of_captions_that_cannot_be_read_is_explained(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    wish = {"url": "https://media.invalid/a.vtt", "type": "text", "language_code": "fr", "name": "French"}
    alice.ask("POST", f"/assets/{page.asset}/tracks", wish)
    page.open().says("This file could not be read.")
    assert not page.barriers()


def test_captions_are_removed_only_after_a_yes(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    wish = {"url": CAPTIONS, "type": "text", "language_code": "fr", "name": "French"}
    track = alice.ask("POST", f"/assets/{page.asset}/tracks", wish)["data"]["id"]
    page.open().captions.get_by_role("button", name="Remove captions").click()
    dialog = page.editor.get_by_role("dialog", name="Remove these captions?")
    assert not page.barriers()
    dialog.get_by_role("button", name="Cancel").click()
    assert page.count("DELETE", f"/assets/{page.asset}/tracks/{track}") == 0
    page.captions.get_by_role("button", name="Remove captions").click()
    dialog.get_by_role("button", name="Remove").click()
    page.says("There are no captions yet.")
    assert not [track for track in alice.asset(page.asset)["tracks"] if track["type"] == "text"]
    expect(page.heading("Captions")).to_be_focused()


def test_captions_that_cannot_be_removed_stay(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    wish = {"url": CAPTIONS, "type": "text", "language_code": "fr", "name": "French"}
    track = alice.ask("POST", f"/assets/{page.asset}/tracks", wish)["data"]["id"]
    page.refuses("DELETE", 502, "mux_refused", f"/assets/{page.asset}/tracks/{track}")
    page.open().captions.get_by_role("button", name="Remove captions").click()
    page.editor.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.captions.get_by_role("listitem")).to_contain_text("The video service cannot do this at the moment.")


def test_chapters_stand_apart_and_cannot_be_removed(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    chapters = {
        "id": "c1",
        "type": "text",
        "text_type": "chapters",
        "status": "ready",
        "name": "Parts",
        "language_code": "en",
    }
    page.shows(tracks=[*alice.asset(page.asset)["tracks"], chapters])
    page.open().says("There are no captions yet.")
    section = page.editor.get_by_role("region", name="Chapters")
    expect(section).to_contain_text("Parts")
    expect(section.get_by_role("button")).to_have_count(0)


def test_a_language_that_is_none_breaks_nothing(alice: Owner, pages: Open) -> None:
    page = pages(alice.has())
    odd = {"id": "c1", "type": "text", "text_type": "subtitles", "status": "ready", "language_code": "not a language"}
    page.shows(tracks=[*alice.asset(page.asset)["tracks"], odd])
    expect(page.open().captions.get_by_role("listitem")).to_contain_text("not a language")


def test_a_video_without_sound_offers_no_captions_from_speech(alice: Owner, pages: Open) -> None:
    page = pages(alice.has(content=sample_mp4(seconds=6, audio=False))).open()
    page.says("This video has no sound, so no captions can be made from speech.")
    expect(page.button("Make captions")).to_have_count(0)


# Deleting


def test_a_video_is_deleted_only_after_a_yes(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    page.button("Delete video").click()
    dialog = page.editor.get_by_role("dialog", name=re.compile("Delete .*Harbour"))
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert not page.barriers()
    page.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.button("Delete video")).to_be_focused()
    assert page.count("DELETE") == 0
    page.button("Delete video").click()
    dialog.get_by_role("button", name="Delete").click()
    page.says("This video has been deleted.")
    assert page.page.evaluate("window.heard") == [page.asset]
    assert page.stack.request("GET", f"/assets/{page.asset}", token=alice.token).status_code == 404
    assert not page.barriers()


def test_a_video_that_is_deleted_later_says_so_until_it_is_gone(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    data = alice.asset(page.asset) | {"status": "deleting"}

    def later(route: Route) -> None:
        if route.request.method != "DELETE":
            return route.fallback()
        headers = {"access-control-allow-origin": page.stack.site_url}
        return route.fulfill(status=202, headers=headers, json={"data": data})

    expect(page.button("Delete video")).to_be_visible()
    page.shows(status="deleting")
    page.answers(later)
    page.button("Delete video").click()
    page.editor.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.says("This video is being deleted.")
    assert page.page.evaluate("window.heard") == [page.asset]
    expect(page.button("Delete video")).to_have_count(0)
    expect(page.switch).to_have_count(0)
    assert not page.barriers()
    alice.ask("DELETE", f"/assets/{page.asset}")
    page.page.unroute_all()
    page.says("This video has been deleted.")


def test_a_video_that_cannot_be_deleted_stays(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour"))
    page.refuses("DELETE", 403, "forbidden")
    page.open().button("Delete video").click()
    page.editor.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.says("You may not do this here.")
    expect(page.heading("Harbour")).to_be_visible()
    assert page.page.evaluate("window.heard") == []


def test_a_deletion_whose_answer_is_lost_ends_in_a_deleted_video(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour"))

    def lose(route: Route) -> None:
        if route.request.method != "DELETE" or page.count("DELETE") > 1:
            return route.fallback()
        route.fetch()
        return route.abort()

    page.answers(lose)
    page.open().button("Delete video").click()
    page.editor.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.says("This video has been deleted.")
    assert page.page.evaluate("window.heard") == [page.asset]


def test_a_question_about_one_video_is_not_answered_for_another(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour")).open()
    other = alice.has("Quay")
    page.button("Delete video").click()
    page.editor.evaluate("(editor, id) => (editor.asset = id)", other)
    expect(page.heading("Quay")).to_be_visible()
    expect(page.editor.get_by_role("dialog")).to_have_count(0)
    assert {alice.asset(page.asset)["status"], alice.asset(other)["status"]} == {"ready"}


# What stands in the place of the editor


def test_somebody_elses_video_does_not_exist(stack: LocalStack, alice: Owner, pages: Open) -> None:
    page = pages(alice.has(), stack.token("ben")).open()
    page.says("This video does not exist, or it is not yours.")
    expect(page.editor).to_have_attribute("without-video", "")
    expect(page.button("Delete video")).to_have_count(0)
    assert not page.barriers()


def test_who_is_not_signed_in_is_told_so(alice: Owner, pages: Open) -> None:
    page = pages(alice.has(), "").open()
    page.says("You are not signed in any more. Sign in to go on.")
    assert not page.barriers()


def test_a_video_that_is_processed_can_be_renamed_and_nothing_else(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour"))
    page.shows(status="preparing", tracks=None)
    page.open().says("As soon as it is ready, only you can watch this video.")
    expect(page.switch).to_have_count(0)
    expect(page.button("Make captions")).to_have_count(0)
    assert not page.barriers()
    page.edit_title("Harbour early")
    page.page.unroute_all()
    # It is ready now, and what is typed is still there.
    expect(page.switch).to_be_visible()
    expect(page.title_field).to_have_value("Harbour early")


def test_a_file_that_is_no_video_can_only_be_deleted(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Broken", b"this is no video at all")).open()
    page.says("This file could not be made into a video.")
    expect(page.switch).to_have_count(0)
    expect(page.captions).to_have_count(0)
    assert not page.barriers()
    page.button("Delete video").click()
    page.editor.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.says("This video has been deleted.")


def test_a_video_that_is_too_long_says_so(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Long", sample_mp4(seconds=1500))).open()
    page.says("This video is longer than this site allows, so it was not kept.")
    expect(page.button("Long")).to_have_count(0)


def test_what_cannot_be_read_is_tried_again(alice: Owner, pages: Open) -> None:
    page = pages(alice.has("Harbour"))
    page.refuses("GET", 503, "mux_unavailable")
    page.open().says("The video service is busy. Try again in a moment.")
    assert not page.barriers()
    page.page.unroute_all()
    page.button("Try again").click()
    expect(page.heading("Harbour")).to_be_visible()


# Every screen


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_is_wider_than_a_small_phone(alice: Owner, pages: Open, direction: str) -> None:
    page = pages(
        alice.has("Donaudampfschifffahrtsgesellschaft" * 8, policy="public"), viewport={"width": 320, "height": 640}
    )
    wish = {"url": CAPTIONS, "type": "text", "language_code": "fr", "name": "W" * 120}
    alice.ask("POST", f"/assets/{page.asset}/tracks", wish)
    page.open().page.evaluate("(direction) => (document.documentElement.dir = direction)", direction)
    page.says(BY_LINK)
    page.editor.get_by_text("Add from a web address").click()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    page.editor.locator(".title-button").click()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_switch_is_seen_in_forced_colours(alice: Owner, pages: Open) -> None:
    page = pages(alice.has(policy="public"), forced_colors="active").open()
    page.says(BY_LINK)
    on = page.switch.evaluate("(knob) => getComputedStyle(knob).backgroundColor")
    page.switch.click()
    page.says(ONLY_YOU)
    off = page.switch.evaluate("(knob) => getComputedStyle(knob).backgroundColor")
    assert on != off
