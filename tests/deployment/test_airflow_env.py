"""Airflow's environment: complete, stable over restarts, readable by a shell."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from scripts.airflow_env import ROOT, airflow_environment, remember_port


def test_settings_that_a_cycle_of_seconds_needs(tmp_path: Path) -> None:
    environment = airflow_environment(tmp_path, 8080)
    assert environment["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"] == "0.1"
    assert environment["LEADSYNC_PRELOAD"] == "1"
    assert environment["PYTHONPATH"] == str(tmp_path / "plugins" / "config")


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = (airflow_environment(tmp_path, 8080) for _ in range(2))
    assert first == second
    assert Fernet(first["AIRFLOW__CORE__FERNET_KEY"])
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    for name in ("fernet-key", "jwt-secret"):
        assert (tmp_path / "data" / "airflow" / name).stat().st_mode & 0o077 == 0


def test_login_is_written_where_airflow_reads_it(tmp_path: Path) -> None:
    environment = airflow_environment(tmp_path, 8080)
    file = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    assert json.loads(file.read_text()) == {"admin": "admin"}


def test_all_addresses_follow_the_port(tmp_path: Path) -> None:
    environment = airflow_environment(tmp_path, 9000)
    assert environment["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:9000"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith(
        "http://127.0.0.1:9000/"
    )
    ports = {value for name, value in environment.items() if name.endswith("_PORT")}
    assert len(ports) == 3


def test_port_of_the_last_start_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_PORT", raising=False)
    assert airflow_environment(tmp_path)["AIRFLOW__API__PORT"] == "8080"
    remember_port(9001, tmp_path)
    assert airflow_environment(tmp_path)["AIRFLOW__API__PORT"] == "9001"


def test_shell_can_evaluate_what_is_printed() -> None:
    script = f'eval "$({ROOT}/scripts/airflow-env)" && printf %s "$AIRFLOW_HOME"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == str(ROOT / "data" / "airflow")
