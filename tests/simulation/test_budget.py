"""The day's share of calls is never passed, and meeting it loses nothing (P10, S114)."""

from __future__ import annotations

from dataclasses import replace

from leadsync.http.ledger import MemoryLedger
from leadsync.http.limits import Limits
from simulation.play import Run
from simulation.schedule import Schedule, drawn

SEEDS = 60
CALLS_A_DAY = 40
SHARES = (0.15, 0.2, 0.3, 0.5)
#: a round or two a day.
PAUSE = 45_000
SAYS = "share of the daily quota"


def spread_over_days(schedule: Schedule) -> Schedule:
    """Return the schedule with all of it again, in a round or two a day that are tried again."""
    rounds = [
        replace(one, pause=PAUSE, cycle=replace(one.cycle, again=True))
        for one in schedule.rounds * 2
    ]
    return replace(schedule, rounds=tuple(rounds))


def limited(schedule: Schedule, share: float) -> Run:
    """Return a run whose cycles may make ``share`` of the day's calls to each system."""
    run = Run(schedule)
    limits = Limits(per_day=CALLS_A_DAY, share=share)
    run.ledger = MemoryLedger(run.world.clock, {"marketo": limits, "dynamics": limits})
    return run


def test_no_day_has_more_calls_than_its_share_and_nothing_is_lost() -> None:
    stopped = went_on = 0
    for seed in range(SEEDS):
        share = SHARES[seed % len(SHARES)]
        run = limited(spread_over_days(drawn(seed)), share)
        run.play()
        assert max(run.calls.values()) <= CALLS_A_DAY * share, run.story
        story = run.diary.story
        met = [place for place, line in enumerate(story) if SAYS in line]
        stopped += bool(met)
        went_on += bool(met) and any("clean=True" in line for line in story[met[-1] :])
    assert stopped > SEEDS / 10, "hardly any cycle has met the limit"
    assert went_on, "no cycle went on the next day"
