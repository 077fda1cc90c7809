"""The life cycle of quarantine items at the end of a cycle: opened, seen again, recovered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from leadsync.cycle.carried import Unfinished
from leadsync.cycle.context import Cycle, Engine
from leadsync.state.port import QuarantineRow, QuarantineStatus

#: What an open item becomes when its record ends in this state without failing again.
_ENDS: dict[str, QuarantineStatus] = {
    "applied": "recovered",
    "unchanged": "recovered",
    "out_of_scope": "superseded",
}


def quarantine_changes(
    engine: Engine,
    cycle: Cycle,
    rules_hash: str,
    pending: Unfinished,
    failed: Sequence[Mapping[str, Any]],
    outcomes: Iterable[Mapping[str, Any]],
) -> list[QuarantineRow]:
    """Return the items to store: new and repeated failures, and items that ended."""
    now = engine.clock.now()
    known = {item["record_key"]: item for group in pending.quarantine.values() for item in group}
    rows = [
        _failed_item(engine, cycle, rules_hash, known.get(item["item_key"]), item, now)
        for item in failed
    ]
    failing = {row["record_key"] for row in rows}
    for outcome in outcomes:
        ended = _ENDS.get(outcome["state"])
        for item in pending.quarantine.get(outcome["record_key"], ()):
            if ended is not None and item["record_key"] not in failing:
                rows.append({**item, "status": ended, "last_seen": now})
    return rows


def _failed_item(
    engine: Engine,
    cycle: Cycle,
    rules_hash: str,
    before: QuarantineRow | None,
    item: Mapping[str, Any],
    now: datetime,
) -> QuarantineRow:
    return QuarantineRow(
        id=before["id"] if before else engine.new_id(),
        record_key=item["item_key"],
        status="open",
        direction=item["direction"],
        dynamics_table=item["table"],
        operation=item["operation"],
        marketo_id=item["marketo_id"],
        dynamics_id=item["dynamics_id"],
        fingerprint=item["fingerprint"],
        rules_hash=rules_hash,
        row=item["row"],
        failures=item["failures"],
        attempts=before["attempts"] + 1 if before else 1,
        first_seen=before["first_seen"] if before else now,
        last_seen=now,
        cycle_id=cycle.cycle_id,
    )
