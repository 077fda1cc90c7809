"""How far a first load is, from the cursors that it leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leadsync.state.load_progress import (
    FIRST_LOAD,
    DonePartition,
    LoadCursors,
    Tally,
    begun,
    divided,
    progress_of,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
NAMES = LoadCursors("20260102T120000-load")


def done(number: int, minutes: int, records: int = 100) -> dict[str, str]:
    at = NOON + timedelta(minutes=minutes)
    mark = DonePartition(f"cycle {number}", at, records, {"rules marketo": Tally(9, 1)})
    return {NAMES.mark(number): mark.format()}


def test_without_a_load_there_is_no_progress() -> None:
    assert progress_of({"marketo.lead_changes": "x"}) is None


def test_while_it_reads_the_windows_and_tables_are_counted() -> None:
    cursors = {FIRST_LOAD: begun(NAMES.load_id, NOON, 5), NAMES.read("persons.2026-01"): "250"}
    progress = progress_of(cursors | {NAMES.read("rows.lead"): "150"})
    assert progress is not None
    assert (progress.sources, progress.sources_read, progress.records_read) == (5, 2, 400)
    assert progress.partitions is None
    assert progress.told() == "2 of 5 windows and tables are read, 400 records."


def test_the_pace_of_the_partitions_says_when_it_ends() -> None:
    cursors = {
        FIRST_LOAD: begun(NAMES.load_id, NOON - timedelta(hours=1), 1),
        NAMES.read("persons.2026-01"): "400",
        NAMES.divided: divided(4, NOON),
    }
    progress = progress_of(cursors)
    assert progress is not None
    assert (progress.partitions, progress.partitions_done, progress.ends_at) == (4, 0, None)
    assert progress.told() == "0 of 4 partitions are done, 0 of 400 records."
    progress = progress_of(cursors | done(2, 5) | done(0, 10))
    assert progress is not None
    assert (progress.partitions_done, progress.records_done) == (2, 200)
    assert progress.ends_at == NOON + timedelta(minutes=20)
    assert "2 of 4 partitions are done, 200 of 400 records, 0 a second" in progress.told()
    assert "2026-01-02 12:20 UTC" in progress.told()


def test_the_marks_of_another_load_are_not_counted() -> None:
    other = LoadCursors("20260101T120000-old")
    cursors = {**done(0, 1), other.mark(1): "x", other.divided: "x"}
    assert NAMES.done(cursors) == {
        0: DonePartition(
            "cycle 0", NOON + timedelta(minutes=1), 100, {"rules marketo": Tally(9, 1)}
        )
    }
