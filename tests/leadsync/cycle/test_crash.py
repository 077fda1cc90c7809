"""A crash at any durable step, then another cycle: nothing lost or doubled (S007, P5, P6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leadsync.cycle.context import CycleRequest, Engine
from leadsync.cycle.runner import run_cycle
from support.crashing import Crash, Steps, watched
from support.world import World

#: The whole range is for the simulation; this is its short version for every change.
EVERY = 9


def busy_world() -> World:
    """Pairs with edits on both sides, a deletion, new rows and a match, all waiting for a cycle."""
    world = World()
    world.marketo.batch_size = world.dynamics.batch_size = 2
    pairs = [world.linked("lead", jobtitle="A", emailaddress1=f"l{n}@x.com") for n in range(4)]
    pairs.append(world.linked("contact", jobtitle="A", emailaddress1="c@x.com"))
    world.marketo.edit(pairs[0][0], title="B", city="Lund")
    world.dynamics.edit("lead", pairs[1][1], jobtitle="C")
    world.marketo.edit(pairs[2][0], title="B")
    world.dynamics.edit("lead", pairs[2][1], jobtitle="C")
    world.dynamics.delete("lead", pairs[3][1])
    world.marketo.edit(pairs[4][0], title="B", phone="1")
    world.dynamics.edit("contact", pairs[4][1], jobtitle="C")
    for number in range(3):
        world.dynamics.add("lead", lastname="Ny", emailaddress1=f"new{number}@x.com")
    world.dynamics.add("lead", lastname="Ny")
    world.marketo.add(email="match@x.com", lastName="Ma", title="M")
    world.dynamics.add("lead", lastname="Ma", emailaddress1="match@x.com", jobtitle="D")
    return world


def overwritten_world() -> World:
    """Two persons whose edits our writes went over in the cycle before."""
    world = World()
    pairs = [world.linked(table, jobtitle="A") for table in ("lead", "contact")]
    for table, (person, row) in zip(("lead", "contact"), pairs, strict=True):
        world.dynamics.edit(table, row, jobtitle="D")
        world.marketo.before_write.append((person, {"title": "U"}))
    world.cycle()
    return world


def run(world: World, engine: Engine) -> None:
    world.clock.advance(60)
    run_cycle(engine, CycleRequest(kind="scheduled", window_to=world.clock.now()))


def state(world: World) -> tuple[Any, ...]:
    """What people see: persons and rows, without ids and versions."""
    times = {"createdAt", "createdon", "modifiedon", "leadsyncDynamicsCreatedAt"}
    hidden = {"id", "_version", *times}
    people = [
        {k: v for k, v in p.items() if k not in hidden} for p in world.marketo.people.values()
    ]
    rows = [
        {k: v for k, v in row.items() if k not in hidden}
        for table in world.dynamics.rows.values()
        for row in table.values()
    ]
    links = {
        (link["dynamics_id"], link["status"])
        for table in ("lead", "contact")
        for link in world.store.live_links(table)
    }
    return (sorted(people, key=repr), sorted(rows, key=repr), links)


def settle(world: World) -> None:
    """Wait until a dead process' lease has expired, then run to quiescence."""
    world.clock.advance(timedelta(hours=1).total_seconds())
    for _ in range(2):
        world.cycle()


@pytest.fixture(scope="module")
def undisturbed() -> tuple[tuple[Any, ...], int]:
    """The end state without a crash, and the number of steps of the cycle."""
    world = busy_world()
    steps = Steps(due=0)
    run(world, watched(world.engine, steps))
    settle(world)
    return state(world), steps.taken


def test_s007_the_end_state_is_the_same_wherever_a_cycle_crashes(undisturbed: Any) -> None:
    expected, steps = undisturbed
    assert steps > 40
    for due in range(1, steps + 1, EVERY):
        world = busy_world()
        with pytest.raises(Crash):
            run(world, watched(world.engine, Steps(due)))
        settle(world)
        assert state(world) == expected, f"crash at step {due} of {steps}"
        world.cycle()
        assert world.writes == 0, f"crash at step {due} of {steps}"
        assert world.store.deferred() == []


def test_a_change_that_was_written_over_is_put_back_once_wherever_a_cycle_crashes() -> None:
    world = overwritten_world()
    steps = Steps(due=0)
    run(world, watched(world.engine, steps))
    assert {p["title"] for p in world.marketo.people.values()} == {"U", "D"}
    settle(world)
    expected = state(world)
    for due in range(1, steps.taken + 1):
        world = overwritten_world()
        with pytest.raises(Crash):
            run(world, watched(world.engine, Steps(due)))
        settle(world)
        assert state(world) == expected, f"crash at step {due}"
        world.cycle()
        assert world.writes == 0, f"crash at step {due}"
        judged = [(r["dynamics_table"], r["kind"]) for r in world.store.journal() if r["field"]]
        assert judged.count(("contact", "collision")) == 1, f"crash at step {due}"
        assert judged.count(("lead", "collision")) <= 1, f"crash at step {due}"
        assert judged.count(("lead", "restored")) <= 1, f"crash at step {due}"
