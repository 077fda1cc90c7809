"""The simulation tells an engine that is broken on purpose from the real one."""

from __future__ import annotations

from itertools import count, islice

import pytest

from simulation.aims import drawn
from simulation.judged import failures_of
from simulation.mutants import AIM_OF
from simulation.mutants_of_matching import MUTANTS
from simulation.schedule import Schedule

#: schedules in which every mutant must be found; most are found in the first 100.
MOST_SCHEDULES = 1500


@pytest.mark.parametrize("name", MUTANTS)
def test_the_simulation_finds(name: str) -> None:
    aim = AIM_OF.get(name)
    seeds = (seed for seed in count() if aim is None or _is_about(drawn(seed), aim))
    with MUTANTS[name]():
        found = next(failures_of(islice(seeds, MOST_SCHEDULES)), None)
    assert found is not None, f"{name} survives {MOST_SCHEDULES} schedules"


def _is_about(schedule: Schedule, aim: str) -> bool:
    """Tell whether a schedule is aimed at something, or has that kind of trouble."""
    return schedule.aim == aim or getattr(schedule.style, aim, False)
