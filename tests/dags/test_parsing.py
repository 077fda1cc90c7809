"""Parsing a DAG file stays cheap: it happens every 30 seconds and in every task process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"
HEAVY = ("pandas", "pyarrow", "great_expectations", "numpy", "scipy", "leadsync.engine", "alembic")
MOST_SECONDS = 1.0

MEASURE = """
import json, runpy, sys, time
import airflow.sdk
from airflow.sdk import DAG, Param, dag, task, ExceptionRetryPolicy, CronDataIntervalTimetable
before = set(sys.modules)
began = time.process_time()
runpy.run_path(sys.argv[1])
seconds = time.process_time() - began
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before)}))
"""


@pytest.mark.parametrize("file", sorted(DAGS_FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_parsing_imports_nothing_heavy(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=True
    )
    measured = json.loads(done.stdout.splitlines()[-1])
    heavy = [name for name in measured["modules"] if name.startswith(HEAVY)]
    assert heavy == []
    assert measured["seconds"] < MOST_SECONDS
