"""What the tasks of the cycle do inside a worker: call one engine stage and log what it did.

The engine, pandas and Great Expectations are imported when a task runs, never when a DAG is parsed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

from leadsync_airflow.report import report_lines
from leadsync_airflow.window import resolve_window

log = logging.getLogger(__name__)

Cycle = dict[str, Any]
Stage = Literal[
    "extract_marketo",
    "extract_dynamics",
    "merge_and_validate",
    "load_dynamics",
    "load_marketo",
    "quarantine_and_commit",
]
WRITING_STAGES: frozenset[str] = frozenset({"load_dynamics", "load_marketo"})


def open_cycle(context: Mapping[str, Any]) -> Cycle:
    """Open the cycle of this DAG run and return its reference, the only thing in XCom.

    :param context: Airflow's task context.
    :raises ConfigurationError: the window, a connection or the mapping is wrong.
    :raises LeaseHeldError: another cycle is at work.
    """
    from leadsync.cycle import stages
    from leadsync.engine import build_engine

    dag_run, params = context["dag_run"], context["params"]
    window = resolve_window(dag_run, params)
    request = stages.CycleRequest(
        kind=window.kind,
        window_from=window.window_from,
        window_to=window.window_to,
        run_id=dag_run.run_id,
        dry_run=bool(params.get("dry_run", False)),
    )
    cycle = stages.open_cycle(build_engine(), request)
    log.info(
        "Opened %s cycle %s: it reads from %s to %s%s.",
        window.kind,
        cycle["cycle_id"],
        window.window_from or "the stored cursors",
        window.window_to,
        ", as a dry run that writes nothing" if request.dry_run else "",
    )
    return {**cycle, "dry_run": request.dry_run}


def run_stage(name: Stage, cycle: Cycle) -> dict[str, Any]:
    """Run one stage of ``cycle``, log its summary in a sentence, and return the summary.

    :param cycle: what :func:`open_cycle` returned.
    :raises AirflowSkipException: the cycle is a dry run and the stage would write.
    """
    if cycle["dry_run"] and name in WRITING_STAGES:
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException(f"Dry run: {name} writes nothing.")
    from leadsync.cycle import stages
    from leadsync.engine import build_engine

    stage: Callable[..., dict[str, Any]] = getattr(stages, name)
    summary = stage(build_engine(), cycle)
    for line in _lines(name, summary):
        log.info(line)
    return summary


def _lines(name: Stage, summary: Mapping[str, Any]) -> list[str]:
    if "counts" in summary:
        return list(report_lines(summary))
    told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in summary.items())
    return [f"{name.replace('_', ' ').capitalize()}: {told or 'done'}."]
