"""A command line that asks Airflow for a connection keeps its own logging."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

PROGRAM = """
import logging, sys
logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
before = (logging.getLogger().level, list(logging.getLogger().handlers))
from leadsync_airflow.connections import find_connection
assert find_connection("leadsync_unknown") is None
assert (logging.getLogger().level, logging.getLogger().handlers) == before
logging.getLogger("anything").info("not to be seen")
logging.getLogger("anything").warning("to be seen")
print("answer")
"""


def test_asking_airflow_leaves_standard_output_to_the_answer(tmp_path: Any) -> None:
    environ = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["answer"]
    assert "to be seen" in run.stderr
    assert "not to be seen" not in run.stderr
