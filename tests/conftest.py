"""What must be in place before tests are imported: package paths and Airflow's own folder.

The packages under test come before the folders that mirror them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / "include"), str(REPOSITORY / "plugins")]

airflow_home = tempfile.mkdtemp(prefix="leadsync-tests-airflow-")
atexit.register(shutil.rmtree, airflow_home, ignore_errors=True)
os.environ["AIRFLOW_HOME"] = airflow_home
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(REPOSITORY / "dags")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(REPOSITORY / "plugins")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "false"

# How fast a busy machine makes examples says nothing about the code.
settings.register_profile("leadsync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("leadsync")

pytest_plugins = [
    "support.sandbox",
    "support.postgres",
    "support.stores",
    "support.synced",
    "support.recorded",
]


def pytest_configure(config: pytest.Config) -> None:
    """Announce markers that select tests by what they need."""
    config.addinivalue_line("markers", "celery: needs redis-server on the PATH")
