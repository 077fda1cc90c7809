"""The stages as tasks, command line and simulation call them: JSON in, JSON out, calls counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from leadsync.cycle import commit as commit_stage
from leadsync.cycle import merge_and_validate as merge_stage
from leadsync.cycle import open as open_stage
from leadsync.cycle.activity_log.tell import tell_persons
from leadsync.cycle.context import Cycle, CycleRequest, Engine
from leadsync.cycle.extract import extract_dynamics as extract_dynamics_stage
from leadsync.cycle.extract import extract_marketo as extract_marketo_stage
from leadsync.cycle.load import load_dynamics as load_dynamics_stage
from leadsync.cycle.load import load_marketo as load_marketo_stage
from leadsync.cycle.plan_report import build_plan_report
from leadsync.model import SYSTEMS, Json, System

Stage: TypeAlias = Callable[[Engine, Cycle], Json]


def open_cycle(engine: Engine, request: CycleRequest) -> Json:
    """Take the lease and check the configuration; returns the cycle for the other stages."""
    before = engine.ledger.calls()
    cycle = open_stage.open_cycle(engine, request)
    _store_calls(engine, cycle, "open_cycle", before, SYSTEMS)
    return cycle.to_json()


def extract_marketo(engine: Engine, cycle: Json) -> Json:
    """Read what changed in Marketo."""
    return counted(
        engine, cycle, "extract_marketo", extract_marketo_stage.extract_marketo, "marketo"
    )


def extract_dynamics(engine: Engine, cycle: Json) -> Json:
    """Read what changed in Dynamics."""
    return counted(
        engine, cycle, "extract_dynamics", extract_dynamics_stage.extract_dynamics, "dynamics"
    )


def merge_and_validate(engine: Engine, cycle: Json) -> Json:
    """Decide field by field, and split what would be written by the rules of its target."""
    return counted(engine, cycle, "merge_and_validate", merge_stage.merge_and_validate, *SYSTEMS)


def load_dynamics(engine: Engine, cycle: Json) -> Json:
    """Write accepted records to Dynamics; a dry run writes nothing."""
    if cycle["dry_run"]:
        return {}
    return counted(engine, cycle, "load_dynamics", load_dynamics_stage.load_dynamics, *SYSTEMS)


def load_marketo(engine: Engine, cycle: Json) -> Json:
    """Write accepted records to Marketo; a dry run writes nothing."""
    if cycle["dry_run"]:
        return {}
    return counted(engine, cycle, "load_marketo", load_marketo_stage.load_marketo, "marketo")


def quarantine_and_commit(engine: Engine, cycle: Json) -> Json:
    """Store quarantine, deferrals and report, move the cursors; returns the report.

    A dry run stores nothing and returns its plan instead.
    """
    if cycle["dry_run"]:
        return build_plan_report(engine, Cycle.from_json(cycle))
    return commit_stage.quarantine_and_commit(engine, Cycle.from_json(cycle))


def send_activities(engine: Engine, cycle: Json, report: Json) -> Json:
    """Write to persons' activity logs what failed and what recovered, as far as that can be done.

    The cycle is committed by then, and no failure of Marketo is raised; a dry run writes nothing.

    :returns: the report, completed.
    """
    return report if cycle["dry_run"] else tell_persons(engine, report)


def counted(engine: Engine, document: Json, name: str, stage: Stage, *systems: System) -> Json:
    """Run a stage and note under ``name`` the calls that it made to ``systems``.

    Stages that run beside each other in one process share a ledger, so each counts only its own.
    """
    cycle = Cycle.from_json(document)
    before = engine.ledger.calls()
    summary = stage(engine, cycle)
    _store_calls(engine, cycle, name, before, systems)
    return summary


def _store_calls(
    engine: Engine, cycle: Cycle, stage: str, before: dict[str, int], systems: tuple[System, ...]
) -> None:
    after = engine.ledger.calls()
    made: Json = {system: after.get(system, 0) - before.get(system, 0) for system in systems}
    engine.staging.write_document(cycle.cycle_id, f"calls_{stage}", made)
