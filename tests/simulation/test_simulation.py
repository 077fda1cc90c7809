"""Random schedules of edits, faults and crashes end as semantics.md 9 promises (P1 to P9)."""

from __future__ import annotations

import pytest

from simulation.schedule import Run

SEEDS = 150
BUNDLE = 10


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Bundle seeds, so that workers share them and a failure names its own."""
    seed = metafunc.config.getoption("--seed", default=None)
    if seed is not None:
        metafunc.parametrize("seeds", [[seed]], ids=[str(seed)])
        return
    count = metafunc.config.getoption("--seeds", default=None) or SEEDS
    bundles = [range(first, min(first + BUNDLE, count)) for first in range(0, count, BUNDLE)]
    metafunc.parametrize("seeds", bundles, ids=[f"{b[0]}-{b[-1]}" for b in bundles])


def test_every_schedule_ends_as_promised(seeds: list[int]) -> None:
    for seed in seeds:
        Run(seed).play()


def test_a_seed_replays_exactly(seeds: list[int]) -> None:
    first, second = Run(seeds[0]), Run(seeds[0])
    first.play()
    second.play()
    assert first.diary.events == second.diary.events
