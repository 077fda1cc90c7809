"""Airflow settings: heavy imports made once, and metadata in SQLite that can be written at once.

Heavy modules are imported in the process that task processes fork from.

Every task is a process of its own. Without this, each one that needs pandas spends 1.3 s on the
import, and one that validates with Great Expectations 5 s more; with it a cycle takes 2 s instead
of 11 s (reference/airflow-gx.md 2). Only the scheduler of a LocalExecutor and Celery workers fork
tasks, and only Linux forks, so other processes pay nothing. Needs ``LEADSYNC_PRELOAD=1`` and this
folder on ``PYTHONPATH``. The engine is among the modules: restart Airflow after changing its code.
"""

from __future__ import annotations

import importlib
import os
import sys

from leadsync_airflow.sqlite_metadata import wait_at_savepoints

MODULES = (
    "pandas",
    "pyarrow.parquet",
    "great_expectations",
    "great_expectations.expectations",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql",
    "leadsync.engine",
    "leadsync.cycle.stages",
    "leadsync.flow_step.outbox",
)
FORKING_COMMANDS = (["scheduler"], ["celery", "worker"])


def forks_tasks(arguments: list[str]) -> bool:
    """Tell whether the ``airflow`` command with these ``arguments`` forks task processes."""
    return any(arguments[: len(command)] == command for command in FORKING_COMMANDS)


wait_at_savepoints()

if os.environ.get("LEADSYNC_PRELOAD") == "1" and forks_tasks(sys.argv[1:]):
    for module in MODULES:
        importlib.import_module(module)

__all__: list[str] = []
