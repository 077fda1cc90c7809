"""A plan tells exactly what the cycle that follows does, and does nothing itself (S010)."""

from __future__ import annotations

from copy import deepcopy
from random import Random

import pytest

from leadsync.cycle.context import CycleRequest
from leadsync.cycle.runner import run_cycle, run_plan
from leadsync.errors import LeadsyncError
from leadsync.model import Json
from simulation.actions import weighted_actions
from simulation.diary import Diary
from simulation.prepared import prepared_world
from simulation.users import Users
from support.world import RELATED_MAPPING, World

SEEDS = 60
ROUNDS = 3


def outcome(world: World, *, dry_run: bool) -> Json | str:
    """The plan, or the cycle's report, at the very same moment; or why it is refused."""
    request = CycleRequest("scheduled", world.clock.now(), dry_run=dry_run)
    try:
        return run_plan(world.engine, request) if dry_run else run_cycle(world.engine, request)
    except LeadsyncError as error:
        return type(error).__name__


def kept(world: World) -> tuple[object, ...]:
    """Everything that a plan must leave as it is."""
    store = world.store
    return deepcopy(
        (
            world.marketo.people,
            world.dynamics.rows,
            store.journal(),
            store.cursors(),
            store.quarantine(),
            store.deferred(),
            store.requests(),
            store.cycles(),
            world.staging.cycles(),
        )
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_counts_of_a_plan_are_those_of_the_cycle_that_follows(seed: int) -> None:
    random = Random(seed)
    world = prepared_world(RELATED_MAPPING)
    users = Users(random, Diary(world), invalid=bool(seed % 2))
    kinds, weights = weighted_actions("deletions", "closings", "row_merges", "person_merges")
    for number in range(ROUNDS):
        for _ in range(random.randint(1, 8)):
            users.act(random.choices(kinds, weights)[0], random.randrange(10**9))
        if number % 2:
            account = world.dynamics.add("account", name=f"Account {number}")
            for table in ("lead", "contact"):
                for row in list(world.dynamics.rows[table])[:2]:
                    column = (
                        "_parentaccountid_value" if table == "lead" else "_parentcustomerid_value"
                    )
                    world.dynamics.edit(table, row, **{column: account})
            if number == ROUNDS - 2 and seed % 3 == 0:
                world.dynamics.hidden.add(account)
        world.clock.advance(60)
        before = kept(world)
        plan = outcome(world, dry_run=True)
        assert kept(world) == before
        report = outcome(world, dry_run=False)
        if isinstance(plan, str) or isinstance(report, str):
            assert plan == report
            world.clock.advance(600)
            continue
        assert plan["counts"] == report["counts"]
        created = sum(t["created"] for d in report["counts"].values() for t in d.values())
        planned = [change for change in plan["changes"] if change["operation"] == "create"]
        assert len(planned) == created
