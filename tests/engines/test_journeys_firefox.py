"""The journeys in Firefox."""

from __future__ import annotations

from tests.engines.journeys import (
    test_a_film_lives_from_its_upload_to_its_deletion,
    test_a_session_outlives_its_token_and_a_reload,
    test_a_stranger_is_welcome_and_watches_what_is_published,
    test_no_page_has_serious_barriers_whatever_its_colours_and_direction,
    test_titles_and_file_names_are_shown_as_text,
)

__all__ = [
    "test_a_film_lives_from_its_upload_to_its_deletion",
    "test_a_session_outlives_its_token_and_a_reload",
    "test_a_stranger_is_welcome_and_watches_what_is_published",
    "test_no_page_has_serious_barriers_whatever_its_colours_and_direction",
    "test_titles_and_file_names_are_shown_as_text",
]

ENGINE = "firefox"
