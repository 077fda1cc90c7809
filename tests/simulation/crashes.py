"""A crash at every durable step of a cycle in turn, in a few varied schedules (S007, P5, P6).

``python -m simulation.crashes`` prints what fails.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from simulation.judged import Failure, judge
from simulation.mappings import mapping_of, merging_mapping_of_run, related_mapping_of_run
from simulation.play import Run
from simulation.prepared import PLACES
from simulation.schedule import CALM, Act, Attempts, Round, Schedule, Weather

#: what users did before the cycle that crashes, by what the schedule is about.
STORIES = {
    "creation": ("add_row", "add_row", "add_person", "edit_both"),
    "updates both ways": ("edit_person", "edit_row", "edit_both", "edit_person", "edit_row"),
    "deletion": ("delete_row", "edit_row", "delete_person", "edit_person"),
    "quarantine": ("edit_person", "edit_both", "edit_person", "edit_person", "add_row"),
    "Sync Person": ("add_person", "ask_for_person", "ask_for_person", "edit_row"),
    "conversion and scope": ("qualify", "edit_person", "flip", "edit_both"),
    "merged persons": ("merge_pairs", "edit_again", "merge_persons"),
    "accounts": ("edit_account", "dismiss", "edit_owner", "employ_unseen"),
}
#: mappings of stories that need one of their own.
MAPPINGS = {"merged persons": merging_mapping_of_run, "accounts": related_mapping_of_run}
POPULATION = ("add_row", "add_row", "add_row", "add_row", "add_person", "add_person")
#: the round whose cycle crashes, after one that has linked everybody; the last one recovers.
CRASHING = 1


def stories() -> list[Schedule]:
    """Return a schedule for every kind of work that a cycle does."""
    return [_schedule(seed, name) for seed, name in enumerate(STORIES)]


def crashing(schedule: Schedule) -> Iterator[Schedule]:
    """Walk over the schedule with a crash at each durable step in turn.

    A step counts once before it and once after it. The run is tried again in every other one, as
    by a scheduler; in the others the next run recovers.
    """
    run = Run(schedule)
    run.play()
    for step in range(1, run.steps[CRASHING] + 1):
        one = schedule.rounds[CRASHING]
        cycle = replace(one.cycle, weather=Weather(crash_at=step), again=step % 2 == 0)
        rounds = list(schedule.rounds)
        rounds[CRASHING] = replace(one, cycle=cycle)
        yield replace(schedule, rounds=tuple(rounds))


def _schedule(seed: int, name: str) -> Schedule:
    random = Random(name)
    style = replace(CALM, invalid=name == "quarantine", deletions=name == "deletion")
    last = ("show_accounts",) if name == "accounts" else ("edit_again",)
    first = (*POPULATION, *(PLACES if name == "accounts" else ()))
    rounds = [_round(random, acts) for acts in (first, STORIES[name], last)]
    mapping = MAPPINGS.get(name, mapping_of)(seed)
    return Schedule(seed, style, mapping, 2, 300, tuple(rounds))


def _round(random: Random, kinds: tuple[str, ...]) -> Round:
    acts = tuple(Act(kind, random.randrange(2**32), 1) for kind in kinds)
    return Round(60, acts, Attempts(random.randrange(2**32), Weather()))


def failures() -> list[Failure]:
    """Return what comes of crashes at all steps of all stories."""
    judged = (judge(crashed) for story in stories() for crashed in crashing(story))
    return [failure for failure in judged if failure is not None]


if __name__ == "__main__":
    found = failures()
    for one in found:
        sys.stdout.write(f"{one.story}\n{one.reason}\n\n")
    sys.exit(bool(found))
