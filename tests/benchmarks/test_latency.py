"""How the way from a call to its lead is told in parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from benchmarks.latency import Parts, _p95, _steps

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "parts"),
    [
        ([0, 1, 2, 4, 7, 11], [1, 1, 2, 3, 4]),
        # A cycle that was under way took the person up: no run had to be queued and started.
        ([0, 1, -5, -4, 2, 4], [1, 0, 0, 1, 2]),
    ],
)
def test_the_parts_add_up_to_the_way_from_call_to_lead(
    seconds: list[float], parts: list[float]
) -> None:
    steps = list(_steps([NOON + timedelta(seconds=one) for one in seconds]))
    assert steps == parts
    assert Parts(*steps).total == seconds[-1]


def test_one_of_twenty_may_be_slower_than_the_95th_percentile() -> None:
    assert _p95([1.0]) == 1.0
    assert _p95([float(number) for number in range(101)]) == 95.0
