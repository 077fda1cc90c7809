"""Settings that must be in place before Airflow is first imported: a metadata folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

airflow_home = tempfile.mkdtemp(prefix="leadsync-tests-airflow-")
atexit.register(shutil.rmtree, airflow_home, ignore_errors=True)
os.environ["AIRFLOW_HOME"] = airflow_home
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(REPOSITORY / "dags")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(REPOSITORY / "plugins")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
