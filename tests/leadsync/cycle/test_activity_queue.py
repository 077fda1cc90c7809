"""The law of the queue: whatever happens to calls, each entry is told once and in its order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.cycle.activity_log.send import send_entries
from leadsync.errors import NotSentError, RejectedError, TransientApiError
from leadsync.model import (
    MARKETO_SYNC_FAILED,
    MARKETO_SYNC_RECOVERED,
    ActivityResult,
    ActivityType,
    NewActivity,
    RecordError,
)
from leadsync.state.port import ActivityRow, StateChanges
from support.crashing import Crash
from support.state_rows import activity
from support.world import World

FATES = st.sampled_from(
    ["added", "lost before", "lost after", "not sent", "rejected", "crash", "crash after"]
)
#: longer than any pause or doubt, shorter than what is kept.
LONG = 4_000
PAUSES = st.sampled_from([1, 70, 500, LONG])


class FatefulMarketo:
    """Adds activities as fate has it, and keeps them where they can be read back."""

    def __init__(self, world: World, fates: Sequence[str]) -> None:
        self.world = world
        self.real = world.marketo.add_activities
        self.fates = list(fates)

    def add(self, activities: Sequence[NewActivity]) -> list[ActivityResult]:
        fate = self.fates.pop(0) if self.fates else "added"
        if fate == "not sent":
            raise NotSentError("down", system="marketo", call="POST")
        if fate == "rejected":
            raise RejectedError("1003", system="marketo", call="POST")
        if fate == "lost before":
            raise TransientApiError("lost", system="marketo", call="POST")
        if fate == "crash":
            raise Crash
        if fate == "refused":
            return [ActivityResult(None, (RecordError("1003", "not now"),)) for _ in activities]
        answers = self.real(activities)
        if fate == "lost after":
            raise TransientApiError("lost", system="marketo", call="POST")
        if fate == "crash after":
            raise Crash
        return answers


def entries_of(world: World, items: int) -> list[ActivityRow]:
    """A failure and a recovery of each item, in the order in which cycles come to them."""
    rows = []
    for number in range(items):
        person = world.marketo.add(email=f"{number}@example.com")
        for kind in ("failed", "recovered"):
            world.clock.advance(1)
            now: Any = world.clock.now()
            key = f"item-{number}:{kind}"
            rows.append(
                activity(number, key=key, kind=kind, marketo_id=person, created_at=now, due_at=now)
            )
    return rows


@settings(max_examples=60)
@given(
    items=st.integers(1, 4),
    size=st.integers(1, 5),
    steps=st.lists(st.tuples(FATES, PAUSES), max_size=12),
    lag=st.sampled_from([0, 200]),
)
def test_each_entry_is_told_once_and_none_overtakes_another(
    items: int, size: int, steps: list[tuple[str, int]], lag: int
) -> None:
    world = World()
    rows = entries_of(world, items)
    world.store.apply(StateChanges(activities=rows), lease=None)
    world.marketo.batch_size = size
    world.marketo.lag = lambda: lag
    fateful = FatefulMarketo(world, [fate for fate, _ in steps])
    world.marketo.add_activities = fateful.add  # type: ignore[method-assign]
    for _, pause in steps:
        sent_or_crashed(world)
        world.clock.advance(pause)
    fateful.fates.clear()
    for _ in range(2 * items + 4):
        world.clock.advance(LONG)
        sent_or_crashed(world)
    told = [
        one.attributes["primaryAttributeValue"]
        for one in world.marketo.log
        if one.type_id in {kind.type_id for kind in world.marketo.types}
    ]
    assert sorted(told) == sorted(row["key"] for row in rows)
    for number in range(items):
        assert told.index(f"item-{number}:failed") < told.index(f"item-{number}:recovered")
    assert world.store.activities(unsent=True) == []


@pytest.mark.parametrize("refusals", [0, 1, 4, 5])
def test_refusals_that_may_pass_are_bounded_and_never_told_twice(refusals: int) -> None:
    world = World()
    [row, *_] = entries_of(world, 1)
    world.store.apply(StateChanges(activities=[row]), lease=None)
    fateful = FatefulMarketo(world, ["refused"] * refusals)
    world.marketo.add_activities = fateful.add  # type: ignore[method-assign]
    for _ in range(refusals + 1):
        send_entries(world.engine)
        world.clock.advance(LONG)
    [after] = world.store.activities()
    assert after["status"] == ("sent" if refusals < 5 else "refused")
    assert len(world.marketo.told()) == (refusals < 5)


def sent_or_crashed(world: World) -> None:
    try:
        send_entries(world.engine)
    except Crash:
        world.clock.advance(1)


def test_both_types_must_be_usable_because_an_entry_would_overtake_its_failure() -> None:
    world = World()
    rows = entries_of(world, 1)
    world.store.apply(StateChanges(activities=rows), lease=None)
    world.marketo.types = (
        ActivityType(1, MARKETO_SYNC_FAILED, "draft"),
        ActivityType(2, MARKETO_SYNC_RECOVERED, "approved"),
    )
    send_entries(world.engine)
    assert world.marketo.told(MARKETO_SYNC_RECOVERED) == []
