"""Wherever a cycle dies, the next ones end as promised."""

from __future__ import annotations

import pytest

from simulation.crashes import CRASHING, STORIES, crashing, stories
from simulation.judged import judge
from simulation.play import Run
from simulation.schedule import Schedule

FEWEST_STEPS = 60


@pytest.mark.parametrize("schedule", stories(), ids=list(STORIES))
def test_every_crash_is_recovered_from(schedule: Schedule) -> None:
    for crashed in crashing(schedule):
        failure = judge(crashed)
        if failure is not None:
            pytest.fail(f"{failure.story}\n{failure.reason}", pytrace=False)


@pytest.mark.parametrize("schedule", stories(), ids=list(STORIES))
def test_the_crashing_cycle_has_work_to_do(schedule: Schedule) -> None:
    run = Run(schedule)
    run.play()
    assert run.steps[CRASHING] > FEWEST_STEPS
    journal = {row["cycle_id"] for row in run.world.store.journal()}
    assert len(journal) > 1, run.story


def test_a_crash_is_drawn_before_and_after_every_step() -> None:
    schedule = stories()[0]
    steps = [one.rounds[CRASHING].cycle.weather.crash_at for one in crashing(schedule)]
    assert steps == list(range(1, len(steps) + 1))
