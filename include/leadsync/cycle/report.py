"""The report of a cycle: every extracted row in exactly one terminal state (P7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadsync.cycle.context import Cycle
from leadsync.errors import LeadsyncError
from leadsync.mapping.plan import SyncPlan
from leadsync.model import SYSTEMS, Json

DIRECTIONS = ("to_marketo", "to_dynamics")
COUNTS = (
    "extracted",
    "applied",
    "created",
    "updated",
    "unchanged",
    "quarantined",
    "out_of_scope",
    "deferred",
    "collisions",
)
TERMINAL = ("applied", "unchanged", "quarantined", "out_of_scope", "deferred")


class UnaccountedRowError(LeadsyncError):
    """A row is in no terminal state; the cursor must not pass it (P7, P8)."""


def build_report(
    cycle: Cycle, plan: SyncPlan, outcomes: Iterable[Mapping[str, Any]], calls: Mapping[str, int]
) -> Json:
    """Count outcomes per direction and table.

    :param outcomes: ``OUTCOMES`` records, all in a terminal state.
    :raises UnaccountedRowError: one is not; names it.
    """
    counts: Json = {
        direction: {table: dict.fromkeys(COUNTS, 0) for table in plan.tables}
        for direction in DIRECTIONS
    }
    for outcome in outcomes:
        if outcome["state"] not in TERMINAL:
            raise UnaccountedRowError(
                f"Row {outcome['record_key']} is in state {outcome['state']!r}, "
                "which is no terminal state.",
                remedy="Clear the load tasks of this run so that they finish the row.",
            )
        counted = counts[outcome["direction"]].get(outcome["table"])
        if counted is None:
            continue
        counted["extracted"] += 1
        counted[outcome["state"]] += 1
        counted["collisions"] += outcome["collisions"] or 0
        if outcome["state"] == "applied":
            counted[outcome["operation"]] += 1
    window_from = cycle.window_from.isoformat() if cycle.window_from else None
    return {
        "cycle_id": cycle.cycle_id,
        "kind": cycle.kind,
        "window": {"from": window_from, "to": cycle.window_to.isoformat()},
        "counts": counts,
        "calls": {system: calls.get(system, 0) for system in SYSTEMS},
        "suspended": list(plan.suspended),
        "activities": {"sent": 0, "refused": 0, "waiting": 0},
        **({"undo_of": cycle.undo_of} if cycle.undo_of else {}),
    }
