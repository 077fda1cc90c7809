"""Makes a failing schedule smaller, one step at a time, for as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from simulation.schedule import Attempts, Round, Schedule, Weather

#: schedules that are tried before the shortest one so far has to do.
MOST_TRIES = 600


def shrunk(schedule: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """Return the smallest schedule found that fails, too.

    :param fails: plays a schedule and tells whether it fails.
    """
    tries = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(schedule):
            tries += 1
            if tries > MOST_TRIES:
                return schedule
            if fails(candidate):
                schedule, smaller = candidate, True
                break
    return schedule


def _candidates(schedule: Schedule) -> Iterator[Schedule]:
    """Walk over all schedules that lack one thing, large things first."""
    rounds = schedule.rounds
    for position in range(len(rounds)) if len(rounds) > 1 else ():
        yield replace(schedule, rounds=rounds[:position] + rounds[position + 1 :])
    for name in (field.name for field in fields(schedule.style)):
        if getattr(schedule.style, name) and name in ("lag", "refusals"):
            yield replace(schedule, style=replace(schedule.style, **{name: False}))
    for position in range(len(schedule.last)):
        yield replace(schedule, last=schedule.last[:position] + schedule.last[position + 1 :])
    for position, one in enumerate(rounds):
        for smaller in _smaller_rounds(one):
            yield replace(schedule, rounds=(*rounds[:position], smaller, *rounds[position + 1 :]))


def _smaller_rounds(one: Round) -> Iterator[Round]:
    for position in range(len(one.acts)):
        yield replace(one, acts=one.acts[:position] + one.acts[position + 1 :])
    if one.event:
        yield replace(one, event="")
    for cycle in _smaller_attempts(one.cycle):
        yield replace(one, cycle=cycle)


def _smaller_attempts(cycle: Attempts) -> Iterator[Attempts]:
    if cycle.again:
        yield replace(cycle, again=False)
    if cycle.backfill:
        yield replace(cycle, backfill=False)
    for weather in _calmer(cycle.weather):
        yield replace(cycle, weather=weather)


def _calmer(weather: Weather) -> Iterator[Weather]:
    if weather.crash_at is not None:
        yield replace(weather, crash_at=None)
    if weather.lost_write is not None:
        yield replace(weather, lost_write=None, fatal=False)
    if weather.stall is not None:
        yield replace(weather, stall=None)
    if weather.clash is not None:
        yield replace(weather, clash=None)
    if weather.sleep_at is not None:
        yield replace(weather, sleep_at=None)
    for call in weather.edits:
        yield replace(weather, edits={c: act for c, act in weather.edits.items() if c != call})
    for call in weather.faults:
        yield replace(weather, faults={c: how for c, how in weather.faults.items() if c != call})
