"""Instants as both systems write them, at the ends of the calendar too (S066)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadsync.clock import (
    FIRST_INSTANT,
    LAST_INSTANT,
    SystemClock,
    format_instant,
    parse_instant,
    parse_reading,
)

MINUTES = st.integers(-23 * 60 - 59, 23 * 60 + 59)
ZONES = MINUTES.map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=ZONES | st.just(UTC))
READINGS = st.datetimes()
EXPECTED = datetime(2026, 1, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T10:00:00Z",
        "2026-01-31T10:00:00+0000",
        "2026-01-31T10:00:00+00:00",
        "2026-01-31T10:00:00Z+0000",
        "2026-01-31T10:00:00",
        "2026-01-31 10:00:00",
        "2026-01-31T10:00Z",
        "2026-01-31T10:00:00.000Z",
        "2026-01-31T02:00:00-08:00",
        "2026-01-31T17:00:00+0700",
        " 2026-01-31T10:00:00Z\n",
    ],
)
def test_every_form_that_the_systems_write_is_read(text: str) -> None:
    assert parse_instant(text) == EXPECTED
    assert parse_instant(text).tzinfo is UTC


def test_a_date_is_its_midnight_in_utc() -> None:
    assert parse_instant("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)


def test_fractions_of_a_second_are_kept() -> None:
    assert parse_instant("2026-01-31T10:00:00.1234567Z").microsecond == 123456


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20260131",
        "2026-W05-6",
        "2026-031",
        "2026-01-31x10:00:00Z",
        "2026-01-31T10Z",
        "2026-01-31T10:00:00Z+0100",
        "2026-01-31T10:00:00+0000Z",
        "2026-01-31T10:00:00ZZ",
        "2026-01-31T10:00:00 UTC",
        "2026-02-30T10:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T10:00:60Z",
        "2026-01-31T10:00:00+2400",
        "2026-01-31+0100",
        "2026-01-31Z",
        "2026-01-31T10:00:00Z+0030",
        "\u0662\u0660\u0662\u0666-01-31",
        "1769853600",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_an_instant_beyond_the_calendar_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=f"{text[:10]}.*outside of the years 1 to 9999"):
        parse_instant(text)
    assert parse_reading(text).isoformat() == text


@given(st.text())
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    try:
        moment = parse_instant(text)
    except ValueError:
        return
    assert format_instant(moment)[:4].isdecimal()


@given(MOMENTS)
@example(datetime.min.replace(tzinfo=timezone(timedelta(hours=5))))
@example(datetime.max.replace(tzinfo=timezone(-timedelta(hours=5))))
def test_every_moment_is_written_in_twenty_characters(moment: datetime) -> None:
    written = format_instant(moment)
    assert len(written) == len("2026-01-31T10:00:00Z")
    assert FIRST_INSTANT <= parse_instant(written) <= LAST_INSTANT


@given(MOMENTS)
def test_what_is_written_is_read_back_to_the_second(moment: datetime) -> None:
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        in_utc = FIRST_INSTANT if moment.year == 1 else LAST_INSTANT
    assert parse_instant(format_instant(moment)) == in_utc.replace(microsecond=0)


@given(MOMENTS, MOMENTS)
def test_texts_sort_as_their_moments_do(one: datetime, other: datetime) -> None:
    if one <= other:
        assert format_instant(one) <= format_instant(other)


@given(READINGS, MINUTES)
def test_a_reading_keeps_its_clock_and_its_zone(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    for separator in "T ":
        assert parse_reading(zoned.isoformat(separator)).isoformat() == zoned.isoformat()
        assert parse_reading(moment.isoformat(separator)) == moment


@given(READINGS)
def test_a_missing_zone_means_utc_both_ways(moment: datetime) -> None:
    assert parse_instant(moment.isoformat()) == moment.replace(tzinfo=UTC)
    assert format_instant(moment) == format_instant(moment.replace(tzinfo=UTC))


def test_years_before_1000_keep_four_digits() -> None:
    assert format_instant(datetime(33, 4, 3, tzinfo=UTC)) == "0033-04-03T00:00:00Z"


def test_the_machines_clock_is_in_utc() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0)
    assert before <= clock.now()
    assert before.tzinfo is UTC
