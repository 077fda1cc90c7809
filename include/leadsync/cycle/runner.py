"""A whole cycle in one process: what the command line and the simulation run."""

from __future__ import annotations

from dataclasses import replace

from leadsync.cycle import stages
from leadsync.cycle.context import Cycle, CycleRequest, Engine, held_lease
from leadsync.errors import LeadsyncError
from leadsync.model import Json
from leadsync.redaction import redact
from leadsync.state.port import StateChanges


def run_cycle(engine: Engine, request: CycleRequest) -> Json:
    """Run every stage and return the report."""
    return run_opened(engine, stages.open_cycle(engine, request))


def run_opened(engine: Engine, cycle: Json) -> Json:
    """Run every stage of an opened cycle and return the report.

    A failure gives the lease back, so that the next cycle need not wait for it to expire.
    """
    try:
        stages.extract_marketo(engine, cycle)
        stages.extract_dynamics(engine, cycle)
        stages.merge_and_validate(engine, cycle)
        stages.load_dynamics(engine, cycle)
        stages.load_marketo(engine, cycle)
        report = stages.quarantine_and_commit(engine, cycle)
    except LeadsyncError as error:
        give_up(engine, cycle, error)
        raise
    report = stages.send_activities(engine, cycle, report)
    engine.staging.drop(report["cycle_id"])
    return report


def run_plan(engine: Engine, request: CycleRequest) -> Json:
    """Read and decide without writing anything; returns the plan (product.md, Shapes)."""
    cycle = stages.open_cycle(engine, request)
    try:
        stages.extract_marketo(engine, cycle)
        stages.extract_dynamics(engine, cycle)
        stages.merge_and_validate(engine, cycle)
        return stages.quarantine_and_commit(engine, cycle)
    finally:
        engine.staging.drop(cycle["cycle_id"])


def give_up(engine: Engine, document: Json, error: LeadsyncError) -> None:
    """Give the lease of a failed cycle back, and let `leadsync status` tell why it failed."""
    cycle = Cycle.from_json(document)
    lease = held_lease(engine, cycle)
    if lease is None:
        return
    record = engine.store.cycle(cycle.cycle_id)
    if record is not None and record.status == "open":
        failed = replace(
            record, status="failed", closed_at=engine.clock.now(), error=redact(str(error))
        )
        engine.store.apply(StateChanges(cycle=failed), lease=lease)
    engine.store.release_lease(lease)
