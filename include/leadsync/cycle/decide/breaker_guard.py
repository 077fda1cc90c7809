"""Where the circuit breaker looks: at the rules before anything is written, and at each batch."""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.cycle.carried import Unfinished, unfinished
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.decide.breaker import Breaker
from leadsync.cycle.decide.check import Checked
from leadsync.cycle.initial.judged import judged_before, keep_judged
from leadsync.mapping.plan import SyncPlan
from leadsync.model import SYSTEMS, Json, System


def guard_failures(
    engine: Engine, cycle: Cycle, plan: SyncPlan, pending: Unfinished, **checked: Checked
) -> None:
    """Stop before the first write when too large a share of the rows fails its rules.

    :param checked: what the rules said, by system.
    :raises BreakerError: for the first system that too many rows fail for.
    """
    for side, result in checked.items():
        before = judged_before(engine, cycle, f"rules {side}")
        breaker = Breaker(side, plan.policies, pending.quarantine.keys(), before)
        breaker.count((p.record for p in result.accepted), result.quarantined)
        keep_judged(engine, cycle, f"rules {side}", breaker.tally)
        if not cycle.dry_run:
            breaker.check("nothing was written" + (" of this partition" * cycle.shares_lease))


def breakers_of(engine: Engine, cycle: Cycle, plan: SyncPlan, pending: Unfinished) -> list[Breaker]:
    """Return what the breakers of both systems have counted in a finished cycle."""
    held = engine.staging.read_rows(cycle.cycle_id, "quarantine").records
    counted = []
    for side in SYSTEMS:
        breaker = Breaker(side, plan.policies, pending.quarantine.keys())
        _count(engine, cycle, breaker, [i for i in held if i["direction"] == f"to_{side}"])
        counted.append(breaker)
    return counted


def _count(engine: Engine, cycle: Cycle, breaker: Breaker, held: Sequence[Json]) -> None:
    """Count what went to one system, and what the rules ``held`` of it or its server refused."""
    side = breaker.side
    refused = engine.staging.read_rows(cycle.cycle_id, f"{side}_refused").records
    failed = [*refused, *held]
    if failed:
        keys = {item["record_key"] for item in refused}
        writes = engine.staging.read_rows(cycle.cycle_id, f"{side}_writes").records
        breaker.count((write for write in writes if write["record_key"] not in keys), failed)


def load_breaker(engine: Engine, cycle: Cycle, plan: SyncPlan, side: System) -> Breaker:
    """Return a breaker for what the server of ``side`` refuses in this cycle."""
    before = judged_before(engine, cycle, f"server {side}")
    return Breaker(side, plan.policies, unfinished(engine).quarantine.keys(), before)
