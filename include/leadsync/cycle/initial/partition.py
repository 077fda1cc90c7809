"""Run one partition: a cycle of its own, whose window is the partition.

Partitions run side by side under the one lease of their run. No record is in two of them, so they
never touch the same pair. A partition that died goes on where it was as long as nobody else has had
the lease; else it begins anew, and what it had linked counts as unchanged.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from leadsync.cycle import stages
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.initial.first_load import FirstLoad, keep_lease, refuse_stale
from leadsync.cycle.initial.foresight import foresee, preview_document
from leadsync.cycle.initial.partitions import done_partitions, partitions_of
from leadsync.cycle.initial.slots import slots_of
from leadsync.cycle.initial.take_partition import take_partition
from leadsync.cycle.plan.schemas import load_plan
from leadsync.model import Json
from leadsync.state.port import CycleRecord, Lease, StateChanges


def load_partition(engine: Engine, load: FirstLoad, number: int) -> Json:
    """Match, merge, check and write a partition, once; a dry run only foresees what it would write.

    :param number: counted from 0.
    :returns: the report of the partition's cycle, or what is foreseen.
    :raises LeaseHeldError: another cycle is at work.
    :raises StaleLoadError: ordinary cycles have run since the load began.
    """
    if load.dry_run:
        return _foresee(engine, load, number)
    lease = keep_lease(engine, load)
    done = done_partitions(engine, load).get(number)
    if done is not None:
        return _report(engine, done.cycle_id)
    refuse_stale(engine, load_plan(engine), load)
    cycle = _cycle(engine, load, number, lease)
    document = _take(engine, load, number, cycle)
    stages.merge_and_validate(engine, document)
    stages.load_dynamics(engine, document)
    stages.load_marketo(engine, document)
    report = stages.quarantine_and_commit(engine, document)
    engine.staging.drop(cycle.cycle_id)
    return report


def _foresee(engine: Engine, load: FirstLoad, number: int) -> Json:
    cycle = _new_cycle(engine, load, None)
    document = _take(engine, load, number, cycle)
    stages.merge_and_validate(engine, document)
    preview = foresee(engine, cycle)
    engine.staging.write_document(load.load_id, preview_document(number), preview)
    engine.staging.drop(cycle.cycle_id)
    return preview


def _take(engine: Engine, load: FirstLoad, number: int, cycle: Cycle) -> Json:
    document = cycle.to_json()
    slots = slots_of(number, partitions_of(engine, load))
    take = partial(take_partition, load=load, number=number, slots=slots)
    stages.counted(engine, document, "extract_dynamics", take, "marketo", "dynamics")
    return document


def _cycle(engine: Engine, load: FirstLoad, number: int, lease: Lease | None) -> Cycle:
    """Return the partition's cycle: the one under way, or a new one."""
    name = f"partition.{number}"
    stored = engine.staging.read_document(load.load_id, name)
    if stored is not None:
        before = Cycle.from_json(stored)
        if lease is not None and before.lease_token == lease.token:
            return _recorded(engine, before, lease)
        engine.staging.drop(before.cycle_id)
    cycle = _new_cycle(engine, load, lease)
    engine.staging.write_document(load.load_id, name, cycle.to_json())
    return _recorded(engine, cycle, lease)


def _new_cycle(engine: Engine, load: FirstLoad, lease: Lease | None) -> Cycle:
    now = engine.clock.now()
    return Cycle(
        cycle_id=f"{now:%Y%m%dT%H%M%S}-{engine.new_id()[:8]}",
        kind="initial",
        run_id=load.run_id,
        window_from=None,
        window_to=load.started_at,
        opened_at=now,
        dry_run=load.dry_run,
        lease_token=lease.token if lease else None,
    )


def _recorded(engine: Engine, cycle: Cycle, lease: Lease | None) -> Cycle:
    """Store the cycle as open, also after an attempt that failed."""
    stored = engine.store.cycle(cycle.cycle_id)
    if stored is None:
        record = CycleRecord(
            cycle_id=cycle.cycle_id,
            kind=cycle.kind,
            status="open",
            window_from=cycle.window_from,
            window_to=cycle.window_to,
            opened_at=cycle.opened_at,
            run_id=cycle.run_id,
        )
    else:
        record = replace(stored, status="open", closed_at=None, error=None)
    if stored != record:
        engine.store.apply(StateChanges(cycle=record), lease=lease)
    return cycle


def _report(engine: Engine, cycle_id: str) -> Json:
    engine.staging.drop(cycle_id)
    stored = engine.store.cycle(cycle_id)
    return stored.report or {} if stored else {}
