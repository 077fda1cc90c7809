"""The preload: which commands import the heavy libraries before they fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "plugins" / "config"
LIST_LOADED = "import sys, airflow_local_settings; print('pandas' in sys.modules)"


@pytest.mark.parametrize(
    ("arguments", "preload", "loaded"),
    [
        (["scheduler"], "1", "True"),
        (["celery", "worker"], "1", "True"),
        (["scheduler"], "0", "False"),
        (["api-server"], "1", "False"),
        (["celery", "flower"], "1", "False"),
        (["tasks", "test"], "1", "False"),
    ],
)
def test_only_forking_commands_preload(arguments: list[str], preload: str, loaded: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIST_LOADED, *arguments],
        env={**os.environ, "PYTHONPATH": str(FOLDER), "LEADSYNC_PRELOAD": preload},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == loaded
