"""Calls are counted for all workers together: sliding windows and the day's share."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from leadsync.errors import QuotaSpentError
from leadsync.http.limits import Limits, Window
from leadsync.state.ledger import SqlCallLedger
from leadsync.state.store import SqlStateStore
from leadsync.state.tables import call_bucket, call_day

#: a fixture serves all examples of a test.
SHARED = [HealthCheck.function_scoped_fixture]
START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


class SimulatedClock:
    """A clock that moves only when somebody waits; remembers the last time it told."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def most_in_any(instants: list[float], seconds: float) -> int:
    """Return the most instants that any span of ``seconds`` holds."""
    return max(sum(first <= t < first + seconds for t in instants) for first in instants)


def test_calls_within_the_window_do_not_wait(sql_store: SqlStateStore) -> None:
    clock = SimulatedClock()
    ledger = SqlCallLedger(sql_store.engine, clock, {"marketo": Limits((Window(50, 20.0),))})
    for _ in range(50):
        ledger.acquire("marketo")
    assert clock.time == START
    assert ledger.calls() == {"marketo": 50}


def test_next_call_waits_until_the_first_leaves_the_window(sql_store: SqlStateStore) -> None:
    clock = SimulatedClock()
    ledger = SqlCallLedger(sql_store.engine, clock, {"marketo": Limits((Window(50, 20.0),))})
    for _ in range(51):
        ledger.acquire("marketo")
    waited = (clock.time - START).total_seconds()
    assert 20.0 <= waited <= 20.2


def test_systems_do_not_wait_for_each_other(sql_store: SqlStateStore) -> None:
    clock = SimulatedClock()
    one = Limits((Window(1, 20.0),))
    ledger = SqlCallLedger(sql_store.engine, clock, {"marketo": one, "dynamics": one})
    ledger.acquire("marketo")
    ledger.acquire("dynamics")
    assert clock.time == START


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pauses=st.lists(st.floats(0, 15), min_size=2, max_size=25),
    allowed=st.integers(1, 4),
    seconds=st.sampled_from([2.0, 7.3, 20.0]),
)
def test_no_sliding_window_ever_holds_more_than_allowed(
    sqlite_store: SqlStateStore, pauses: list[float], allowed: int, seconds: float
) -> None:
    with sqlite_store.engine.begin() as connection:
        connection.execute(delete(call_bucket))
    clock = SimulatedClock()
    windows = (Window(allowed, seconds), Window(allowed * 3, seconds * 5))
    workers = [
        SqlCallLedger(sqlite_store.engine, clock, {"marketo": Limits(windows)}) for _ in range(2)
    ]
    instants = []
    for number, pause in enumerate(pauses):
        clock.sleep(pause)
        workers[number % 2].acquire("marketo")
        instants.append(clock.time.timestamp())
    for window in windows:
        assert most_in_any(instants, window.seconds) <= window.calls


def test_the_days_share_is_spent_by_all_workers_together(sql_store: SqlStateStore) -> None:
    clock = SimulatedClock()
    limits = {"marketo": Limits(per_day=10, share=0.5, day_zone="America/Chicago")}
    workers = [SqlCallLedger(sql_store.engine, clock, limits) for _ in range(2)]
    for number in range(5):
        workers[number % 2].acquire("marketo")
    with pytest.raises(QuotaSpentError, match="5 calls, is used up"):
        workers[0].acquire("marketo")
    assert workers[1].usage()["marketo"].used == 5
    assert workers[1].calls() == {"marketo": 2}
    assert [worker.used_today("marketo") for worker in workers] == [1, 1]
    assert workers[0].used_today("dynamics") == 0


def test_the_quota_is_new_at_midnight_of_its_own_zone(sql_store: SqlStateStore) -> None:
    clock = SimulatedClock()
    limits = {"marketo": Limits(per_day=1, day_zone="America/Chicago")}
    ledger = SqlCallLedger(sql_store.engine, clock, limits)
    ledger.acquire("marketo")
    clock.time = datetime(2026, 2, 1, 5, 59, tzinfo=UTC)
    with pytest.raises(QuotaSpentError):
        ledger.acquire("marketo")
    clock.time = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
    ledger.acquire("marketo")
    assert ledger.usage()["marketo"].used == 1


def test_old_slices_are_forgotten(sql_store: SqlStateStore) -> None:
    clock = SimulatedClock()
    ledger = SqlCallLedger(sql_store.engine, clock, {"marketo": Limits((Window(2, 1.0),))})
    for _ in range(400):
        ledger.acquire("marketo")
    with sql_store.engine.connect() as connection:
        slices = connection.execute(select(func.count()).select_from(call_bucket)).scalar_one()
        day = connection.execute(select(call_day.c.calls)).scalar_one()
    assert slices < 150
    assert day == 400


WORKER = """
import sys
from leadsync.clock import SystemClock
from leadsync.http.limits import Limits, Window
from leadsync.state.ledger import SqlCallLedger
from leadsync.state.open import open_store

class Recorder(SystemClock):
    def now(self):
        self.last = super().now()
        return self.last

clock = Recorder()
limits = {"marketo": Limits((Window(20, 0.5),))}
ledger = SqlCallLedger(open_store(sys.argv[1]).engine, clock, limits)
for _ in range(30):
    ledger.acquire("marketo")
    print(clock.last.timestamp())
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_p10_processes_together_keep_the_limit(
    database: str, request: pytest.FixtureRequest
) -> None:
    store = request.getfixturevalue("sqlite_store" if database == "sqlite" else "postgres_store")
    url = store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", WORKER, url]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [worker.communicate(timeout=60)[0].split() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    instants = sorted(float(instant) for lines in printed for instant in lines)
    assert len(instants) == 60
    assert most_in_any(instants, 0.5) <= 20
