"""Cycles that ended without a commit: marked as failed, and their staging removed."""

from __future__ import annotations

from dataclasses import replace

from leadsync.cycle.context import Engine
from leadsync.state.port import Lease, StateChanges


def end_abandoned(engine: Engine, lease: Lease) -> None:
    """End the latest cycles that are still open while we hold the lease.

    None of their tasks can write any more, so nobody needs what they have staged.
    """
    now = engine.clock.now()
    for cycle in engine.store.cycles(status="open"):
        error = "ended without a commit; the next cycle took up what it left"
        ended = replace(cycle, status="failed", closed_at=now, error=error)
        engine.store.apply(StateChanges(cycle=ended), lease=lease)
        engine.staging.drop(cycle.cycle_id)
