"""Times in all the notations that Mux uses, and nothing from the ones it does not."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle.times import microseconds, parse_epoch, parse_iso, rfc3339


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (0.999999, "1970-01-01T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_795_348_895, "2026-11-22T12:01:35Z"),
        (1_795_348_895.9, "2026-11-22T12:01:35Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ],
)
def test_rfc3339(seconds: float, text: str) -> None:
    assert rfc3339(seconds) == text


@given(st.integers(0, 253_402_300_799))
def test_rfc3339_sorts_like_time_and_is_read_back(seconds: int) -> None:
    assert parse_iso(rfc3339(seconds)) == seconds * 1_000_000
    assert rfc3339(seconds) <= rfc3339(min(seconds + 1, 253_402_300_799))


@pytest.mark.parametrize(
    ("seconds", "micros"), [(0, 0), (1.5, 1_500_000), (1_795_348_895.123456, 1_795_348_895_123_456)]
)
def test_microseconds(seconds: float, micros: int) -> None:
    assert microseconds(seconds) == micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2022-06-27T20:36:34.000000Z", 1_656_362_194_000_000),
        ("2022-06-27T20:36:34Z", 1_656_362_194_000_000),
        ("2022-06-27T20:36:34.5Z", 1_656_362_194_500_000),
        ("2022-06-27T22:36:34.000001+02:00", 1_656_362_194_000_001),
        ("2022-06-27 20:36:34+00:00", 1_656_362_194_000_000),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
    ],
)
def test_parse_iso(text: str, micros: int) -> None:
    assert parse_iso(text) == micros


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-23, 23))  # noqa: DTZ001
def test_the_zone_does_not_matter(moment: datetime, hours: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    elsewhere = utc.astimezone(timezone(timedelta(hours=hours)))
    assert parse_iso(elsewhere.isoformat()) == parse_iso(utc.isoformat())


@pytest.mark.parametrize(
    "value",
    [
        *(None, 7, 1.5, True, [], {}, b"2022-06-27T20:36:34Z", "", " ", "now", "2022-06-27", "2022-06-27T20:36:34"),
        *("2022-02-30T00:00:00Z", "2022-06-27T25:00:00Z", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z"),
        *(
            "1656362194",
            "-2022-06-27T20:36:34Z",
            "2022-06-27T20:36:34Z" + " " * 40,
            "2022-06-27T20:36:34." + "0" * 40 + "Z",
        ),
    ],
    ids=repr,
)
def test_what_is_no_instant(value: object) -> None:
    assert parse_iso(value) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(0, 0), ("0", 0), (1_609_869_152, 1_609_869_152), ("1609869152", 1_609_869_152), (99_999_999_999, 99_999_999_999)],
)
def test_parse_epoch(value: object, seconds: int) -> None:
    assert parse_epoch(value) == seconds
    assert parse_epoch("99999999999") == 99_999_999_999


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 1.0, -1, 10**11, "-1", "+1", "1.0", "", " 1", "1 ", "1e9", "²", "１", "100000000000"),
        "9" * 5000,
        [],
        {},
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_epoch(value: object) -> None:
    assert parse_epoch(value) is None


@given(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.lists(st.integers())))
def test_nothing_does_anything_but_parse_or_not(value: object) -> None:
    for found in (parse_iso(value), parse_epoch(value)):
        assert found is None or found >= 0
