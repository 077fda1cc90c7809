"""What cycles cost in API calls, counted in the journals of both stand-ins (docs/api-calls.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from benchmarks.call_counts import (
    Counts,
    Volume,
    dynamics_calls,
    fewest_dynamics,
    fewest_marketo,
    marketo_calls,
)
from benchmarks.population import Control, edit_persons, edit_rows, make_pairs, store_pairs

from leadsync.cycle.context import CycleRequest
from leadsync.cycle.runner import run_cycle
from support.synced import Synced

ROWS = 700
#: cycles that settle what a test did: three feeds, a page each, at most 2 x 1,400 activities.
MOST_SETTLING = 20


class LaterClock:
    """The system's clock, ahead by some time."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Counted:
    """Pairs on both sides, linked and quiet, and cycles whose calls are counted."""

    def __init__(self, synced: Synced) -> None:
        self.synced = synced
        self.marketo = Control(synced.marketo.url)
        self.dynamics = Control(synced.dynamics.url)
        self.clock = LaterClock(timedelta())
        self.engine = replace(synced.engine, clock=self.clock)
        self.pairs = make_pairs(2 * ROWS)
        store_pairs(self.pairs, self.marketo, self.dynamics)
        self.cycle()
        self.cycle()

    def cycle(self) -> tuple[Counts, Counts]:
        """Run a cycle and return its calls to Marketo and to Dynamics."""
        self.synced.forget_calls()
        self.report = run_cycle(self.engine, CycleRequest("manual", window_to=self.clock.now()))
        return (
            marketo_calls(self.synced.marketo.control.journal()),
            dynamics_calls(self.synced.dynamics.control.journal()),
        )


@pytest.fixture
def counted(synced: Synced) -> Counted:
    return Counted(synced)


def test_a_large_cycle_costs_the_fewest_calls_and_its_echo_reads_nothing(counted: Counted) -> None:
    edit_persons(counted.pairs[:ROWS], counted.marketo, "A")
    edit_rows(counted.pairs[ROWS:], counted.dynamics, "A")

    marketo, dynamics = counted.cycle()
    assert marketo == {
        "change feed": 5,  # 2 activities for each of 700 persons, 300 a page
        "deletion feed": 1,
        "merge feed": 1,
        "person reads": 3,  # 300 a call
        "person writes": 3,
    }
    assert dynamics == {"delta reads": 3, "batches": 1}
    changed = {"lead": ROWS // 2, "contact": ROWS // 2}
    volume = Volume(2 * ROWS, 2 * ROWS, ROWS, ROWS, changed, ROWS)
    assert (marketo, dynamics) == (fewest_marketo(volume), fewest_dynamics(volume))
    counts = counted.report["counts"]
    assert {d: sum(t["applied"] for t in tables.values()) for d, tables in counts.items()} == {
        "to_dynamics": ROWS,
        "to_marketo": ROWS,
    }

    echo = ({"change feed": 5, "deletion feed": 1, "merge feed": 1}, {"delta reads": 3})
    assert counted.cycle() == echo


def test_an_empty_cycle_costs_three_and_two_calls_and_soon_after_a_burst_one_more(
    counted: Counted,
) -> None:
    edit_persons(counted.pairs[:ROWS], counted.marketo, "A")
    counted.cycle()
    quiet = ({"change feed": 1, "deletion feed": 1, "merge feed": 1}, {"delta reads": 3})
    assert counted.cycle() == quiet
    counted.clock.sleep(600)
    settling = [counted.cycle() for _ in range(MOST_SETTLING)]
    assert {marketo["change feed"] for marketo, _ in settling} == {1, 2}
    assert all(sum(marketo.values()) <= 5 for marketo, _ in settling)
    assert settling[-1] == quiet


def test_s123_an_activity_that_appears_late_inside_a_burst_is_found(counted: Counted) -> None:
    burst, late = counted.pairs[: ROWS - 1], counted.pairs[ROWS]
    edit_persons(burst[:350], counted.marketo, "A")
    edit = {"operation": "update", "id": late.person_id, "fields": {"title": "Late"}, "lag": 60}
    counted.marketo.edit([edit])
    edit_persons(burst[350:], counted.marketo, "A")
    counted.cycle()
    assert counted.synced.row(late.row_id, late.table)["jobtitle"] == "Engineer"
    counted.synced.marketo.control.advance(60)
    counted.clock.sleep(400)
    for _ in range(MOST_SETTLING):
        counted.cycle()
    assert counted.synced.row(late.row_id, late.table)["jobtitle"] == "Late"
