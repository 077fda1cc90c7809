"""How many calls are taken in how much time."""

from __future__ import annotations

from leadsync_airflow.web.keys import Rate


def taken(rate: Rate, per_minute: int, at: float, calls: int) -> int:
    return sum(rate.take(per_minute, at) == 0 for _ in range(calls))


def test_a_minutes_calls_may_come_at_once_and_then_evenly() -> None:
    rate = Rate()
    assert taken(rate, 60, 1000.0, 100) == 60
    assert taken(rate, 60, 1000.5, 1) == 0
    assert taken(rate, 60, 1002.0, 10) == 2
    assert taken(rate, 60, 2000.0, 100) == 60


def test_a_refused_caller_is_told_how_long_to_wait() -> None:
    rate = Rate()
    taken(rate, 60, 0.0, 60)
    assert rate.take(60, 0.0) == 1.0
    assert rate.take(60, 0.5) == 0.5
