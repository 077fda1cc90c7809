"""The simulation tells an engine that is broken on purpose from the real one."""

from __future__ import annotations

import pytest

from simulation.judged import failures_of
from simulation.mutants_of_merges import MUTANTS

#: schedules in which every mutant must be found; most are found in the first 100.
MOST_SCHEDULES = 1500


@pytest.mark.parametrize("name", MUTANTS)
def test_the_simulation_finds(name: str) -> None:
    with MUTANTS[name]():
        found = next(failures_of(range(MOST_SCHEDULES)), None)
    assert found is not None, f"{name} survives {MOST_SCHEDULES} schedules"
