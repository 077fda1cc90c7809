"""Which fields stop mailings and calls."""

from __future__ import annotations

from functools import lru_cache

from leadsync.mapping.plan import SyncPlan


@lru_cache(maxsize=32)
def restrictive_fields(plan: SyncPlan) -> frozenset[str]:
    """Return the fields in which a ``true`` is a stop."""
    return frozenset(
        field.name
        for table in plan.tables.values()
        for field in table.fields
        if field.rule == "most_restrictive"
    )
