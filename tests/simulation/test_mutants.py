"""The simulation tells an engine that is broken on purpose from the real one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from simulation.judged import Failure, judge_seed
from simulation.mutants_of_records import MUTANTS

#: schedules in which every mutant must be found; most are found in the first 50.
MOST_SCHEDULES = 1000


def first_failure(seeds: Iterable[int]) -> Failure | None:
    return next((failure for seed in seeds if (failure := judge_seed(seed))), None)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_simulation_finds(name: str) -> None:
    with MUTANTS[name]():
        found = first_failure(range(MOST_SCHEDULES))
    assert found is not None, f"{name} survives {MOST_SCHEDULES} schedules"
