"""Airflow's environment on this machine, in one place.

``make run`` starts Airflow with it, and ``eval "$(scripts/airflow-env)"`` puts a shell into it, so
that ``.venv/bin/airflow`` speaks to the same Airflow.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8080
LOGIN = ("admin", "admin")
#: how long a process waits for the others that write Airflow's metadata in SQLite. An API server
#: that gets two writes at once may block itself for so long, so heartbeats must outlast it.
BUSY_SECONDS = 20

#: A cycle with few changes takes seconds only with these (reference/airflow-gx.md 2).
SPEED = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    "AIRFLOW__CORE__PARALLELISM": "4",
    "LEADSYNC_PRELOAD": "1",
}

#: After a crash or a hard stop, runs that were under way are noticed within seconds, not minutes.
RECOVERY = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
}


def airflow_home(root: Path = ROOT) -> Path:
    """Return where Airflow keeps its metadata, logs and generated secrets."""
    return root / "data" / "airflow"


def airflow_environment(root: Path = ROOT, port: int | None = None) -> dict[str, str]:
    """Return the variables that Airflow needs; secrets are made once and kept in its home.

    :param port: of the web server; ``None`` means ``AIRFLOW_PORT``, or the port of the last start.
    """
    home = airflow_home(root)
    home.mkdir(parents=True, exist_ok=True)
    port = port or int(os.environ.get("AIRFLOW_PORT") or _last_port(home))
    return {
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(root / "plugins" / "config"),
        **_core(root, home),
        **_web(port),
        **SPEED,
        **RECOVERY,
        "LEADSYNC_STAGING": (root / "data" / "staging").as_uri(),
        "GX_ANALYTICS_ENABLED": "false",
    }


def _core(root: Path, home: Path) -> dict[str, str]:
    passwords = home / "passwords.json"
    user, password = LOGIN
    if not passwords.exists():
        passwords.write_text(json.dumps({user: password}))
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(root / "plugins"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{user}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__FERNET_KEY": kept(home / "fernet-key", _fernet_key),
        "AIRFLOW__API_AUTH__JWT_SECRET": kept(home / "jwt-secret", lambda: secrets.token_hex(64)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": (
            f"sqlite:///{home / 'airflow.db'}?timeout={BUSY_SECONDS}"
        ),
    }


def _web(port: int) -> dict[str, str]:
    base = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port + 713),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port + 714),
    }


def kept(path: Path, make: Callable[[], str]) -> str:
    """Return what the file holds, written the first time, for the user alone to read."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text().strip()


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _last_port(home: Path) -> int:
    path = home / "port"
    return int(path.read_text()) if path.exists() else DEFAULT_PORT


def remember_port(port: int, root: Path = ROOT) -> None:
    """Keep the port of this start for :func:`airflow_environment`."""
    (airflow_home(root) / "port").write_text(str(port))


if __name__ == "__main__":
    for name, value in airflow_environment().items():
        print(f"export {name}={shlex.quote(value)}")  # noqa: T201
