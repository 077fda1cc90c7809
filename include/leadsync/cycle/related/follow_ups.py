"""Rows that were matched by name and are read again by the next cycle, for what they refer to.

Accounts and owners are read with the rows of a window; a row that a person was matched to is in
none, so its company and owner values follow in the next scheduled cycle (semantics.md 1).
"""

from __future__ import annotations

from collections.abc import Iterable

from leadsync.cycle.carried import row_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json

DOCUMENT = "follow_ups"
REASON = "its account and owner follow"


def write_follow_ups(engine: Engine, cycle: Cycle, plan: SyncPlan, work: Work) -> None:
    """Note the rows that were matched to persons, where accounts or owners are mapped."""
    matched = [pair.link for pair in work.pairs.values() if pair.matched_by_name]
    if matched and (plan.company or plan.owner):
        keys = [row_key(link["dynamics_table"], link["dynamics_id"]) for link in matched]
        engine.staging.write_document(cycle.cycle_id, DOCUMENT, {"keys": keys})


def follow_ups(engine: Engine, cycle: Cycle, outcomes: Iterable[Json]) -> list[Json]:
    """Return those rows as outcomes to carry to the next cycle."""
    keys = (engine.staging.read_document(cycle.cycle_id, DOCUMENT) or {"keys": ()})["keys"]
    return [
        {**outcome, "state": "deferred", "reason": REASON}
        for outcome in outcomes
        if outcome["record_key"] in keys and outcome["state"] in ("applied", "unchanged")
    ]
