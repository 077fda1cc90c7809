"""Plays a schedule and tells what came of it."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulation.aims import drawn
from simulation.play import Run
from simulation.schedule import Schedule
from simulation.shrink import shrunk

#: schedules that are played before what they have left is thrown away.
WORLDS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that did not end as promised.

    :param reason: the broken property, or the error.
    :param story: all that happened.
    """

    schedule: Schedule
    reason: str
    story: str


def judge(schedule: Schedule) -> Failure | None:
    """Play a schedule; returns how it failed, if it did."""
    run = Run(schedule)
    try:
        run.play()
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})"
        return Failure(schedule, reason, run.story)
    return None


def smallest(failure: Failure) -> Failure:
    """Return the failure of the smallest schedule that fails at the same place."""
    kind = _kind(failure)

    def fails(schedule: Schedule) -> bool:
        found = judge(schedule)
        return found is not None and _kind(found) == kind

    return judge(shrunk(failure.schedule, fails)) or failure


def judge_seed(seed: int) -> Failure | None:
    """Play the schedule of a seed."""
    return judge(drawn(seed))


def failures_of(seeds: Iterable[int]) -> Iterator[Failure]:
    """Play the schedules of ``seeds`` and walk over those that did not end as promised.

    A world is a web of references, so it goes only when garbage is collected. That costs a fifth of
    all time where it is left to chance, and little once in a while.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        for played, seed in enumerate(seeds, 1):
            failure = judge_seed(seed)
            if failure is not None:
                yield failure
            if played % WORLDS_KEPT == 0:
                gc.collect(0)
    finally:
        if collects:
            gc.enable()


def _kind(failure: Failure) -> str:
    """Return what makes two failures one: the property or error, and where it showed."""
    return failure.reason.partition(":")[0] + failure.reason.rpartition("(")[2]
