"""Feeds are read to their end once, and settled once more when late activities have arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.cycle.extract.feed_cursor import LIGHT, MOST_STRETCHES, FeedCursor
from leadsync.model import Activity, FeedRead

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
OVERLAP = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


def activities(count: int, at: datetime = START) -> tuple[Activity, ...]:
    return tuple(Activity(f"{at:%H%M%S}-{number}", 1, 13, at) for number in range(count))


def read(count: int, token: str, *, pages: int | None = None, at: datetime = START) -> FeedRead:
    return FeedRead(activities(count, at), token, pages or max(1, -(-count // 300)))


def advanced(
    cursor: FeedCursor, count: int, minutes: float, pages: int | None = None
) -> FeedCursor:
    now = START + minutes * MINUTE
    found = read(count, f"T{minutes:g}", pages=pages, at=now)
    return cursor.advanced(found, count, now, now, OVERLAP)


def test_few_activities_are_read_again_in_the_same_page_until_they_are_settled() -> None:
    cursor = advanced(FeedCursor("T0", START), 10, 1)
    assert cursor.start == "T0"
    assert advanced(cursor, 0, 3).start == "T0"
    settled = advanced(advanced(cursor, 0, 3), 0, 7)
    assert settled.start == "T1"
    assert settled.due(START + 7 * MINUTE, OVERLAP) == ()


def test_what_a_read_found_is_settled_by_a_read_that_begins_an_overlap_later() -> None:
    """An activity may appear just before the overlap is over, behind a read's end."""
    cursor = advanced(FeedCursor("T0", START), 10, 1)
    just_before = advanced(cursor, 0, 5.9)
    assert just_before.start == "T0"


def test_many_activities_wait_and_are_settled_page_by_page() -> None:
    cursor = advanced(FeedCursor("T0", START), 700, 1)
    assert cursor.start == "T1"
    assert cursor.due(START + 5 * MINUTE, OVERLAP) == ()
    (stretch,) = cursor.due(START + 6 * MINUTE, OVERLAP)
    assert (stretch.token, stretch.since) == ("T0", START)
    for token in ("P1", "P2"):
        cursor = cursor.settled(FeedRead(activities(300), token, 1, complete=False))
        assert cursor.stretches[0].token == token
    later = START + 2 * MINUTE
    cursor = cursor.settled(FeedRead(activities(100) + activities(1, later), "P3", 1, False))
    assert cursor.stretches == ()
    assert cursor.start == "T1"


def test_a_stretch_that_late_activities_made_longer_takes_one_page_more() -> None:
    cursor = advanced(FeedCursor("T0", START), 300, 1)
    cursor = cursor.settled(FeedRead(activities(300), "P1", 1, complete=False))
    assert len(cursor.stretches) == 1
    cursor = cursor.settled(FeedRead(activities(300), "P2", 1, complete=False))
    assert cursor.stretches == ()


def test_a_read_to_the_end_settles_the_stretch_that_it_goes_through() -> None:
    cursor = advanced(FeedCursor("T0", START), 300, 1)
    assert cursor.settled(FeedRead((), "P1", 1, complete=True)).stretches == ()


def test_a_stretch_that_proves_shorter_than_thought_does_not_hide_the_next() -> None:
    cursor = advanced(advanced(FeedCursor("T0", START), 10, 1, pages=3), 10, 8, pages=3)
    assert [stretch.token for stretch in cursor.stretches] == ["T0", "T1"]
    to_the_end = read(10, "T8", at=START + 2 * MINUTE)
    assert [stretch.token for stretch in cursor.settled(to_the_end).stretches] == ["T1"]


def test_pages_that_only_scan_count_as_what_they_cost() -> None:
    cursor = advanced(FeedCursor("T0", START), 0, 1, pages=5)
    assert cursor.start == "T1"
    assert cursor.stretches[0].pages == 4


def test_a_burst_parts_what_went_before_from_the_end_as_one_stretch() -> None:
    cursor = FeedCursor("T0", START)
    for minute in (1, 2, 3):
        cursor = advanced(cursor, 1, minute)
    cursor = advanced(cursor, 3000, 4)
    assert [stretch.token for stretch in cursor.stretches] == ["T0", "T3"]


def test_unsettled_since_is_the_start_of_the_oldest_stretch() -> None:
    cursor = FeedCursor("T0", START)
    assert cursor.unsettled_since == START
    assert advanced(advanced(cursor, 600, 1), 600, 2).unsettled_since == START


def test_a_cursor_is_stored_and_read_unchanged() -> None:
    cursor = advanced(advanced(FeedCursor("T0", START), 700, 1), 3, 2)
    assert FeedCursor.parse(cursor.format()) == cursor


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.floats(0.01, 10)), max_size=80))
def test_no_stretch_is_lost_before_it_is_settled(steps: Any) -> None:
    """Stretches are in order, and a gap between them is older than the overlap."""
    cursor, minute = FeedCursor("T0", START), 0.0
    for count, wait in steps:
        minute += wait
        settled = START + minute * MINUTE - OVERLAP
        cursor = advanced(cursor, count, minute)
        starts = [stretch.since for stretch in cursor.stretches]
        ends = [START, *(stretch.until for stretch in cursor.stretches[:-1])]
        for end, following in zip(ends, starts, strict=True):
            assert end == following or end <= following <= settled
        assert cursor.stretches[-1].until == cursor.reached
        assert cursor.stretches[-1].pages > LIGHT or cursor.start != cursor.end


def test_the_cursor_of_an_endless_backlog_stays_short() -> None:
    cursor = FeedCursor("T0", START)
    for minute in range(1, 2 * MOST_STRETCHES):
        cursor = advanced(cursor, 600, minute)
    assert len(cursor.stretches) == MOST_STRETCHES
    assert cursor.unsettled_since == START
    assert sum(stretch.pages for stretch in cursor.stretches) == 2 * (2 * MOST_STRETCHES - 1)
