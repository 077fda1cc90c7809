"""Law of the sliding windows: no window ever holds more calls than allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.errors import QuotaSpentError
from leadsync.http.ledger import MemoryLedger
from leadsync.http.limits import (
    Limits,
    Window,
    dynamics_limits,
    marketo_limits,
    quota_reset,
    seconds_until_slot,
    used_share,
)


class SteppingClock:
    """A clock that moves only by waiting or by being pushed."""

    def __init__(self, start: datetime = datetime(2026, 1, 31, 12, tzinfo=UTC)) -> None:
        self.moment = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@given(
    gaps=st.lists(st.floats(0, 8), min_size=1, max_size=60),
    calls=st.integers(1, 6),
    width=st.floats(1, 20),
)
def test_no_window_is_ever_overfull(gaps: list[float], calls: int, width: float) -> None:
    clock = SteppingClock()
    ledger = MemoryLedger(clock, {"marketo": Limits(windows=(Window(calls, width),))})
    made: list[float] = []
    for gap in gaps:
        clock.moment += timedelta(seconds=gap)
        ledger.acquire("marketo")
        made.append(clock.now().timestamp())
    for first in made:
        assert sum(first <= instant < first + width - 1e-3 for instant in made) <= calls
    assert ledger.calls() == {"marketo": len(gaps)}


def test_a_call_waits_exactly_until_the_oldest_leaves_the_window() -> None:
    clock = SteppingClock()
    ledger = MemoryLedger(clock, {"marketo": Limits(windows=(Window(2, 20.0),))})
    ledger.acquire("marketo")
    clock.moment += timedelta(seconds=5)
    ledger.acquire("marketo")
    ledger.acquire("marketo")
    assert clock.slept == [15.0]


def test_buckets_leave_a_window_with_their_last_possible_call() -> None:
    window = (Window(10, 20.0),)
    assert seconds_until_slot(window, [(0.0, 9)], now=5.0, resolution=1.0) == 0
    assert seconds_until_slot(window, [(0.0, 6), (3.0, 4)], now=5.0, resolution=1.0) == 16.0


def test_every_window_must_hold() -> None:
    windows = (Window(1, 1.0), Window(2, 10.0))
    assert seconds_until_slot(windows, [(0.0, 1), (2.0, 1)], now=5.0) == 5.0


def test_spent_quota_names_budget_and_reset() -> None:
    clock = SteppingClock(datetime(2026, 1, 31, 23, tzinfo=UTC))
    ledger = MemoryLedger(clock, {"marketo": marketo_limits(daily_call_share=0.5, daily_calls=4)})
    ledger.acquire("marketo")
    ledger.acquire("marketo")
    with pytest.raises(QuotaSpentError, match=r"2 calls.*2026-02-01T06:00:00Z") as caught:
        ledger.acquire("marketo")
    assert caught.value.resets_at == datetime(2026, 2, 1, 6, tzinfo=UTC)
    clock.moment = datetime(2026, 2, 1, 6, tzinfo=UTC)
    ledger.acquire("marketo")
    assert ledger.calls() == {"marketo": 3}


@pytest.mark.parametrize(
    ("now", "reset"),
    [
        (datetime(2026, 1, 31, 5, 59, tzinfo=UTC), datetime(2026, 1, 31, 6, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 2, 5, tzinfo=UTC)),
        (datetime(2026, 3, 8, 12, tzinfo=UTC), datetime(2026, 3, 9, 5, tzinfo=UTC)),
    ],
)
def test_the_quota_ends_at_midnight_in_chicago(now: datetime, reset: datetime) -> None:
    assert quota_reset(marketo_limits(), now) == reset


def test_the_used_share_is_that_of_our_own_part_of_the_quota() -> None:
    limits = Limits(per_day=1000, share=0.5)
    assert [used_share(limits, calls) for calls in (0, 250, 500)] == [0, 0.5, 1]
    assert used_share(Limits(), 10**6) == 0
    assert used_share(Limits(per_day=1000, share=0), 0) == 1


def test_defaults_follow_the_references() -> None:
    assert marketo_limits().day_budget == 45_000
    assert marketo_limits().windows == (Window(50, 20.0),)
    assert dynamics_limits().windows == (Window(6000, 300.0),)
    assert dynamics_limits(0.5).windows == (Window(3000, 300.0),)
    assert dynamics_limits().day_budget is None
