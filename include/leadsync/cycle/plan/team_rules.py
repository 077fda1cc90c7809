"""The team's expectations as part of a plan: they must fit it, and they are part of its rules."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from leadsync.cycle.context import Engine
from leadsync.mapping.plan import SyncPlan
from leadsync.validation.team import rules_of


def with_team(engine: Engine, plan: SyncPlan) -> SyncPlan:
    """Return ``plan`` with a hash that covers the team's rules too.

    :raises ConfigurationError: an expectation names a field that is not synchronised.
    """
    for suite in engine.team.stated:
        for table in plan.tables.values():
            if table.table in suite.tables:
                list(rules_of(suite, table, suspended_names(engine, plan)))
    if not engine.team.fingerprint:
        return plan
    both = f"{plan.rules_hash}{engine.team.fingerprint}".encode()
    return replace(plan, rules_hash=hashlib.sha256(both).hexdigest()[:16])


def suspended_names(engine: Engine, plan: SyncPlan) -> frozenset[str]:
    """Return names of the mapping file that are not synchronised now (S117, S118)."""
    names = {
        name
        for entry in engine.mapping.fields
        if entry.marketo not in plan.names
        for name in (entry.marketo, entry.lead, entry.contact)
        if name
    }
    return frozenset(names)
