"""A crash at any step of a cycle that moves company values, then more cycles: nothing is lost."""

from __future__ import annotations

import pytest

from leadsync.cycle.context import CycleRequest, Engine
from leadsync.cycle.runner import run_cycle
from support.crashing import Crash, Steps, watched
from support.world import RELATED_MAPPING, World

#: Odd, so that ends before and after a step both come.
EVERY = 3


def moving_world() -> tuple[World, dict[str, str | None]]:
    """Accounts and contacts on the move, and the company that each contact should show."""
    world = World(RELATED_MAPPING)
    world.marketo.batch_size = 2
    add = world.dynamics.add
    kept, renamed, deleted = (add("account", name=name) for name in ("Kept", "Old", "Gone"))
    stays = [world.linked("contact", _parentcustomerid_value=renamed)[1] for _ in range(3)]
    moves = world.linked("contact", _parentcustomerid_value=kept)[1]
    loses = world.linked("contact", _parentcustomerid_value=deleted)[1]
    world.dynamics.edit("account", renamed, name="New")
    world.dynamics.edit("contact", moves, _parentcustomerid_value=renamed)
    world.dynamics.delete("account", deleted)
    young = add("account", name="Young")
    comes = add("contact", lastname="Ny", _parentcustomerid_value=young)
    companies: dict[str, str | None] = {row: "New" for row in (*stays, moves)}
    return world, companies | {loses: None, comes: "Young"}


def run(world: World, engine: Engine) -> None:
    world.clock.advance(60)
    run_cycle(engine, CycleRequest(kind="scheduled", window_to=world.clock.now()))


def test_company_values_arrive_wherever_a_cycle_crashes() -> None:
    world, _ = moving_world()
    counted = Steps(due=0)
    run(world, watched(world.engine, counted))
    assert counted.taken > 30
    for due in range(1, counted.taken + 1, EVERY):
        world, companies = moving_world()
        with pytest.raises(Crash):
            run(world, watched(world.engine, Steps(due)))
        world.clock.advance(3600)
        world.cycle()
        world.cycle()
        shown = {row: world.person_of(row)["company"] for row in companies}
        assert shown == companies, f"crash at step {due}"
        world.cycle()
        assert world.writes == 0, f"crash at step {due}"
        renamed = next(r for r in world.dynamics.rows["account"].values() if r["name"] == "New")
        world.dynamics.edit("account", renamed["accountid"], name="Newer")
        world.cycle()
        assert len(world.marketo.writes) == 4, f"crash at step {due}"
