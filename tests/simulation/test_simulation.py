"""Random schedules of edits, faults and crashes end as semantics.md 9 promises (P1 to P10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulation.aims import drawn
from simulation.judged import failures_of, judge
from simulation.play import Run

#: `make sim` plays more.
SEEDS = 400
BUNDLE = 100


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Bundle seeds, so that workers share them."""
    if "seeds" in metafunc.fixturenames:
        bundles = [range(first, first + BUNDLE) for first in range(0, SEEDS, BUNDLE)]
        metafunc.parametrize("seeds", bundles, ids=[f"{b[0]}-{b[-1]}" for b in bundles])


def test_every_schedule_ends_as_promised(seeds: range) -> None:
    for failure in failures_of(seeds):
        seed = failure.schedule.seed
        pytest.fail(f"{failure.story}\nseed {seed}: {failure.reason}", pytrace=False)


def test_a_seed_replays_exactly() -> None:
    for seed in range(20):
        first, second = Run(drawn(seed)), Run(drawn(seed))
        first.play()
        second.play()
        assert first.story == second.story


def test_a_schedule_can_be_played_again_without_its_last_round() -> None:
    whole = next(one for one in map(drawn, range(100)) if len(one.rounds) > 1)
    assert judge(replace(whole, rounds=whole.rounds[:-1])) is None
