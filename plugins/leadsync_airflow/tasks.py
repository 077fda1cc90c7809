"""What the tasks of the cycle do inside a worker: call one engine stage and log what it did.

The engine, pandas and Great Expectations are imported when a task runs, never when a DAG is parsed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from leadsync_airflow.metrics import send_metrics
from leadsync_airflow.report import plan_lines, report_lines
from leadsync_airflow.turns import (
    StateOfRun,
    first_load_at_work,
    open_when_free,
    owner_of,
    run_states,
)
from leadsync_airflow.window import resolve_window

if TYPE_CHECKING:
    from leadsync.cycle.context import Engine

log = logging.getLogger(__name__)

Cycle = dict[str, Any]
Summary = dict[str, Any]
Stage = Literal[
    "extract_marketo",
    "extract_dynamics",
    "merge_and_validate",
    "load_dynamics",
    "load_marketo",
]
LOADS: tuple[Stage, ...] = ("load_dynamics", "load_marketo")


def open_cycle(context: Mapping[str, Any]) -> Cycle:
    """Open the cycle of this DAG run and return its reference for the other tasks.

    :param context: Airflow's task context.
    :raises ConfigurationError: the window, a connection or the mapping is wrong.
    :raises LeaseHeldError: another cycle is at work.
    :raises AirflowSkipException: the first load is at work; the next cycle goes on from there.
    :raises AirflowRescheduleException: the pause after the last cycle is not over (S005).
    """
    from leadsync.cycle.context import CycleRequest
    from leadsync.engine import build_engine

    engine, states = build_engine(), run_states(context["task_instance"])
    _skip_beside_first_load(engine, states)
    dag_run, params = context["dag_run"], context["params"]
    window = resolve_window(dag_run, params)
    if window.kind == "scheduled":
        _wait_out_pause(engine, owner_of(dag_run))
    request = CycleRequest(
        kind=window.kind,
        window_from=window.window_from,
        window_to=window.window_to,
        run_id=owner_of(dag_run),
        dry_run=bool(params.get("dry_run", False)),
    )
    cycle = open_when_free(engine, request, states)
    log.info(
        "Opened %s cycle %s: it reads from %s to %s%s.",
        window.kind,
        cycle["cycle_id"],
        window.window_from or "the stored cursors",
        window.window_to,
        ", as a dry run that writes nothing" if request.dry_run else "",
    )
    return cycle


def _wait_out_pause(engine: Engine, owner: str) -> None:
    """Let Airflow start the task again after the pause; meanwhile no worker is taken."""
    from leadsync.cycle.pause import earliest_start

    starts = earliest_start(engine, owner)
    if starts is not None:
        from airflow.sdk.exceptions import AirflowRescheduleException

        log.info("LEADSYNC_PAUSE_SECONDS: the next cycle starts at %s.", starts)
        raise AirflowRescheduleException(starts)  # type: ignore[no-untyped-call]


def _skip_beside_first_load(engine: Engine, state_of_run: StateOfRun) -> None:
    owner = first_load_at_work(engine, state_of_run)
    if owner is not None:
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException(f"{owner} links everything; the cycle after it goes on.")


def run_stage(name: Stage, cycle: Cycle) -> Summary:
    """Run one stage of ``cycle``, log its summary in a sentence, and return the summary.

    :param cycle: what :func:`open_cycle` returned.
    :raises AirflowSkipException: the cycle is a dry run and the stage would write.
    """
    from leadsync.cycle import stages
    from leadsync.engine import build_engine

    if cycle["dry_run"] and name in LOADS:
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException(f"Dry run: {name} writes nothing.")
    stage: Callable[[Engine, Cycle], Summary] = getattr(stages, name)
    summary = stage(build_engine(), cycle)
    told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in summary.items())
    log.info("%s: %s.", name.replace("_", " ").capitalize(), told or "done")
    return summary


def close_cycle(cycle: Cycle) -> Summary:
    """Commit the cycle, or show the plan of a dry run; returns the report.

    The values of a plan stay out of log and XCom, because they are personal data: ``leadsync plan``
    shows them. The staged frames go, because a committed cycle has no use for them.
    """
    from leadsync.cycle import stages
    from leadsync.engine import build_engine

    engine = build_engine()
    result = stages.quarantine_and_commit(engine, cycle)
    result = stages.send_activities(engine, cycle, result)
    report = _report_of_plan(cycle, result) if cycle["dry_run"] else result
    for line in plan_lines(result):
        log.info(line)
    log_report(report)
    send_metrics(engine, report)
    engine.staging.drop(cycle["cycle_id"])
    return report


def log_report(report: Mapping[str, Any]) -> None:
    """Log a cycle's report as a table, which fields are suspended, and what is not well."""
    for line in report_lines(report):
        log.info(line)
    for reason in report.get("suspended", ()):
        log.warning("Suspended: %s", reason)
    for reason in report.get("degraded", ()):
        log.warning("Degraded: %s", reason)


def _report_of_plan(cycle: Cycle, plan: Mapping[str, Any]) -> Summary:
    return {
        "cycle_id": cycle["cycle_id"],
        "dry_run": True,
        "window": {"from": cycle["window_from"], "to": cycle["window_to"]},
        "counts": plan["counts"],
        "calls": {},
    }
