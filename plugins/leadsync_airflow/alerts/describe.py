"""Puts what Airflow tells a callback into alerts: where, why, what to do, and the log.

Airflow's context is complete in a task's own process. The DAG processor, which speaks for tasks
that died and for runs that timed out, and the triggerer, which speaks for late runs, know less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leadsync.clock import format_instant
from leadsync.errors import LeadsyncError
from leadsync.state.incident_book import IncidentRow
from leadsync_airflow.alerts.alert import Alert

NO_ERROR = "It ended without an error of its own: it was killed, or its worker was lost."
LOOK = "Open the log. Once the cause is gone, the next run goes on by itself; nothing is lost."
RUN_REASONS = {
    "timed_out": "The run took longer than its dagrun_timeout and was ended.",
    "all_tasks_deadlocked": "No task of the run can start any more.",
}

Context = Mapping[str, Any]


def task_failed(context: Context) -> Alert:
    """Return the alert of a task that failed for good."""
    task = context["task_instance"]
    cause, remedy = _cause(context.get("exception"))
    index = getattr(task, "map_index", -1)
    part = f" [{index}]" if isinstance(index, int) and index >= 0 else ""
    return Alert(
        "failure",
        f"{task.dag_id}.{task.task_id} failed",
        (
            ("DAG", task.dag_id),
            ("Task", f"{task.task_id}{part}"),
            ("Run", task.run_id),
            ("Cause", cause),
            ("Remedy", remedy),
        ),
        _log_of(task),
    )


def run_failed(context: Context) -> Alert:
    """Return the alert of a run that Airflow ended although no task of it failed."""
    reason = str(context.get("reason", ""))
    dag_id = context["dag"].dag_id
    task = context.get("task_instance")
    return Alert(
        "failure",
        f"{dag_id} was ended by Airflow",
        (
            ("DAG", dag_id),
            ("Task", getattr(task, "task_id", "")),
            ("Run", str(context.get("run_id", ""))),
            ("Cause", RUN_REASONS.get(reason, f"Airflow says: {reason}.")),
            ("Remedy", "See which task was waiting or at work, and why: docs/runbook.md."),
        ),
        _log_of(task),
    )


def run_late(run: Mapping[str, Any], deadline: datetime, link: str) -> Alert:
    """Return the alert of a run that has not ended at its deadline.

    :param run: the run as Airflow's API shows it.
    """
    started = run.get("start_date")
    return Alert(
        "warning",
        f"{run['dag_id']} is late",
        (
            ("DAG", run["dag_id"]),
            ("Run", run["dag_run_id"]),
            ("Cause", f"Not finished at {format_instant(deadline)}. State: {run.get('state')}."),
            ("Started", str(started) if started else "not yet"),
            (
                "Remedy",
                "See what the run waits for in Airflow: a worker, a throttled API, or another run. "
                "`leadsync status` shows backlog and quota.",
            ),
        ),
        link,
    )


def run_degraded(context: Context, reasons: Sequence[str]) -> Alert:
    """Return the alert of a run that succeeded badly."""
    task = context["task_instance"]
    return Alert(
        "warning",
        f"{task.dag_id} succeeded with trouble",
        (
            ("DAG", task.dag_id),
            ("Run", task.run_id),
            *(("Cause", reason) for reason in reasons),
            ("Remedy", "`leadsync status` and `leadsync quarantine list` show more."),
        ),
        _log_of(task),
    )


def recovered(context: Context, ended: Sequence[IncidentRow]) -> Alert:
    """Return the message that incidents are over."""
    task = context["task_instance"]
    return Alert(
        "success",
        f"{task.dag_id} has recovered",
        (("DAG", task.dag_id), ("Run", task.run_id), *(("Over", _story(row)) for row in ended)),
        _log_of(task),
    )


def _story(row: IncidentRow) -> str:
    what = row["subject"].partition(":")[2] or row["subject"]
    times = "once" if row["count"] == 1 else f"{row['count']} times"
    end = row["closed_at"] or row["last_seen"]
    return f"{what}, {times} from {format_instant(row['opened_at'])} to {format_instant(end)}"


def _cause(exception: object) -> tuple[str, str]:
    if not exception:
        return NO_ERROR, f"{LOOK} docs/runbook.md tells about workers that died."
    if isinstance(exception, LeadsyncError):
        return exception.message, exception.remedy or LOOK
    if isinstance(exception, BaseException):
        return f"{type(exception).__name__}: {exception}", LOOK
    return str(exception), LOOK


def _log_of(task: object) -> str:
    return str(getattr(task, "log_url", "") or "")
