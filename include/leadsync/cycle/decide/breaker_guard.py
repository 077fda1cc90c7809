"""Where the circuit breaker looks: at the rules before anything is written, and at each batch."""

from __future__ import annotations

from leadsync.cycle.carried import Unfinished, unfinished
from leadsync.cycle.context import Engine
from leadsync.cycle.decide.breaker import Breaker
from leadsync.cycle.decide.check import Checked
from leadsync.mapping.plan import SyncPlan
from leadsync.model import System


def guard_failures(plan: SyncPlan, pending: Unfinished, **checked: Checked) -> None:
    """Stop before the first write when too large a share of the rows fails its rules.

    :param checked: what the rules said, by system.
    :raises BreakerError: for the first system that too many rows fail for.
    """
    for side, result in checked.items():
        breaker = Breaker(side, plan.policies.breaker_share, pending.quarantine.keys())
        breaker.count((p.record for p in result.accepted), result.quarantined)
        breaker.check("nothing was written")


def load_breaker(engine: Engine, plan: SyncPlan, side: System) -> Breaker:
    """Return a breaker for what the server of ``side`` refuses in this cycle."""
    return Breaker(side, plan.policies.breaker_share, unfinished(engine).quarantine.keys())
