"""One DAG run on the screen: its tasks while they run, and what the cycle did."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.table import Table

from leadsync_airflow.report import count_rows
from scripts.airflow_api import AirflowApi

POLL_SECONDS = 0.5
FINISHED = ("success", "failed")
LAST_TASK = "quarantine_and_commit"
COLUMNS = ("extracted", "created", "updated", "unchanged", "quarantined")
#: shown as one number, so that every line adds up
OTHER = ("out_of_scope", "deferred")
COLOURS = {"success": "green", "failed": "red", "upstream_failed": "red", "up_for_retry": "yellow"}


def follow(console: Console, api: AirflowApi, dag_id: str, run_id: str) -> bool:
    """Show the run until it ends, then its result or its errors; returns whether it succeeded."""
    console.print(f"\nRunning a cycle ({dag_id}, {run_id})")
    shown: dict[str, str] = {}
    with console.status("Waiting for the tasks"):
        while (state := api.run_state(dag_id, run_id)) not in FINISHED:
            _show_changes(console, api.task_states(dag_id, run_id), shown)
            time.sleep(POLL_SECONDS)
        tasks = api.task_states(dag_id, run_id)
        _show_changes(console, tasks, shown)
    if state == "success":
        console.print(report_table(api.result(dag_id, run_id, LAST_TASK)))
        return True
    for task_id in (name for name, (task_state, _) in tasks.items() if task_state == "failed"):
        console.print(f"\n[red]{task_id} failed.[/red] The end of its log:")
        for line in api.log_tail(dag_id, run_id, task_id):
            console.print(f"  {line}", markup=False)
    return False


def _show_changes(
    console: Console, tasks: dict[str, tuple[str, float | None]], shown: dict[str, str]
) -> None:
    for task_id, (state, duration) in tasks.items():
        worth_showing = state in ("running", "skipped", *COLOURS)
        if worth_showing and shown.get(task_id) != state:
            shown[task_id] = state
            seconds = f"{duration:6.1f} s" if duration and state != "running" else ""
            colour = COLOURS.get(state, "white")
            console.print(f"  {task_id:<22} [{colour}]{state:<8}[/{colour}] {seconds}".rstrip())


def report_table(report: dict[str, Any]) -> Table:
    """Return the report as a table of counts per direction and table."""
    calls = ", ".join(f"{number} to {name}" for name, number in report.get("calls", {}).items())
    title, caption = f"Cycle {report['cycle_id']}\n", f"\nAPI calls: {calls}"
    table = Table(title=title, caption=caption, box=None, padding=(0, 1, 0, 0))
    for name in ("direction", "table"):
        table.add_column(name, no_wrap=True)
    for name in (*COLUMNS, "other"):
        table.add_column(name, justify="right", no_wrap=True)
    for direction, people, (*numbers, left, waiting) in count_rows(report, (*COLUMNS, *OTHER)):
        cells = (*numbers, left + waiting)
        table.add_row(direction, people, *(f"{number:,}" for number in cells))
    return table
