"""The last step of a cycle: send what waits, and say in the report what became of it."""

from __future__ import annotations

from dataclasses import replace

from leadsync.cycle.activity_log.send import Sent, send_entries
from leadsync.cycle.context import Engine
from leadsync.cycle.degraded import untold_reason
from leadsync.model import Json
from leadsync.state.port import StateChanges


def tell_persons(engine: Engine, report: Json) -> Json:
    """Send waiting entries and return the report of the committed cycle with what came of it."""
    before = engine.ledger.calls().get("marketo", 0)
    told = send_entries(engine)
    if told is None:
        return report
    made = engine.ledger.calls().get("marketo", 0) - before
    full = _completed(report, told, made)
    record = engine.store.cycle(report["cycle_id"])
    if record is not None:
        engine.store.apply(StateChanges(cycle=replace(record, report=full)), lease=None)
    return full


def _completed(report: Json, told: Sent, made: int) -> Json:
    calls = {**report["calls"], "marketo": report["calls"]["marketo"] + made}
    activities = {
        "sent": told.sent + told.found,
        "refused": told.refused,
        "waiting": told.waiting,
        **({"reason": told.reason} if told.reason else {}),
    }
    untold = untold_reason(activities)
    degraded = [*report["degraded"], *([untold] if untold else [])]
    return {**report, "calls": calls, "activities": activities, "degraded": degraded}
