"""Which rows without a link may become persons now: not those erased, not those that settle.

An erased e-mail address must not come back (S081). A row that was made moments ago may still be
changed by a workflow, such as one that sets the sync filter to No: with the policy
``settle_seconds`` it waits, and is judged by what it holds then (S088).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from leadsync.clock import parse_instant
from leadsync.cycle.carried import row_key
from leadsync.cycle.consent.marks import marked
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json
from leadsync.state.port import Values

ERASED = "the e-mail address was erased by request; it does not come back"
SETTLING = "made moments ago; it waits for settle_seconds"


def admitted(
    engine: Engine, cycle: Cycle, plan: SyncPlan, rows: Sequence[tuple[Json, Values]], work: Work
) -> list[tuple[Json, Values]]:
    """Return the rows that are matched now; the others are settled in ``work``."""
    erased = marked(engine, "erased", (row["email_key"] for row, _ in rows))
    kept = []
    for row, values in rows:
        key = row_key(row["table"], row["dynamics_id"])
        if row["email_key"] in erased:
            work.settle(key, "to_marketo", row, "out_of_scope", ERASED)
        elif _is_settling(cycle, plan, row):
            work.settle(key, "to_marketo", row, "deferred", SETTLING)
        else:
            kept.append((row, values))
    return kept


def _is_settling(cycle: Cycle, plan: SyncPlan, row: Json) -> bool:
    wait = timedelta(seconds=plan.policies.settle_seconds)
    if not wait or not row["created_on"]:
        return False
    return cycle.opened_at - parse_instant(row["created_on"]) < wait
