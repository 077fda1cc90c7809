"""DAG runs by Airflow's own test runner, in this process, and what they leave behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag

from leadsync.model import Json

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"
LAST_TASK = "quarantine_and_commit"
Run = Callable[..., Any]


def runner(dag_id: str) -> Run:
    """Return a function that runs the DAG once with the given conf and returns its DAG run.

    The DAG is parsed anew, because a run leaves its conf in the parameters of the parsed DAG. Each
    run has a logical date of its own, because the runner deletes an earlier run of the same date.
    The DAG's own failure callback is left out: the runner calls it with a DAG that has lost its
    conf, which ends the run with an error where a parameter is required. Tasks keep theirs.
    """
    dag: Any = DagBag(str(DAGS_FOLDER)).dags[dag_id]
    dag.on_failure_callback, dag.has_on_failure_callback = None, False
    started = datetime.now(UTC)
    runs = 0

    def run_once(**conf: Any) -> Any:
        nonlocal runs
        runs += 1
        moment = started + timedelta(seconds=runs)
        return dag.test(logical_date=moment, run_after=moment, run_conf=conf)

    return run_once


def states(dag_run: Any) -> dict[str, str]:
    """Return the state of each task."""
    return {task.task_id: str(task.state) for task in dag_run.get_task_instances()}


def result(dag_run: Any, task_id: str = LAST_TASK) -> Json:
    """Return what a task returned, by default the cycle's report."""
    returned: Json = dag_run.get_task_instance(task_id).xcom_pull(task_ids=task_id)
    return returned


class Messages(logging.Handler):
    """Keeps what the tasks log; Airflow's own logging setup takes pytest's handler away."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
